-- Projects whose rules have to be evaluated: something changed that they watch, or time has moved their
-- windows. One row for each project that has rules is looked at, and changed_slots by its primary key.
SELECT a.project_id
FROM alert_evaluations a
WHERE a.not_before <= clock_timestamp()
  AND (a.due_at <= clock_timestamp() OR EXISTS (
    SELECT FROM changed_slots c WHERE c.project_id = a.project_id AND c.slot <= clock_timestamp()))
ORDER BY a.evaluated_at NULLS FIRST, a.project_id
