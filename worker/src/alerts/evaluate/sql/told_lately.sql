-- How many notifications of rules went out since a moment, and how many are held back. Digested ones went
-- out as one. notifications_by_rule and notifications_held.
SELECT r.rule_id,
       (SELECT count(*) FROM notifications n
        WHERE n.project_id = $1 AND n.rule_id = r.rule_id AND n.created_at > $3
          AND NOT n.held AND n.digest_id IS NULL) AS told,
       (SELECT count(*) FROM notifications n
        WHERE n.project_id = $1 AND n.rule_id = r.rule_id AND n.held) AS held
FROM unnest($2::uuid[]) AS r (rule_id)
