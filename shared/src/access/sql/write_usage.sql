-- Moves the last use of keys ahead, never back: several processes write what each has seen. Rows are
-- locked in the order of their ids, so that no two writers wait for each other.
WITH uses AS (
  SELECT * FROM unnest($1::uuid[], $2::timestamptz[]) AS u (id, at)
), locked AS (
  SELECT id FROM api_keys WHERE id = ANY ($1) ORDER BY id FOR NO KEY UPDATE
)
UPDATE api_keys k SET last_used_at = u.at
FROM uses u JOIN locked USING (id)
WHERE k.id = u.id AND (k.last_used_at IS NULL OR k.last_used_at < u.at)
