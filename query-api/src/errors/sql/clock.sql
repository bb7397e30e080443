-- The time now, not that of the transaction's start: a lock may have been waited for in between.
SELECT clock_timestamp() AS now
