-- Keeps a project from being deleted until the transaction ends; no row where there is none.
SELECT id FROM projects WHERE id = $1 FOR KEY SHARE
