-- The oldest daily partition of a table that lies before a day, from the catalogue.
SELECT to_date(right(child.relname, 8), 'YYYYMMDD') AS day
FROM pg_inherits
JOIN pg_class child ON child.oid = inhrelid
WHERE inhparent = $1::text::regclass
  AND to_date(right(child.relname, 8), 'YYYYMMDD') < $2
ORDER BY 1
LIMIT 1
