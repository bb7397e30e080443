-- Makes the daily partitions from one day to another, where they are missing.
SELECT make_day_partitions($1, $2)
