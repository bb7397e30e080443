-- Makes a member of whoever has the token, found by the index on its hash. The hash goes, so of two
-- who accept at once one finds nothing.
UPDATE team_members
SET name = $2, invite_hash = NULL, invite_expires_at = NULL, updated_at = now()
WHERE invite_hash = $1 AND invite_expires_at > now()
RETURNING id, role, email
