-- Entries of the audit log, newest first, after the one that the cursor names; by the index on the
-- time. A cursor whose entry has passed its age leads to nothing, like all that is older.
SELECT id, at, actor_key_id, actor_name, actor_member_id, actor_member_name, action,
  target_kind, target_id, target_name, changes, request_id
FROM audit_entries
WHERE ($1::uuid IS NULL OR (at, id) < (SELECT at, id FROM audit_entries WHERE id = $1))
  AND ($2::text IS NULL OR action = $2)
  AND ($3::text IS NULL OR target_kind = $3 OR target_id = $3)
  AND ($4::timestamptz IS NULL OR at >= $4)
  AND ($5::timestamptz IS NULL OR at < $5)
ORDER BY at DESC, id DESC
LIMIT $6
