-- Takes a project to evaluate its rules, unless somebody else is at it, has just been, or is changing a
-- rule. Held until the end of the transaction. Primary key.
SELECT a.rules_version, a.evaluated_at, p.name AS project_name, clock_timestamp() AS now,
       EXISTS (SELECT FROM notifications n WHERE n.project_id = a.project_id AND n.held) AS holds_back
FROM alert_evaluations a
JOIN projects p ON p.id = a.project_id
WHERE a.project_id = $1 AND a.not_before <= clock_timestamp()
FOR UPDATE OF a SKIP LOCKED
