-- Writes what there is to tell, and puts into the outbox what is not held back.
WITH told AS (
  INSERT INTO notifications (project_id, delivery_id, rule_id, firing_id, kind, channels, content, held, created_at)
  SELECT $1, delivery_id, rule_id, firing_id, kind, string_to_array(channels, ','), content, held, $9
  FROM unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::text[], $6::text[], $7::jsonb[], $8::boolean[])
    AS new (delivery_id, rule_id, firing_id, kind, channels, content, held)
  RETURNING delivery_id, channels, held
)
INSERT INTO deliveries (project_id, delivery_id, channel, next_attempt_at, created_at)
SELECT $1, delivery_id, channel, $9, $9
FROM told, unnest(channels) AS channel
WHERE NOT held
