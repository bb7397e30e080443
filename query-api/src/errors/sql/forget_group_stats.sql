-- Ends keeping the numbers of single groups for an error that holds no other group any more.
-- groups_by_error; primary key of group_stats.
DELETE FROM group_stats s
WHERE s.project_id = $1 AND s.group_id = $2 AND NOT EXISTS (
  SELECT FROM groups g WHERE g.project_id = $1 AND g.error_id = $2 AND g.group_id <> $2)
