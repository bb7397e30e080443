-- What is told of errors. Primary keys of errors and error_stats.
SELECT e.error_id, e.public_id, e.exception_type, left(e.message, 1000) AS message, e.culprit, s.level, s.source,
       s.event_count
FROM errors e
JOIN error_stats s ON s.project_id = e.project_id AND s.error_id = e.error_id
WHERE e.project_id = $1 AND e.error_id = ANY ($2)
