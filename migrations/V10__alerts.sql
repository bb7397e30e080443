-- Alert rules, what they watch, when they fired, and what was told of it; incidents.

-- A table in use is not waited for: the statements would queue everyone behind them.
SET LOCAL lock_timeout = '2s';

-- ---------------------------------------------------------------------------------------------
-- Rules
-- ---------------------------------------------------------------------------------------------

CREATE TABLE alert_rules (
  project_id int NOT NULL,
  rule_id uuid NOT NULL DEFAULT gen_random_uuid(),
  name text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 200),
  -- In canonical form. `threshold` and `time_window` hold what it says, or what it leaves open.
  condition text NOT NULL,
  threshold double precision NOT NULL,
  time_window text NOT NULL,
  enabled boolean NOT NULL,
  -- Names of integrations.
  notifications text[] NOT NULL,
  severity text NOT NULL CHECK (severity IN ('low', 'medium', 'high', 'critical')),
  -- After a firing the rule does not fire again for so long (about the same error, if it looks at each).
  cooldown_seconds int NOT NULL CHECK (cooldown_seconds >= 0),
  -- Until then it fires without telling anybody.
  muted_until timestamptz,
  -- Whether a firing opens an incident.
  create_incident boolean NOT NULL,
  last_triggered timestamptz,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (project_id, rule_id)
);
-- The order in which they are listed.
CREATE INDEX alert_rules_in_order ON alert_rules (project_id, created_at, rule_id);

-- One row for each project that has rules. Whoever evaluates the project's rules, or changes one of
-- them, locks it first: so one worker at a time does, and none works with a rule that is being changed.
CREATE TABLE alert_evaluations (
  project_id int PRIMARY KEY,
  -- Moves with every change of a rule of the project.
  rules_version bigint NOT NULL DEFAULT 1,
  -- Up to when the rules have been evaluated.
  evaluated_at timestamptz,
  -- When they have to be evaluated again although nothing changes: windows slide.
  due_at timestamptz NOT NULL DEFAULT now(),
  -- No sooner than then, whatever changes: evaluating takes a bounded share of the time.
  not_before timestamptz NOT NULL DEFAULT now(),
  -- Since when users are counted by slot: since a rule first asked for them. Null: they are not.
  users_since timestamptz
) WITH (fillfactor = 50);
CREATE INDEX alert_evaluations_due ON alert_evaluations (due_at);

-- ---------------------------------------------------------------------------------------------
-- What rules watch
-- ---------------------------------------------------------------------------------------------

-- Slots of receipt whose counts changed since the rules were evaluated, in projects that have rules.
-- Written in the transaction that changes the counts, so that none is missed whoever dies, however
-- late an event comes. `version` tells a change that came while the rules were being evaluated.
CREATE TABLE changed_slots (
  project_id int NOT NULL,
  slot timestamptz NOT NULL,
  version bigint NOT NULL DEFAULT 1,
  PRIMARY KEY (project_id, slot)
) WITH (fillfactor = 50);

-- Which errors have events in a slot. Upkeep finds old slots by it, too.
CREATE INDEX event_slots_by_time ON event_slots (slot, project_id, group_id);
DROP INDEX event_slots_by_slot;

-- Errors that were seen for the first time, or again after they were resolved, by receipt of the event
-- that did it, with the facet of that event.
CREATE TABLE error_arrivals (
  project_id int NOT NULL,
  arrived_at timestamptz NOT NULL,
  error_id bigint NOT NULL,
  regressed boolean NOT NULL,
  facet_id int NOT NULL,
  PRIMARY KEY (project_id, arrived_at, error_id)
);
-- Upkeep finds old ones of all projects by it: few errors are new, and rows lie in order of time.
CREATE INDEX error_arrivals_by_time ON error_arrivals USING brin (arrived_at);

-- Whom events happened to, by slot of receipt, in projects whose rules ask for it. Upkeep moves rows to
-- the start of their minute or hour as it does with event_slots.
CREATE TABLE user_slots (
  project_id int NOT NULL,
  slot timestamptz NOT NULL,
  group_id bigint NOT NULL,
  facet_id int NOT NULL,
  user_hash bigint NOT NULL,
  PRIMARY KEY (project_id, slot, group_id, facet_id, user_hash)
);
-- Upkeep finds old ones of all projects by it.
CREATE INDEX user_slots_by_time ON user_slots (slot);

-- ---------------------------------------------------------------------------------------------
-- Firings
-- ---------------------------------------------------------------------------------------------

