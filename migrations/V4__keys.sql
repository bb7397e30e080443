-- What a key may be besides its permissions: whose it is, how much it may ask, and from which pages.

-- A table in use is not waited for: the statements would queue everyone behind them.
SET LOCAL lock_timeout = '2s';

ALTER TABLE api_keys
  -- Requests a minute, where the key has limits of its own.
  ADD COLUMN errors_per_minute int CHECK (errors_per_minute > 0),
  ADD COLUMN analytics_per_minute int CHECK (analytics_per_minute > 0),
  ADD COLUMN general_per_minute int CHECK (general_per_minute > 0),
  -- Origins of the pages that may use the key in a browser; none named: any that the installation
  -- allows.
  ADD COLUMN allowed_origins text[] NOT NULL DEFAULT '{}';

-- `last_used_at` is written often and changes nothing about access.
DROP TRIGGER api_keys_move_access_version ON api_keys;
CREATE TRIGGER api_keys_move_access_version
  AFTER INSERT OR DELETE OR UPDATE OF project_id, key_hash, permissions, expires_at, development_only,
    errors_per_minute, analytics_per_minute, general_per_minute, allowed_origins
  ON api_keys FOR EACH STATEMENT EXECUTE FUNCTION move_access_version();
