-- Removes notifications with ids below $1, with their deliveries, at most $2. Ids keep the order of time,
-- so the primary key finds them project by project; the projects that have any, those that are deleted
-- too, are found by skipping from one to the next. What is still to be delivered, and what waits for
-- its digest, stays.
WITH RECURSIVE told (project_id) AS (
  SELECT min(project_id) FROM notifications
  UNION ALL
  SELECT (SELECT min(n.project_id) FROM notifications n WHERE n.project_id > told.project_id)
  FROM told WHERE told.project_id IS NOT NULL
), piece AS (
  SELECT old.project_id, old.delivery_id
  FROM told CROSS JOIN LATERAL (
    SELECT n.project_id, n.delivery_id
    FROM notifications n
    WHERE n.project_id = told.project_id AND n.delivery_id < $1
      AND (NOT n.held OR n.digest_id IS NOT NULL)
      AND NOT EXISTS (
        SELECT FROM deliveries d
        WHERE d.project_id = n.project_id AND d.delivery_id = n.delivery_id AND d.status = 'pending')
    ORDER BY n.delivery_id LIMIT $2
  ) old
  LIMIT $2
), deliveries_gone AS (
  DELETE FROM deliveries d USING piece
  WHERE d.project_id = piece.project_id AND d.delivery_id = piece.delivery_id
)
DELETE FROM notifications n USING piece
WHERE n.project_id = piece.project_id AND n.delivery_id = piece.delivery_id
