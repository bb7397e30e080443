-- Removes firings that ended, and cooled down, before $2, at most $3. They began earlier, so their ids
-- are below $1; ids keep the order of time, so the primary key finds them project by project, and the
-- projects that have any are found by skipping from one to the next.
WITH RECURSIVE fired (project_id) AS (
  SELECT min(project_id) FROM firings
  UNION ALL
  SELECT (SELECT min(f.project_id) FROM firings f WHERE f.project_id > fired.project_id)
  FROM fired WHERE fired.project_id IS NOT NULL
), piece AS (
  SELECT old.project_id, old.firing_id
  FROM fired CROSS JOIN LATERAL (
    SELECT f.project_id, f.firing_id
    FROM firings f
    WHERE f.project_id = fired.project_id AND f.firing_id < $1
      AND f.ended_at < $2 AND f.cooldown_until < $2
    ORDER BY f.firing_id LIMIT $3
  ) old
  LIMIT $3
)
DELETE FROM firings f USING piece
WHERE f.project_id = piece.project_id AND f.firing_id = piece.firing_id
