-- Ids of deleted errors. A read of an id that was never seen waits a moment for its event to be
-- stored; one of a deleted id need not. Written by the deletion alone: an event stored later brings
-- the id back in error_names, which is asked first. Upkeep removes old rows.
CREATE TABLE deleted_names (
  project_id int NOT NULL,
  name uuid NOT NULL,
  deleted_at timestamptz NOT NULL,
  PRIMARY KEY (project_id, name)
);
CREATE INDEX deleted_names_by_age ON deleted_names (deleted_at);
