-- Invites somebody; of the token only the hash is stored.
INSERT INTO team_members (email, name, role, invite_hash, invite_expires_at)
VALUES ($1, $2, $3, $4, now() + make_interval(days => $5::int))
RETURNING id
