-- Locks the numbers of errors that hold several groups, in key order, before anything of theirs is counted:
-- so that of two transactions that bring one user to two groups of an error the later one sees what the
-- earlier one wrote. Primary key.
SELECT FROM error_stats s
JOIN unnest($1::int[], $2::bigint[]) AS wanted (project_id, error_id) USING (project_id, error_id)
ORDER BY s.project_id, s.error_id
FOR NO KEY UPDATE OF s
