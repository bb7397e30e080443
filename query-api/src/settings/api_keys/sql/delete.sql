-- Ends a key, which is locked.
DELETE FROM api_keys WHERE id = $1
