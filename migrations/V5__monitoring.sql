-- How the system itself fares: its instances, their traffic, their hosts, and the health of its parts.
-- Times are of Postgres's clock, so that hosts whose clocks differ agree; minutes are of the hosts' own.

-- The processes that run. Each writes its row every few seconds and removes it when it ends.
CREATE TABLE instances (
  instance uuid PRIMARY KEY,
  service text NOT NULL,
  host text NOT NULL,
  version text NOT NULL,
  started_at timestamptz NOT NULL,
  seen_at timestamptz NOT NULL,
  -- Since when it has said so at every look; null while it is not ready.
  ready_since timestamptz,
  -- How long its own `/ready` took.
  response_ms double precision NOT NULL,
  -- HTTP connections that are open.
  connections int NOT NULL,
  -- Events of its last minutes by the time from receipt to visible; empty where nothing is stored.
  lag bigint[] NOT NULL
) WITH (fillfactor = 50);

-- Requests by the minute that they ended in; hours of all instances of a service where it is old. The
-- steps of the buckets are those of `shared::vitals::Buckets`.
CREATE TABLE traffic (
  at timestamptz NOT NULL,
  service text NOT NULL,
  instance uuid NOT NULL,
  seconds int NOT NULL,
  requests bigint NOT NULL,
  -- Answered with a status of 500 or more.
  failed bigint NOT NULL,
  duration_ms double precision NOT NULL,
  buckets bigint[] NOT NULL,
  PRIMARY KEY (at, service, instance, seconds)
) WITH (fillfactor = 80);

-- What the machines do, by minute and host; by hour where it is old.
CREATE TABLE host_samples (
  at timestamptz NOT NULL,
  host text NOT NULL,
  seconds int NOT NULL,
  cpu_percent double precision NOT NULL,
  memory_percent double precision NOT NULL,
  -- The fullest disk.
  disk_percent double precision NOT NULL,
  bytes_in bigint NOT NULL,
  bytes_out bigint NOT NULL,
  PRIMARY KEY (at, host, seconds)
);

-- Checks that came in time and found the same, one after the other, are one row. Between two rows that
-- lie farther apart than checks may, checks were missed.
CREATE TABLE health_periods (
  component text NOT NULL,
  began_at timestamptz NOT NULL,
  last_at timestamptz NOT NULL,
  healthy boolean NOT NULL,
  checks bigint NOT NULL,
  -- Of the last check.
  response_ms double precision NOT NULL,
  details jsonb NOT NULL,
  PRIMARY KEY (component, began_at)
) WITH (fillfactor = 50);

-- Who checks: the holder renews it with each round, and who finds it stale takes it.
CREATE TABLE check_lease (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  holder uuid NOT NULL,
  renewed_at timestamptz NOT NULL
);
