-- What became of every event that was received, by the hour of its receipt, and the budgets within
-- which payloads are kept.

-- Ingest writes what it accepted and refused, each process (`instance`) its own rows, with totals
-- since its start, so that writing a total twice changes nothing. The worker adds what became of an
-- accepted event, under the instance that accepted it, in the transaction that decides it. Project 0
-- stands for requests whose project is unknown and for messages that can't be read.
CREATE TABLE ledger (
  project_id int NOT NULL,
  hour timestamptz NOT NULL,
  instance uuid NOT NULL,
  outcome text NOT NULL,
  -- Why; empty where the outcome says it all.
  reason text NOT NULL,
  events bigint NOT NULL,
  PRIMARY KEY (project_id, hour, instance, outcome, reason)
) WITH (fillfactor = 80);
-- Of all projects at once, and what is old. Rows are updated in place: neither column ever changes.
CREATE INDEX ledger_by_hour ON ledger (hour, project_id);

-- Dead letters whose events stand in the ledger: written with them, taken away by a replay. A letter may
-- exist without: its transaction was lost after it was buried.
CREATE TABLE counted_letters (
  project_id int NOT NULL,
  letter_id uuid NOT NULL,
  hour timestamptz NOT NULL,
  instance uuid NOT NULL,
  PRIMARY KEY (project_id, letter_id)
);

-- Bytes of the payloads that are kept, by the day that `events` files them under.
CREATE TABLE payload_bytes (
  project_id int NOT NULL,
  day date NOT NULL,
  bytes bigint NOT NULL,
  PRIMARY KEY (project_id, day)
) WITH (fillfactor = 50);

-- Everything that uses the table waits behind a change of it that waits: rather try again than let
-- them wait for long. `worker migrate` does.
SET LOCAL lock_timeout = '2s';

-- Workers of an earlier version leave these columns as they are.
ALTER TABLE error_stats
  -- Payloads kept of the error among the events received since `payload_hour` began.
  ADD COLUMN payload_hour timestamptz,
  ADD COLUMN payloads int NOT NULL DEFAULT 0,
  -- When the latest event happened; `last_seen` may be later, because the latest event is one whose
  -- payload is kept wherever there is one. Before all times: its payload is not kept. Null: as
  -- `last_seen`.
  ADD COLUMN latest_at timestamptz;

-- A sequence that is drawn from in the transaction that makes it may, with little write-ahead log
-- (wal_level minimal), fall back in a crash, and then numbers of projects are given out twice. Set in
-- a transaction of its own it is logged from here on.
SELECT setval(pg_get_serial_sequence('projects', 'id'),
              greatest((SELECT max(id) FROM projects), (SELECT last_value FROM projects_id_seq)));
