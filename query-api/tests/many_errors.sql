-- 100,000 errors of project 1 as a large installation has them, and 1,000 of project 2.
INSERT INTO projects (name, slug) VALUES ('Other', 'other');

INSERT INTO facets (project_id, level, source, environment, release)
SELECT project, 1 + i % 5, 'source-' || i % 7, (ARRAY['production', 'staging', 'dev'])[1 + i % 3],
  'release-' || i % 50
FROM generate_series(1, 2) project, generate_series(0, 399) i
ON CONFLICT DO NOTHING;

CREATE TEMP TABLE seeded AS
SELECT CASE WHEN i <= 100000 THEN 1 ELSE 2 END AS project_id, i::bigint AS id,
  now() - random() * interval '30 days' AS seen
FROM generate_series(1, 101000) i;

CREATE TEMP TABLE numbered AS
SELECT project_id, facet_id, row_number() OVER (PARTITION BY project_id) - 1 AS number FROM facets;

INSERT INTO groups (project_id, group_id, error_id, fingerprint, fingerprint_version)
SELECT project_id, id, id, decode(md5(id::text), 'hex'), 1 FROM seeded;

INSERT INTO errors (project_id, error_id, public_id, status, exception_type, message)
SELECT project_id, id, md5(id::text)::uuid,
  CASE WHEN id % 10 = 0 THEN 1 WHEN id % 100 = 1 THEN 2 ELSE 0 END,
  (ARRAY['TypeError', 'ValueError', 'TimeoutError', 'KeyError'])[1 + id % 4],
  'failed to process order ' || md5(id::text) || ' of a customer in region ' || id % 300
FROM seeded;

INSERT INTO error_stats (project_id, error_id, event_count, user_count, first_seen, last_seen,
  latest_event_id, latest_day, level, source)
SELECT project_id, id, 1 + (random() * 1000)::int, (random() * 100)::int, seen - interval '5 days', seen,
  gen_random_uuid(), seen::date, 1 + id % 5, 'source-' || id % 7
FROM seeded;

INSERT INTO group_facets (project_id, group_id, facet_id)
SELECT s.project_id, s.id, n.facet_id
FROM seeded s
JOIN numbered n ON n.project_id = s.project_id AND n.number = s.id % 350;

ANALYZE groups, errors, error_stats, group_facets, facets;
