-- Whom messages go to that are meant for nobody in particular: everyone who has joined and does more
-- than look on.
SELECT email
FROM team_members
WHERE invite_hash IS NULL AND role <> 'viewer'
ORDER BY created_at, id
LIMIT 50
