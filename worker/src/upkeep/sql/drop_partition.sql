-- Drops one day of a table.
SELECT drop_day_partition($1, $2)
