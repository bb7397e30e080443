-- Which of these projects exist, and how many bytes of payloads they hold, by primary keys: a row of
-- payload_bytes for each day. Read under the project lock, which the deletion of a project holds
-- exclusively.
SELECT p.id,
       (SELECT coalesce(sum(b.bytes), 0)::bigint FROM payload_bytes b WHERE b.project_id = p.id) AS payload_bytes
FROM projects p
WHERE p.id = ANY ($1)
