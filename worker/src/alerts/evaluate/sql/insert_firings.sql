-- Writes firings that began; some have ended already.
INSERT INTO firings (project_id, firing_id, rule_id, error_id, error_name, rule_name, condition, severity,
                     threshold, value, window_end, started_at, ended_at, end_reason, cooldown_until, muted,
                     incident_id)
SELECT $1, firing_id, rule_id, error_id, error_name, rule_name, condition, severity, threshold, value,
       window_end, started_at, ended_at, CASE WHEN ended_at IS NOT NULL THEN 'recovered' END, cooldown_until,
       muted, incident_id
FROM unnest($2::uuid[], $3::uuid[], $4::bigint[], $5::uuid[], $6::text[], $7::text[], $8::text[], $9::float8[],
            $10::float8[], $11::timestamptz[], $12::timestamptz[], $13::timestamptz[], $14::timestamptz[],
            $15::boolean[], $16::uuid[])
  AS new (firing_id, rule_id, error_id, error_name, rule_name, condition, severity, threshold, value,
          window_end, started_at, ended_at, cooldown_until, muted, incident_id)
ORDER BY firing_id
