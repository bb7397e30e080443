-- Queues all groups of a project for removal of their events and roll-ups, and with 0 its totals.
INSERT INTO purges (project_id, group_id)
SELECT $1, group_id FROM groups WHERE project_id = $1
UNION ALL
SELECT $1, 0
ON CONFLICT DO NOTHING
