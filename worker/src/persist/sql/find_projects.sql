-- Which of these projects exist, how many bytes of payloads they hold (a row of payload_bytes for each
-- day), and what their alert rules watch. By primary keys. Read under the project lock, which the
-- deletion of a project holds exclusively.
SELECT p.id,
       (SELECT coalesce(sum(b.bytes), 0)::bigint FROM payload_bytes b WHERE b.project_id = p.id) AS payload_bytes,
       a.project_id IS NOT NULL AS has_rules,
       a.users_since IS NOT NULL AS counts_users
FROM projects p
LEFT JOIN alert_evaluations a ON a.project_id = p.id
WHERE p.id = ANY ($1)
