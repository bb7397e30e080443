-- Ends firings whose rule is true no longer. Primary key.
UPDATE firings f
SET ended_at = ended.at, end_reason = 'recovered', cooldown_until = greatest(f.cooldown_until, ended.at)
FROM unnest($2::uuid[], $3::timestamptz[]) AS ended (firing_id, at)
WHERE f.project_id = $1 AND f.firing_id = ended.firing_id AND f.ended_at IS NULL
