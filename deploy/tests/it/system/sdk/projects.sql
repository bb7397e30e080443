-- Gives projects the keys that the recorded requests name; those of the first are changed.
INSERT INTO projects (id, name, slug, dsn_key)
SELECT id, 'Captures ' || id, 'captures-' || id, dsn_key
FROM unnest($1::int[], $2::uuid[]) AS captured (id, dsn_key)
ON CONFLICT (id) DO UPDATE SET dsn_key = excluded.dsn_key
