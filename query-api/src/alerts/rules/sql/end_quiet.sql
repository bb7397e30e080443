-- Lets a rule that is another one now fire at once, although it fired a while ago. By the index on the
-- end of being quiet.
UPDATE firings
SET cooldown_until = statement_timestamp()
WHERE project_id = $1 AND rule_id = $2 AND cooldown_until > statement_timestamp()
