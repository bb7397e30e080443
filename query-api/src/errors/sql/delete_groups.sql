-- Takes the groups away from an error; upkeep removes their events and roll-ups piece by piece.
-- Index: groups_by_error.
WITH gone AS (
  DELETE FROM groups WHERE project_id = $1 AND error_id = $2 RETURNING group_id
)
INSERT INTO purges (project_id, group_id)
SELECT $1, group_id FROM gone
ON CONFLICT DO NOTHING
RETURNING group_id
