-- Removes a piece of the arrivals of errors that no window of a rule reaches. error_arrivals_by_time.
WITH piece AS (
  SELECT project_id, arrived_at, error_id FROM error_arrivals
  WHERE arrived_at < now() - interval '31 days'
  LIMIT $1
)
DELETE FROM error_arrivals a USING piece
WHERE a.project_id = piece.project_id AND a.arrived_at = piece.arrived_at AND a.error_id = piece.error_id
