-- name: sequence_events
SELECT sequence_events()

-- name: event_head
SELECT epoch, sequence FROM event_head

-- name: event_origin
SELECT o.database, o.epoch, o.sequence, o.lowest, s.scripts
FROM event_origin() AS o, schema_state() AS s

-- name: tile_changes
SELECT sequence, kind, told FROM tile_changes(%(after)s, %(upto)s)

-- name: pulse
SELECT clock_timestamp(), current_setting('transaction_read_only') = 'on'

-- name: events_after
SELECT sequence, kind, payload FROM event
WHERE sequence > %(after)s ORDER BY sequence LIMIT %(most)s
