-- Who has the address, in whatever case, and whether the invitation has expired.
SELECT id, role, invite_expires_at IS NOT NULL AND invite_expires_at <= now() AS expired
FROM team_members
WHERE lower(email) = lower($1)
