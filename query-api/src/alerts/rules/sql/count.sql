-- How many rules projects have, by primary key.
SELECT count(*) AS rules FROM alert_rules WHERE project_id = ANY ($1)
