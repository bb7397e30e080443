-- Removes a piece of the ledger that has passed its age, by the index on the hour.
WITH letters AS (
  DELETE FROM counted_letters WHERE hour < now() - make_interval(days => $1::int)
), piece AS (
  SELECT project_id, hour, instance, outcome, reason FROM ledger
  WHERE hour < now() - make_interval(days => $1::int)
  LIMIT $2
)
DELETE FROM ledger l USING piece
WHERE l.project_id = piece.project_id AND l.hour = piece.hour AND l.instance = piece.instance
  AND l.outcome = piece.outcome AND l.reason = piece.reason
