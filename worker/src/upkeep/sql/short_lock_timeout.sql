-- Dropping a partition shuts out all readers of the table; rather try again later than queue up.
SET LOCAL lock_timeout = '2s'
