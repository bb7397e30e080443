-- Lets the statements of this transaction run for two minutes: a project may hold a million errors.
SET LOCAL statement_timeout = '120s'
