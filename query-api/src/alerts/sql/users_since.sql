-- Since when the users of a project are counted by slot. Primary key.
SELECT users_since FROM alert_evaluations WHERE project_id = $1
