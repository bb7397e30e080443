-- Invites once more somebody whose invitation has expired.
UPDATE team_members
SET role = $2, invite_hash = $3, invite_expires_at = now() + make_interval(days => $4::int),
  updated_at = now()
WHERE id = $1
