-- Whose session is it? By the primary key.
SELECT key_id FROM sessions WHERE token_hash = $1 AND expires_at > now()
