-- Rules of a project, and that they have to be evaluated, in one statement: so an evaluation sees all of
-- them or none. Workers keep rules by their version, so it is one that no earlier rules had.
WITH made AS (
  INSERT INTO alert_rules (project_id, name, condition, threshold, time_window, enabled, notifications,
    severity, cooldown_seconds, create_incident)
  SELECT $1::int, left(condition, 200), condition, threshold, time_window, true, '{webhook}', 'high', 0, false
  FROM unnest($2::text[], $3::double precision[], $4::text[]) AS given (condition, threshold, time_window)
)
INSERT INTO alert_evaluations (project_id, rules_version)
VALUES ($1::int, extract(epoch FROM clock_timestamp())::bigint)
