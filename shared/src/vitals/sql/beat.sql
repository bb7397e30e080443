-- An instance says that it lives. Ages instead of times, so that every row has Postgres's clock.
INSERT INTO instances AS i (instance, service, host, version, started_at, seen_at, ready_since,
                            response_ms, connections, lag)
VALUES ($1, $2, $3, $4, clock_timestamp() - $5::float8 * interval '1 second', clock_timestamp(),
        clock_timestamp() - $6::float8 * interval '1 second', $7, $8, $9)
ON CONFLICT (instance) DO UPDATE
SET seen_at = excluded.seen_at, ready_since = excluded.ready_since,
    response_ms = excluded.response_ms, connections = excluded.connections, lag = excluded.lag
