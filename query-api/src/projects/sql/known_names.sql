-- The errors that ids lead to now. Primary keys of error_names, groups and errors.
SELECT n.name, g.error_id
FROM error_names n
JOIN groups g ON g.project_id = n.project_id AND g.group_id = n.group_id
JOIN errors e ON e.project_id = g.project_id AND e.error_id = g.error_id
WHERE n.project_id = $1 AND n.name = ANY ($2)
