-- How many users some errors ($2) have together, before they are merged. Those of the error with the most are
-- known; where the others have few, each of these is looked up among them by the primary key of group_users
-- (OFFSET keeps the planner from reading all users of the largest). Where they have many, reading all is
-- cheaper: a look costs about as much as reading sixteen. Of two fingerprints, the users lie in the key's order
-- and need not be made distinct: a full join counts them in three fifths of the time, and is never done by looks.
-- Primary key of error_stats; groups_by_error.
WITH largest AS MATERIALIZED (
  SELECT error_id, user_count
  FROM error_stats
  WHERE project_id = $1 AND error_id = ANY ($2)
  ORDER BY user_count DESC, error_id
  LIMIT 1
), sizes AS MATERIALIZED (
  SELECT (SELECT user_count FROM largest) AS largest,
         (SELECT sum(user_count) FROM error_stats
          WHERE project_id = $1 AND error_id = ANY ($2) AND error_id <> (SELECT error_id FROM largest)) AS others
), of_largest AS MATERIALIZED (
  SELECT array_agg(group_id) AS ids
  FROM groups
  WHERE project_id = $1 AND error_id = (SELECT error_id FROM largest)
), of_others AS MATERIALIZED (
  SELECT array_agg(group_id) AS ids
  FROM groups
  WHERE project_id = $1 AND error_id = ANY ($2) AND error_id <> (SELECT error_id FROM largest)
)
SELECT CASE WHEN 16 * sizes.others <= sizes.largest THEN
  sizes.largest + (
    SELECT count(*)
    FROM (SELECT DISTINCT user_hash FROM group_users
          WHERE project_id = $1 AND group_id = ANY ((SELECT ids FROM of_others)::bigint[])) others
    WHERE NOT EXISTS (
      SELECT
      FROM group_users u
      WHERE u.project_id = $1 AND u.group_id = ANY ((SELECT ids FROM of_largest)::bigint[])
        AND u.user_hash = others.user_hash
      OFFSET 0))
WHEN (SELECT cardinality(of_largest.ids || of_others.ids) FROM of_largest, of_others) = 2 THEN (
  SELECT count(*)
  FROM (SELECT user_hash FROM group_users
        WHERE project_id = $1 AND group_id = (SELECT ids[1] FROM of_largest)) one
  FULL JOIN (SELECT user_hash FROM group_users
             WHERE project_id = $1 AND group_id = (SELECT ids[1] FROM of_others)) other USING (user_hash))
ELSE (
  SELECT count(*)
  FROM (SELECT DISTINCT user_hash FROM group_users
        WHERE project_id = $1
          AND group_id = ANY ((SELECT of_largest.ids || of_others.ids FROM of_largest, of_others)::bigint[])) users)
END AS users
FROM sizes
