-- Takes the lock of a job until the end of the transaction, unless another worker has it.
SELECT pg_try_advisory_xact_lock(hashtext('errata.upkeep.' || $1))
