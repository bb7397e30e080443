-- The fingerprints of an error, its own first, each with the id under which it was, or would be, an error
-- by itself, and with its numbers: those of a single one are those of the error. groups_by_error, and
-- primary keys.
SELECT g.group_id, g.fingerprint, g.fingerprint_version, g.group_id = g.error_id AS own,
       coalesce(m.public_id, e.public_id) AS public_id,
       coalesce(s.event_count, x.event_count) AS event_count,
       coalesce(s.user_count, x.user_count) AS user_count,
       coalesce(s.first_seen, x.first_seen) AS first_seen,
       coalesce(s.last_seen, x.last_seen) AS last_seen
FROM groups g
JOIN errors e ON e.project_id = g.project_id AND e.error_id = g.error_id
JOIN error_stats x ON x.project_id = g.project_id AND x.error_id = g.error_id
LEFT JOIN group_stats s ON s.project_id = g.project_id AND s.group_id = g.group_id
LEFT JOIN merged_errors m ON m.project_id = g.project_id AND m.error_id = g.group_id
WHERE g.project_id = $1 AND g.error_id = $2
ORDER BY g.group_id <> g.error_id, g.group_id
