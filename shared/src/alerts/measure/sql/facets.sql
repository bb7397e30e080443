-- What facets stand for. Primary key.
SELECT facet_id, level, source, environment, release
FROM facets
WHERE project_id = $1 AND facet_id = ANY ($2)
