-- name: category_codes
-- What is in scope.
SELECT code, name FROM category WHERE active

-- name: file_reports
SELECT ordinal, created, answer::text FROM file_reports(%(secret)s, %(reports)s::jsonb)
