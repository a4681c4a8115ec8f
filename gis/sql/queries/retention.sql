-- name: retention_rules
SELECT kind, category_code, keep_days FROM retention ORDER BY kind, category_code

-- name: set_retention
-- NULL days take a rule for a category away; what was before goes into the audit log.
WITH before AS (
    SELECT r.keep_days FROM retention AS r
    WHERE r.kind = %(kind)s AND r.category_code = %(category)s
), gone AS (
    DELETE FROM retention AS r
    WHERE r.kind = %(kind)s AND r.category_code = %(category)s AND %(days)s::integer IS NULL
), put AS (
    INSERT INTO retention (kind, category_code, keep_days)
    SELECT %(kind)s, %(category)s, %(days)s WHERE %(days)s::integer IS NOT NULL
    ON CONFLICT (kind, category_code) DO UPDATE SET keep_days = excluded.keep_days
)
INSERT INTO audit (action, subject, detail)
VALUES ('retention_set', 'retention:' || %(kind)s || ':' || %(category)s, jsonb_build_object(
    'before', (SELECT b.keep_days FROM before AS b), 'after', %(days)s::integer))

-- name: category_exists
SELECT EXISTS (SELECT FROM category WHERE code = %(code)s)

-- name: reports_due
-- Closed matters whose time is over, by category; asked of closed ones that nothing was taken from.
SELECT i.category_code, array_agg(i.id ORDER BY i.id)
FROM incident AS i
JOIN report AS r ON r.id = i.id
JOIN (SELECT c.code, keep_days('report', c.code) AS days FROM category AS c) AS k
    ON k.code = i.category_code
WHERE i.closed_at < %(as_of)s::timestamptz - make_interval(days => k.days)
  AND r.erased_at IS NULL
GROUP BY i.category_code
ORDER BY i.category_code

-- name: erase_reports
SELECT erase_reports(%(ids)s::bigint[])

-- name: note_purge
INSERT INTO audit (action, subject, detail)
VALUES (%(action)s, %(subject)s, %(detail)s::jsonb)

-- name: persons_due
SELECT p.kind, array_agg(p.id)
FROM person AS p
WHERE p.confirmed_at < %(as_of)s::timestamptz - make_interval(days => keep_days('person', p.kind))
GROUP BY p.kind
ORDER BY p.kind

-- name: erase_persons
DELETE FROM person WHERE id = ANY (%(ids)s)

-- name: persons_confirmed
UPDATE person SET confirmed_at = clock_timestamp() WHERE lookup = ANY (%(lookups)s)

-- name: events_due
-- The last 5,000 stay, for those who come back; older ones and what the counters have not read.
SELECT count(*) FROM event AS e
WHERE e.at < %(as_of)s::timestamptz - make_interval(days => keep_days('event', ''))
  AND e.sequence <= (SELECT least(h.sequence - 5000, a.sequence)
                     FROM event_head AS h, assessment_head AS a)

-- name: erase_events
DELETE FROM event AS e
WHERE e.at < %(as_of)s::timestamptz - make_interval(days => keep_days('event', ''))
  AND e.sequence <= (SELECT least(h.sequence - 5000, a.sequence)
                     FROM event_head AS h, assessment_head AS a)

-- name: notices_due
SELECT count(*) FROM notice AS n
WHERE n.read_at < %(as_of)s::timestamptz - make_interval(days => keep_days('notice', ''))

-- name: erase_notices
DELETE FROM notice AS n
WHERE n.read_at < %(as_of)s::timestamptz - make_interval(days => keep_days('notice', ''))

-- name: credentials_due
SELECT count(*) FROM credential AS c
WHERE least(c.revoked_at, c.expires_at)
      < %(as_of)s::timestamptz - make_interval(days => keep_days('credential', ''))

-- name: erase_credentials
DELETE FROM credential AS c
WHERE least(c.revoked_at, c.expires_at)
      < %(as_of)s::timestamptz - make_interval(days => keep_days('credential', ''))

-- name: tracks_due
SELECT count(*) FROM track_fix AS f
WHERE f.at < %(as_of)s::timestamptz - make_interval(days => keep_days('track', ''))

-- name: erase_tracks
DELETE FROM track_fix AS f
WHERE f.at < %(as_of)s::timestamptz - make_interval(days => keep_days('track', ''))

-- name: erase_officer_tracks
WITH gone AS (
    DELETE FROM track_fix AS f USING officer AS o
    WHERE o.id = f.officer_id AND o.officer_code = %(code)s
    RETURNING 1
)
SELECT EXISTS (SELECT FROM officer WHERE officer_code = %(code)s), (SELECT count(*) FROM gone)

-- name: report_erasable
-- Whether a matter is there, is closed, and has been erased already.
SELECT i.closed_at IS NOT NULL, r.erased_at FROM incident AS i JOIN report AS r ON r.id = i.id
WHERE i.id = %(id)s

-- name: database_time
SELECT clock_timestamp()
