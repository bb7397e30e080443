-- The rows of errors seen for the first time; those that were made are returned. Another worker may have
-- been faster.
INSERT INTO errors (project_id, error_id, public_id, exception_type, message, culprit)
SELECT project_id, error_id, public_id, exception_type, message, culprit
FROM unnest($1::int[], $2::bigint[], $3::uuid[], $4::text[], $5::text[], $6::text[])
  AS new (project_id, error_id, public_id, exception_type, message, culprit)
ORDER BY project_id, error_id
ON CONFLICT DO NOTHING
RETURNING project_id, error_id
