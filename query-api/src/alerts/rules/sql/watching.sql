-- Whether users are counted for the rules of a project; no row where it has had none. By primary key.
SELECT users_since IS NOT NULL AS counts_users FROM alert_evaluations WHERE project_id = $1
