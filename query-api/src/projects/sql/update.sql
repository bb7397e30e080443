-- Changes the fields that are given, and counts it as a change of what is cached. The slug stays: links
-- hold it.
WITH changed AS (
  UPDATE projects
  SET name = coalesce($2, name),
      keep_ip_addresses = coalesce($3, keep_ip_addresses),
      updated_at = now()
  WHERE id = $1
  RETURNING id, name, slug, dsn_key, created_at, updated_at, keep_ip_addresses
), revised AS (
  INSERT INTO project_revisions AS r (project_id, revision)
  SELECT id, 1 FROM changed
  ON CONFLICT (project_id) DO UPDATE SET revision = r.revision + 1
)
SELECT id, name, slug, dsn_key, created_at, updated_at, keep_ip_addresses FROM changed
