-- name: enter
SELECT * FROM enter(%(secret)s, %(origin)s)
