-- Removes a rule, by primary key. Its firings stay as history.
DELETE FROM alert_rules WHERE project_id = $1 AND rule_id = $2
