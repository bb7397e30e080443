-- Forgets the bytes of a day that is dropped.
DELETE FROM payload_bytes WHERE day = $1
