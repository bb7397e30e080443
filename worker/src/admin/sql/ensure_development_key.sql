-- The key of the API document, honoured only while ENVIRONMENT=development.
INSERT INTO api_keys (name, key_hash, key_preview, permissions, development_only)
VALUES ('Development', $1, 'test-api-key', ARRAY['ingest', 'read', 'write', 'admin'], true)
ON CONFLICT (key_hash) DO NOTHING
