-- The services outside that messages go out through, one row each from the beginning.

CREATE TABLE integrations (
  name text PRIMARY KEY CHECK (name IN ('slack', 'email', 'webhook', 'sms')),
  -- Settings that may be seen, by field.
  config jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(config) = 'object'),
  -- Settings that may not, by field: each encrypted under SECRET_KEY for its own place.
  secrets jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(secrets) = 'object'),
  status text NOT NULL DEFAULT 'not_configured'
    CHECK (status IN ('not_configured', 'configured', 'connected', 'error')),
  -- When a message was last sent to try the settings, or by itself.
  last_test timestamptz,
  -- Why the last one failed; null when it did not.
  last_error text,
  -- Moves with every change of the settings, so that how a message fared is noted only while the
  -- settings are those that it was sent with.
  revision bigint NOT NULL DEFAULT 1,
  updated_at timestamptz NOT NULL DEFAULT now()
);

INSERT INTO integrations (name) VALUES ('slack'), ('email'), ('webhook'), ('sms');
