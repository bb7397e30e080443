-- How many owners there are besides one; those who are only invited are none yet.
SELECT count(*) AS owners FROM team_members
WHERE role = 'owner' AND invite_hash IS NULL AND id <> $1
