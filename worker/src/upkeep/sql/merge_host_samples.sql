-- Merges minutes of more than 25 hours ago into hours of a host, an hour at a time, by the primary key,
-- which begins with the time. Seconds are those that were sampled, so that means stay exact. Answers how
-- many minutes there were.
WITH old AS (
  SELECT date_trunc('hour', min(at)) AS hour
  FROM host_samples
  WHERE seconds = 60 AND at < date_trunc('hour', now() - interval '25 hours')
), taken AS (
  DELETE FROM host_samples s USING old
  WHERE s.at >= old.hour AND s.at < old.hour + interval '1 hour' AND s.seconds = 60
  RETURNING old.hour, s.host, s.cpu_percent, s.memory_percent, s.disk_percent, s.bytes_in, s.bytes_out
), merged AS (
  INSERT INTO host_samples (at, host, seconds, cpu_percent, memory_percent, disk_percent, bytes_in,
                            bytes_out)
  -- A single minute of an hour must not look like one that is still to be merged.
  SELECT hour, host, greatest(60 * count(*), 61), avg(cpu_percent), avg(memory_percent),
         max(disk_percent), sum(bytes_in), sum(bytes_out)
  FROM taken
  GROUP BY hour, host
  ORDER BY host
  ON CONFLICT (at, host, seconds) DO NOTHING
)
SELECT count(*) AS moved FROM taken
