-- name: sequence_events
SELECT sequence_events()

-- name: event_head
SELECT epoch, sequence FROM event_head

-- name: event_origin
SELECT (SELECT d.oid::bigint FROM pg_database AS d WHERE d.datname = current_database()),
       h.epoch, h.sequence, (SELECT coalesce(min(e.sequence), h.sequence + 1) FROM event AS e)
FROM event_head AS h

-- name: tile_changes
SELECT sequence, kind, told FROM tile_changes(%(after)s, %(upto)s)

-- name: pulse
SELECT clock_timestamp(), current_setting('transaction_read_only') = 'on'

-- name: events_after
SELECT sequence, kind, payload FROM event
WHERE sequence > %(after)s ORDER BY sequence LIMIT %(most)s
