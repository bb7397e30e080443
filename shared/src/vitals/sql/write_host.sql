-- A sample of a host. Of several processes on one host the first that writes a minute wins, so that
-- nothing counts twice.
INSERT INTO host_samples (at, host, seconds, cpu_percent, memory_percent, disk_percent, bytes_in,
                          bytes_out)
VALUES (to_timestamp($1::float8 * 60), $2, 60, $3, $4, $5, $6, $7)
ON CONFLICT (at, host, seconds) DO NOTHING
