-- Which ids were deleted. Nobody waits for those. Primary key of deleted_names.
SELECT name
FROM deleted_names
WHERE project_id = ANY ($1) AND name = ANY ($2)
