-- Removes a project and, through the foreign key, its API keys.
DELETE FROM projects WHERE id = $1 RETURNING name
