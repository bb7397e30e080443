-- How many fingerprints some errors hold. groups_by_error.
SELECT count(*) AS groups FROM groups WHERE project_id = $1 AND error_id = ANY ($2)
