-- The firings by which rules stand: those that go on, and those that ended or keep their rule quiet after
-- a moment. firings_open and firings_cooling.
SELECT firing_id, rule_id, error_id, error_name, started_at, ended_at, cooldown_until, muted, incident_id
FROM firings
WHERE project_id = $1 AND (ended_at IS NULL OR cooldown_until > $2)
ORDER BY firing_id
