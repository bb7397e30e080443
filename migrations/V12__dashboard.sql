-- Who is logged in with a browser, and since when a release is known.

-- A table in use is not waited for: the statements would queue everyone behind them.
SET LOCAL lock_timeout = '2s';

-- A key that was shown once, and a random token instead of it since.
CREATE TABLE sessions (
  -- SHA-256 of the token in the cookie.
  token_hash bytea PRIMARY KEY CHECK (octet_length(token_hash) = 32),
  -- A session ends with its key, and may what the key may.
  key_id uuid NOT NULL REFERENCES api_keys (id) ON DELETE CASCADE,
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz NOT NULL
);
-- A key has few sessions; this finds the oldest.
CREATE INDEX sessions_by_key ON sessions (key_id, created_at);

-- Of combinations that were there before this column nobody knows.
ALTER TABLE facets ADD COLUMN first_stored_at timestamptz;
ALTER TABLE facets ALTER COLUMN first_stored_at SET DEFAULT now();
