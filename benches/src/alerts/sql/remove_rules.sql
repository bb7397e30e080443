-- All rules and what followed from them; without its row in alert_evaluations a project is not watched.
DELETE FROM deliveries;
DELETE FROM notifications;
DELETE FROM firings;
DELETE FROM alert_rules;
DELETE FROM alert_evaluations;
DELETE FROM changed_slots;
