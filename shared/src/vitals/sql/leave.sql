-- An instance ends.
DELETE FROM instances WHERE instance = $1
