-- Removes a member and, through the foreign key, their own key.
DELETE FROM team_members WHERE id = $1
