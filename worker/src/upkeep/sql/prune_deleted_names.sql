-- Forgets a piece of the ids that were deleted long ago, by the index on deleted_at: a request for one
-- then waits a second before it is told that there is nothing.
WITH piece AS (
  SELECT project_id, name FROM deleted_names WHERE deleted_at < now() - interval '30 days' LIMIT $1
)
DELETE FROM deleted_names d USING piece
WHERE d.project_id = piece.project_id AND d.name = piece.name
