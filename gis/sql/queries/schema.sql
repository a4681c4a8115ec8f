-- name: schema_tells
SELECT to_regproc('public.schema_state') IS NOT NULL

-- name: schema_state
SELECT revision, serves, release, scripts FROM schema_state()
