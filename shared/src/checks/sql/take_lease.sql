-- Renews the lease of the one who holds it, or takes one that has grown stale. Answers a row to the one
-- who holds it then.
INSERT INTO check_lease AS lease (holder, renewed_at) VALUES ($1, clock_timestamp())
ON CONFLICT (only_row) DO UPDATE
SET holder = excluded.holder, renewed_at = excluded.renewed_at
WHERE lease.holder = excluded.holder
   OR lease.renewed_at < clock_timestamp() - $2::float8 * interval '1 second'
RETURNING holder
