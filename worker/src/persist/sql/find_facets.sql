-- The numbers of facets, by their unique index.
SELECT f.project_id, f.facet_id, f.level, f.source, f.environment, f.release
FROM unnest($1::int[], $2::smallint[], $3::text[], $4::text[], $5::text[])
  AS wanted (project_id, level, source, environment, release)
JOIN facets f USING (project_id, level, source, environment, release)
