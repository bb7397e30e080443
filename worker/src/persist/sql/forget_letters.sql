-- Takes back what was noted of letters that came again, by the primary key. No two transactions are at
-- the same letter: its message was marked as stored before.
DELETE FROM counted_letters c
USING (SELECT DISTINCT project_id, letter_id
       FROM unnest($1::int[], $2::uuid[]) AS came (project_id, letter_id)) came
WHERE c.project_id = came.project_id AND c.letter_id = came.letter_id
RETURNING c.project_id, c.hour, c.instance
