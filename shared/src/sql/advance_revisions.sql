-- Moves the revisions of projects, each by its primary key and in key order.
INSERT INTO project_revisions AS r (project_id, revision)
SELECT DISTINCT project_id, 1 FROM unnest($1::int[]) AS changed (project_id) ORDER BY project_id
ON CONFLICT (project_id) DO UPDATE SET revision = r.revision + 1
