-- Has the access table changed? One row, by its primary key.
SELECT version FROM access_version
