-- The HTTP connections that are open at the instances that were seen in the last $1 seconds. A few rows.
SELECT coalesce(sum(connections), 0)::bigint AS connections
FROM instances
WHERE seen_at > now() - $1::float8 * interval '1 second'
