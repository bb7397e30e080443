-- How many users some errors have in a stretch of time, of some facets or of all. Primary keys of
-- user_slots and groups.
SELECT g.error_id, count(DISTINCT u.user_hash) AS users
FROM user_slots u
JOIN groups g ON g.project_id = u.project_id AND g.group_id = u.group_id
WHERE u.project_id = $1 AND u.slot >= $2 AND u.slot < $3
  AND ($4::int[] IS NULL OR u.facet_id = ANY ($4))
  AND g.error_id = ANY ($5)
GROUP BY g.error_id
ORDER BY g.error_id
