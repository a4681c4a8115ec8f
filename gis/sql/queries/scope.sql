-- name: enter
SELECT * FROM enter(%(secret)s, %(origin)s)

-- name: only_read
SET TRANSACTION READ ONLY
