-- What is told about Postgres.
SELECT (SELECT coalesce(sum(numbackends), 0)::bigint FROM pg_stat_database) AS connections,
       current_setting('max_connections')::bigint AS max_connections,
       pg_database_size(current_database()) AS database_bytes
