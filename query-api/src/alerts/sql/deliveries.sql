-- Deliveries of projects, newest first, before an id and a channel. Planned for its values each time: by
-- the primary key, or by the indices on what failed or on the notifications of a rule when one of
-- these is asked for. Of each project no more than could come into the page.
SELECT t.*
FROM unnest($1::int[]) AS wanted (project_id)
CROSS JOIN LATERAL (
  SELECT d.project_id, d.delivery_id, d.channel, d.status, d.attempts, d.next_attempt_at, d.last_error,
    d.created_at, d.finished_at, n.rule_id, n.firing_id, n.kind,
    n.content #>> '{rule,name}' AS rule_name,
    coalesce(n.content #>> '{news,error,title}', n.content #>> '{rule,name}') AS title
  FROM deliveries d
  JOIN notifications n ON n.project_id = d.project_id AND n.delivery_id = d.delivery_id
  WHERE d.project_id = wanted.project_id
    AND (d.delivery_id, d.channel) < ($2::uuid, $3::text)
    AND ($4::uuid IS NULL OR n.rule_id = $4)
    AND ($5::text IS NULL OR d.status = $5)
    AND ($6::text IS NULL OR d.channel = $6)
  ORDER BY d.delivery_id DESC, d.channel DESC
  LIMIT $7::bigint
) t
ORDER BY t.delivery_id DESC, t.channel DESC
LIMIT $7
