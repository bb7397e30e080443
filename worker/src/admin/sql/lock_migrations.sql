-- One migration at a time, whatever machine it runs on. Held by the session.
SELECT pg_advisory_lock(hashtext('errata.migrate'))
