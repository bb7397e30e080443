-- Begins a session of a key, and ends those of the same key that have expired or are more than may
-- be, oldest first, by the index on the key. Rows that another login holds are left to that one.
WITH key AS (
  SELECT k.id, coalesce(m.name, k.name) AS name,
    least(now() + make_interval(secs => $3), k.expires_at) AS expires_at
  FROM api_keys k LEFT JOIN team_members m ON m.id = k.member_id
  WHERE k.id = $2
), over AS (
  SELECT token_hash FROM sessions
  WHERE key_id = $2 AND expires_at > now()
  ORDER BY created_at DESC OFFSET $4::bigint - 1
), ended AS (
  DELETE FROM sessions WHERE token_hash IN (
    SELECT token_hash FROM sessions
    WHERE key_id = $2 AND (expires_at <= now() OR token_hash IN (SELECT token_hash FROM over))
    FOR UPDATE SKIP LOCKED
  )
), begun AS (
  INSERT INTO sessions (token_hash, key_id, expires_at)
  SELECT $1, id, expires_at FROM key
)
SELECT name, expires_at FROM key
