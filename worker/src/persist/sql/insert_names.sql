-- Gives new names a group each, whose first error carries the group's number. In key order: of two
-- workers with the same new names one waits for the other at the first of them. A name that another
-- worker was faster with is not inserted and gets no group.
WITH wanted AS MATERIALIZED (
  SELECT project_id, name, fingerprint, fingerprint_version, nextval('group_ids') AS group_id
  FROM unnest($1::int[], $2::uuid[], $3::bytea[], $4::smallint[])
    AS new (project_id, name, fingerprint, fingerprint_version)
  ORDER BY project_id, name
), named AS (
  INSERT INTO error_names (project_id, name, group_id)
  SELECT project_id, name, group_id FROM wanted ORDER BY project_id, name
  ON CONFLICT DO NOTHING
  RETURNING project_id, group_id
)
INSERT INTO groups (project_id, group_id, error_id, fingerprint, fingerprint_version)
SELECT project_id, group_id, group_id, fingerprint, fingerprint_version
FROM named JOIN wanted USING (project_id, group_id)
ORDER BY project_id, group_id
