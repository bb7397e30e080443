-- Lets the next migration go on.
SELECT pg_advisory_unlock(hashtext('errata.migrate'))
