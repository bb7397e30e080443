-- Entries of the audit log, newest first, after the one that the cursor names; by the index on the
-- time. A cursor whose entry has passed its age leads to nothing, like all that is older.
SELECT id, at, actor_key_id, actor_name, actor_member_id, actor_member_name, action,
  target_kind, target_id, target_name, changes, request_id
FROM audit_entries
WHERE (at, id) < (
    -- Always a bound, so that a deep page starts where it begins.
    CASE WHEN $1::uuid IS NULL THEN 'infinity'
      ELSE coalesce((SELECT at FROM audit_entries WHERE id = $1), '-infinity') END,
    coalesce($1, 'ffffffff-ffff-ffff-ffff-ffffffffffff'))
  AND ($2::text IS NULL OR action = $2)
  AND ($3::text IS NULL OR target_kind = $3 OR target_id = $3)
  AND at >= coalesce($4, '-infinity'::timestamptz)
  AND at < coalesce($5, 'infinity'::timestamptz)
ORDER BY at DESC, id DESC
LIMIT $6
