-- The role of a member, by primary key.
SELECT role FROM team_members WHERE id = $1
