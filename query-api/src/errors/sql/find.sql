-- The errors that public ids lead to now. Primary keys of error_names, groups and errors. A name
-- without an error is one whose events all turned out to be stored before.
SELECT n.name, n.project_id, g.error_id
FROM error_names n
JOIN groups g ON g.project_id = n.project_id AND g.group_id = n.group_id
JOIN errors e ON e.project_id = g.project_id AND e.error_id = g.error_id
WHERE n.project_id = ANY ($1) AND n.name = ANY ($2)
ORDER BY n.project_id
