-- Slugs that start like a wanted one. Projects are few; no index is needed.
SELECT slug FROM projects WHERE left(slug, length($1)) = $1
