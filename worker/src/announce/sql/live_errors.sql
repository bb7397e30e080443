-- What listeners are told of errors, by the primary keys of errors and error_stats. A title is the first
-- 250 characters of a line, so the rest of a long message stays where it is.
SELECT e.project_id, e.error_id, e.public_id, e.exception_type, left(e.message, 1000) AS message,
       left(e.culprit, 250) AS culprit, s.level, s.source, s.event_count, s.user_count,
       s.first_seen, s.last_seen,
       CASE e.status WHEN 0 THEN 'unresolved' WHEN 1 THEN 'resolved' ELSE 'ignored' END AS status
FROM unnest($1::int[], $2::bigint[]) AS wanted (project_id, error_id)
JOIN errors e USING (project_id, error_id)
JOIN error_stats s USING (project_id, error_id)
