-- Numbers new combinations of level, source, environment and release, while their project has fewer
-- than $6. A combination without names ($6 does not bound it) is what the rest is counted under.
INSERT INTO facets (project_id, level, source, environment, release)
SELECT project_id, level, source, environment, release
FROM unnest($1::int[], $2::smallint[], $3::text[], $4::text[], $5::text[])
  AS new (project_id, level, source, environment, release)
WHERE NOT EXISTS (
    -- A conflict would use up a number, and there are only so many.
    SELECT FROM facets f
    WHERE (f.project_id, f.level, f.source, f.environment, f.release)
        = (new.project_id, new.level, new.source, new.environment, new.release))
  AND (source = '' AND environment = '' AND release = ''
   OR (SELECT count(*) FROM facets f WHERE f.project_id = new.project_id) < $6::bigint)
ORDER BY project_id, level, source, environment, release
ON CONFLICT DO NOTHING
