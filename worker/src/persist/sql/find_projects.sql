-- Which of these projects exist, by primary key. Read under the project lock, which the deletion of a
-- project holds exclusively.
SELECT id FROM projects WHERE id = ANY ($1)
