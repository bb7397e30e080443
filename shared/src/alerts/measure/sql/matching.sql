-- The errors whose type or message holds every one of the patterns, of some errors or of all. The first
-- pattern is looked for in errors_by_text; what lies across type and message does not count.
SELECT e.error_id
FROM errors e
WHERE e.project_id = $1
  AND coalesce(e.exception_type, '') || ' ' || e.message ILIKE $2
  AND NOT EXISTS (
    SELECT FROM unnest($3::text[]) AS pattern
    WHERE NOT (e.message ILIKE pattern OR coalesce(e.exception_type ILIKE pattern, false)))
  AND ($4::bigint[] IS NULL OR e.error_id = ANY ($4))
