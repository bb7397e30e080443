-- Removes a piece of the audit log that has passed its age, by the index on the time.
DELETE FROM audit_entries
WHERE id IN (
  SELECT id FROM audit_entries WHERE at < now() - make_interval(days => $1::int)
  ORDER BY at, id LIMIT $2
)
