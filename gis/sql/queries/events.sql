-- name: sequence_events
SELECT sequence_events()

-- name: event_head
SELECT epoch, sequence FROM event_head

-- name: pulse
SELECT clock_timestamp(), current_setting('transaction_read_only') = 'on'

-- name: events_after
SELECT sequence, kind, payload FROM event
WHERE sequence > %(after)s ORDER BY sequence LIMIT %(most)s
