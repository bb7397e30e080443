-- Removes a piece of the sessions that have expired. A key has a few dozen at most, so the table is small
-- enough to be read from end to end. Rows that a login or a logout holds are left for the next time.
DELETE FROM sessions
WHERE token_hash IN (
  SELECT token_hash FROM sessions WHERE expires_at <= now()
  LIMIT $1 FOR UPDATE SKIP LOCKED
)
