-- Errors that hold several fingerprints, and a project's own rules of grouping.

-- A table in use is not waited for: the statements would queue everyone behind them.
SET LOCAL lock_timeout = '2s';

-- The numbers of each group of an error that was merged from several: what error_stats holds of the error
-- as a whole. Written by whoever stores events, in the transaction that counts them. An error of one group
-- has no row here, because its numbers are those of the error: so what is never merged costs nothing.
-- Workers of an earlier version do not write here: what they count of an error that was merged already goes
-- to its own group when it is merged or taken apart again.
CREATE TABLE group_stats (
  project_id int NOT NULL,
  group_id bigint NOT NULL,
  event_count bigint NOT NULL,
  user_count bigint NOT NULL,
  first_seen timestamptz NOT NULL,
  last_seen timestamptz NOT NULL,
  latest_event_id uuid NOT NULL,
  latest_day date NOT NULL,
  level smallint NOT NULL,
  source text NOT NULL,
  -- When the latest event happened; before all times: its payload is not kept.
  latest_at timestamptz NOT NULL,
  -- Of the events since the row is there: the latest moment that is not after either of an event's two
  -- times, and the latest receipt. They tell whether an error that was closed would have reopened.
  newest timestamptz NOT NULL DEFAULT '-infinity',
  newest_receipt timestamptz NOT NULL DEFAULT '-infinity',
  PRIMARY KEY (project_id, group_id)
) WITH (fillfactor = 70);
-- Upkeep keeps the newest events of groups before their day is dropped.
CREATE INDEX group_stats_by_latest_day ON group_stats (latest_day);

-- The errors that were merged into others, as they were: an error and its first group have one number, so
-- the row is found by the number of the group that is taken out again. `ignored_until_count` is of that group
-- alone.
CREATE TABLE merged_errors (
  project_id int NOT NULL,
  error_id bigint NOT NULL,
  public_id uuid NOT NULL,
  status smallint NOT NULL,
  regressed boolean NOT NULL,
  exception_type text,
  message text NOT NULL,
  culprit text,
  resolved_at timestamptz,
  settled_at timestamptz,
  ignored_until timestamptz,
  ignored_until_count bigint,
  assigned_to text,
  created_at timestamptz NOT NULL,
  merged_at timestamptz NOT NULL,
  PRIMARY KEY (project_id, error_id)
);

-- In the language of `shared::fingerprint::rules`, as they were written: ingest applies them.
ALTER TABLE projects
  ADD COLUMN grouping_rules text NOT NULL DEFAULT '',
  -- Looked at first; they say nothing but what is discarded.
  ADD COLUMN discard_rules text NOT NULL DEFAULT '';
