-- The id that an error is shown under. Primary key.
SELECT public_id FROM errors WHERE project_id = $1 AND error_id = $2
