-- How often each project has changed. Read whole, twice a second; one small row a project.
SELECT project_id, revision FROM project_revisions ORDER BY project_id
