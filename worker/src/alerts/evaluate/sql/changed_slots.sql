-- The oldest slots that changed since they were evaluated, up to the one that is running. Primary key.
SELECT slot, version
FROM changed_slots
WHERE project_id = $1 AND slot < $2
ORDER BY slot
LIMIT $3
