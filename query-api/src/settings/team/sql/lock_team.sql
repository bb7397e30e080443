-- One change of the team at a time: what is checked about owners holds until the transaction ends.
SELECT pg_advisory_xact_lock(hashtext('errata.team'))
