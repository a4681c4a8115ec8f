-- name: category_codes
SELECT code, name FROM category

-- name: file_reports
SELECT ordinal, created, answer::text FROM file_reports(%(secret)s, %(reports)s::jsonb)
