-- Writes an entry of the audit log, in the transaction of the change that it tells of.
INSERT INTO audit_entries (id, actor_key_id, actor_name, actor_member_id, actor_member_name, action,
  target_kind, target_id, target_name, changes, request_id)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
