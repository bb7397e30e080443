-- Forgets the ids that lead to an error, and remembers that they were deleted. Indexes:
-- groups_by_error, error_names_by_group.
WITH gone AS (
  DELETE FROM error_names n
  USING groups g
  WHERE g.project_id = $1 AND g.error_id = $2
    AND n.project_id = g.project_id AND n.group_id = g.group_id
  RETURNING n.name
)
INSERT INTO deleted_names (project_id, name, deleted_at)
SELECT $1, name, $3 FROM gone
ON CONFLICT (project_id, name) DO UPDATE SET deleted_at = excluded.deleted_at
