-- The errors that were seen since a moment, the newest first. error_stats_by_last_seen.
SELECT error_id
FROM error_stats
WHERE project_id = $1 AND last_seen >= $2
ORDER BY last_seen DESC
LIMIT $3
