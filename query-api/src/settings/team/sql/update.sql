-- Changes a member, and their own key with them.
WITH changed AS (
  UPDATE team_members SET name = $2, role = $3, updated_at = now() WHERE id = $1
)
UPDATE api_keys SET name = $2, permissions = $4 WHERE member_id = $1
