-- Whether a key of nobody may touch owners, by primary key.
SELECT NOT below_owners AS may FROM api_keys WHERE id = $1
