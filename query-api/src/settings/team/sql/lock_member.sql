-- Keeps a member as they are until the transaction ends. Accepting an invitation does not wait for the
-- team, so without this a key could be made with a role that is changed at the same time.
SELECT id FROM team_members WHERE id = $1 FOR UPDATE
