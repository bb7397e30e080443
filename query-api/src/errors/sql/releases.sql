-- The releases of a project that came between two times, newest first. A project has few facets: they are
-- all read, by the primary key. One that was there before the column knows nothing of its beginning.
SELECT release, min(first_stored_at) AS first_seen
FROM facets
WHERE project_id = $1 AND release <> ''
GROUP BY release
HAVING bool_and(first_stored_at IS NOT NULL) AND min(first_stored_at) >= $2 AND min(first_stored_at) < $3
ORDER BY first_seen DESC, release
LIMIT $4
