-- Ends a session, by the primary key; one that is gone already stays so.
DELETE FROM sessions WHERE token_hash = $1
