-- How often the data of a project has changed: moved in the transaction of each change. Whoever caches
-- answers reads all of it every half second, so that a change is noticed even when the process that made
-- it could tell nobody. A project without a row has not changed yet.
CREATE TABLE project_revisions (
  project_id int PRIMARY KEY,
  revision bigint NOT NULL
-- Updated in place, many times a second: room for it on the page.
) WITH (fillfactor = 50);
