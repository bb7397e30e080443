-- Which sessions go on? By the primary key.
SELECT token_hash FROM sessions WHERE token_hash = ANY ($1) AND expires_at > now()
