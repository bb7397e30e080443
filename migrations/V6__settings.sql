-- Who belongs to the team, and who changed which setting.

-- A table in use is not waited for: the statements would queue everyone behind them.
SET LOCAL lock_timeout = '2s';

CREATE TABLE team_members (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  email text NOT NULL CHECK (char_length(email) BETWEEN 3 AND 254),
  name text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 200),
  role text NOT NULL CHECK (role IN ('owner', 'admin', 'developer', 'viewer')),
  -- SHA-256 of the invitation's token; null once it was accepted, which makes it good for one use.
  invite_hash bytea UNIQUE CHECK (octet_length(invite_hash) = 32),
  invite_expires_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  CHECK ((invite_hash IS NULL) = (invite_expires_at IS NULL))
);
-- Addresses that differ in case alone are one person's.
CREATE UNIQUE INDEX team_members_by_email ON team_members (lower(email));

-- A member's own key goes with the member. Members who are only invited have none.
ALTER TABLE api_keys
  ADD COLUMN member_id uuid UNIQUE REFERENCES team_members (id) ON DELETE CASCADE,
  -- Made or changed by somebody who may not touch owners: then neither may the key, or any administrator
  -- could become an owner by way of one.
  ADD COLUMN below_owners boolean NOT NULL DEFAULT false;

-- One entry for each change of a setting, written in the change's own transaction. What an entry
-- names may be gone by the time it is read, so it keeps names as they were. Never a secret.
CREATE TABLE audit_entries (
  -- UUIDv7: entries of one moment keep their order.
  id uuid PRIMARY KEY,
  at timestamptz NOT NULL DEFAULT now(),
  -- null: not by a key but from the command line, or by accepting an invitation.
  actor_key_id uuid,
  actor_name text NOT NULL,
  actor_member_id uuid,
  actor_member_name text,
  action text NOT NULL,
  target_kind text NOT NULL,
  target_id text NOT NULL,
  target_name text NOT NULL,
  -- By field what it was and what it is: {"name": {"from": "a", "to": "b"}}.
  changes jsonb NOT NULL,
  request_id text
);
CREATE INDEX audit_entries_by_time ON audit_entries (at, id);
