-- The facets under which users were counted in a stretch of time. Primary key of user_slots.
SELECT DISTINCT facet_id
FROM user_slots
WHERE project_id = $1 AND slot >= $2 AND slot < $3
