-- All members with what is told of their own keys, oldest first; lists hold at most 1,000.
SELECT m.id, m.email, m.name, m.role, m.invite_expires_at, m.created_at,
  k.key_preview, k.last_used_at
FROM team_members m LEFT JOIN api_keys k ON k.member_id = m.id
ORDER BY m.created_at, m.id
LIMIT 1000
