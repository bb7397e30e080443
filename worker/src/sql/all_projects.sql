-- The ids of all projects.
SELECT id FROM projects ORDER BY id
