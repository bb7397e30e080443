-- What is shown of errors by their numbers. Primary key. A title is the first line of a message, so the rest
-- of a long one stays where it is.
SELECT error_id, public_id, exception_type, left(message, 1000) AS message
FROM errors
WHERE project_id = $1 AND error_id = ANY ($2)