-- Each time a rule became true. The state of a rule is its firings: it fires while one has no end, and
-- stays quiet until the last one's `cooldown_until`, which lies at its end or later.
CREATE TABLE firings (
  project_id int NOT NULL,
  -- UUIDv7: firings keep their order.
  firing_id uuid NOT NULL,
  rule_id uuid NOT NULL,
  -- 0: the rule looks at the project as a whole.
  error_id bigint NOT NULL,
  -- The public id of the error; null where there is none.
  error_name uuid,
  -- The rule as it was.
  rule_name text NOT NULL,
  condition text NOT NULL,
  severity text NOT NULL,
  threshold double precision NOT NULL,
  -- What was measured when it fired, in the window that ended then.
  value double precision NOT NULL,
  window_end timestamptz NOT NULL,
  started_at timestamptz NOT NULL,
  ended_at timestamptz,
  -- recovered, rule_changed, rule_disabled or rule_deleted.
  end_reason text,
  cooldown_until timestamptz NOT NULL,
  -- Nobody was told, because the rule was muted.
  muted boolean NOT NULL,
  incident_id uuid,
  PRIMARY KEY (project_id, firing_id),
  CHECK ((ended_at IS NULL) = (end_reason IS NULL))
);
-- The last line against firing twice: Postgres itself refuses it.
CREATE UNIQUE INDEX firings_open ON firings (project_id, rule_id, error_id) WHERE ended_at IS NULL;
CREATE INDEX firings_cooling ON firings (project_id, cooldown_until);
-- The newest of a rule, of an error, of an incident.
CREATE INDEX firings_by_rule ON firings (project_id, rule_id, firing_id);
CREATE INDEX firings_by_error ON firings (project_id, error_name, firing_id) WHERE error_name IS NOT NULL;
CREATE INDEX firings_by_incident ON firings (project_id, incident_id, firing_id) WHERE incident_id IS NOT NULL;

-- ---------------------------------------------------------------------------------------------
-- What is told
-- ---------------------------------------------------------------------------------------------

-- What there is to tell, written in the transaction that decides it. Beyond ten a minute of one rule
-- they are held back, and a digest tells what they would have.
CREATE TABLE notifications (
  project_id int NOT NULL,
  -- The same wherever and however often it is sent. UUIDv7.
  delivery_id uuid NOT NULL,
  rule_id uuid NOT NULL,
  -- What it is about; null of a digest.
  firing_id uuid,
  -- fired, recovered or digest.
  kind text NOT NULL,
  channels text[] NOT NULL,
  content jsonb NOT NULL,
  held boolean NOT NULL,
  -- The digest that told it.
  digest_id uuid,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (project_id, delivery_id)
);
CREATE INDEX notifications_by_rule ON notifications (project_id, rule_id, created_at);
CREATE INDEX notifications_by_firing ON notifications (project_id, firing_id) WHERE firing_id IS NOT NULL;
CREATE INDEX notifications_held ON notifications (project_id, rule_id) WHERE held;

-- The outbox: one row for each channel of a notification that goes out.
CREATE TABLE deliveries (
  project_id int NOT NULL,
  delivery_id uuid NOT NULL,
  channel text NOT NULL,
  status text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'delivered', 'failed')),
  attempts int NOT NULL DEFAULT 0,
  -- Who attempts it moves this ahead first, so that nobody else does meanwhile.
  next_attempt_at timestamptz NOT NULL,
  last_error text,
  created_at timestamptz NOT NULL,
  finished_at timestamptz,
  PRIMARY KEY (project_id, delivery_id, channel)
) WITH (fillfactor = 70);
CREATE INDEX deliveries_due ON deliveries (next_attempt_at) WHERE status = 'pending';
-- What finally failed is looked for, and rare among what went out.
CREATE INDEX deliveries_failed ON deliveries (project_id, delivery_id, channel) WHERE status = 'failed';

-- ---------------------------------------------------------------------------------------------
-- Incidents
-- ---------------------------------------------------------------------------------------------

CREATE TABLE incidents (
  project_id int NOT NULL,
  -- UUIDv7: incidents keep their order.
  incident_id uuid NOT NULL,
  title text NOT NULL CHECK (char_length(title) BETWEEN 1 AND 200),
  severity text NOT NULL CHECK (severity IN ('low', 'medium', 'high', 'critical')),
  status text NOT NULL CHECK (status IN ('investigating', 'identified', 'monitoring', 'resolved')),
  description text,
  assigned_to text CHECK (char_length(assigned_to) <= 200),
  -- The rule that opened it.
  rule_id uuid,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  resolved_at timestamptz,
  PRIMARY KEY (project_id, incident_id)
);
-- A rule adds to the incident that it opened, while that is open.
CREATE UNIQUE INDEX incidents_open_by_rule ON incidents (project_id, rule_id)
  WHERE rule_id IS NOT NULL AND status <> 'resolved';

-- The history of an incident.
CREATE TABLE incident_changes (
  project_id int NOT NULL,
  incident_id uuid NOT NULL,
  change_id bigint GENERATED ALWAYS AS IDENTITY,
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  -- opened, changed, fired, recovered or resolved.
  kind text NOT NULL,
  -- The key, or the rule, whose doing it was.
  actor text NOT NULL,
  -- By field what it was and what it is; of a firing, its id, its error, its value.
  details jsonb NOT NULL DEFAULT '{}',
  PRIMARY KEY (project_id, incident_id, change_id)
);
