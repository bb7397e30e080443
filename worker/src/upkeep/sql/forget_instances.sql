-- Forgets instances that ended without taking their leave. A few rows.
DELETE FROM instances WHERE seen_at < now() - interval '1 hour'
