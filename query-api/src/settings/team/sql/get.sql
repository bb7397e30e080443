-- One member with what is told of the own key, by primary key.
SELECT m.id, m.email, m.name, m.role, m.invite_expires_at, m.created_at,
  k.key_preview, k.last_used_at
FROM team_members m LEFT JOIN api_keys k ON k.member_id = m.id
WHERE m.id = $1
