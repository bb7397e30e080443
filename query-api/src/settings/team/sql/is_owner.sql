-- Whether a member is an owner, by primary key.
SELECT role = 'owner' AS may FROM team_members WHERE id = $1
