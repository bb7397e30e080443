-- Empties everything but projects and the numbers of facets, which a worker remembers.
TRUNCATE batches, seen_ids, events, groups, error_names, errors, error_stats, error_activity, purges,
  event_slots, event_hours, group_facets, group_users, deleted_names, ledger, payload_bytes,
  group_stats, merged_errors
