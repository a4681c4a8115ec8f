-- name: rehearsal_areas
-- The areas of the level that touch the changed ground, and their parents: as they stand now.
SELECT a.identity_id, a.code, a.name, p.code AS parent_code, a.ancestor_ids, a.leaf,
       ST_AsBinary(a.geom) AS shape
FROM area AS a
LEFT JOIN area AS p ON p.identity_id = a.parent_id AND upper_inf(p.period)
WHERE a.scheme = %(scheme)s AND a.level = %(level)s AND upper_inf(a.period)
  AND a.geom && ST_MakeEnvelope(%(west)s, %(south)s, %(east)s, %(north)s, 4490)

-- name: rehearsal_parents
SELECT a.code, a.name, a.ancestor_ids
FROM area AS a
WHERE a.scheme = %(scheme)s AND a.code = ANY (%(codes)s) AND upper_inf(a.period)
  AND a.level <> %(level)s

-- name: rehearsal_grids
-- Under which grids incidents of the time may stand: versions of any day of it on this ground.
SELECT DISTINCT a.identity_id
FROM area AS a
WHERE a.scheme = 'base' AND a.leaf
  AND (upper_inf(a.period) OR upper(a.period) > %(since)s)
  AND a.geom && ST_MakeEnvelope(%(west)s, %(south)s, %(east)s, %(north)s, 4490)

-- name: rehearsal_lines
SELECT l.code FROM line AS l ORDER BY l.code

-- name: rehearsal_week
-- Which shifts run in each minute of a week, as one number; minute 0 is Monday 00:00.
SELECT m.minute, coalesce(sum(1 << s.rank) FILTER (
           WHERE on_shift(s.weekdays, s.starts, s.ends, timestamp '2024-01-01'
                          + m.minute * interval '1 minute')), 0)::integer AS running
FROM generate_series(0, 10079) AS m(minute)
LEFT JOIN (SELECT weekdays, starts, ends, (row_number() OVER (ORDER BY code) - 1)::integer AS rank
           FROM shift) AS s ON true
GROUP BY m.minute ORDER BY m.minute

-- name: rehearsal_incidents
-- One record of 56 bytes an incident, most significant byte first: what is too much for rows.
-- Merged ones count nowhere and are not among them.
SELECT string_agg(
           int8send(i.id) || int8send(i.grid_id) || float8send(ST_X(i.geom))
           || float8send(ST_Y(i.geom)) || int8send(coalesce(i.officer_id, 0))
           || int8send(coalesce(b.building_id, 0))
           || int4send(extract(isodow FROM t.local_at)::integer * 1440 - 1440
                       + extract(hour FROM t.local_at)::integer * 60
                       + extract(minute FROM t.local_at)::integer)
           || int2send(coalesce(l.place, 0)::smallint)
           || int2send((f.class_rank::integer << 4 | f.open::integer
                        | (f.on_time::integer << 1) | ((f.late OR f.overdue)::integer << 2)
                        )::smallint), '')
FROM incident AS i
JOIN assessment_fact AS f ON f.incident_id = i.id
CROSS JOIN LATERAL (
    SELECT i.received_at AT TIME ZONE %(time_zone)s AS local_at) AS t
LEFT JOIN category AS c ON c.code = i.category_code
LEFT JOIN (SELECT code, row_number() OVER (ORDER BY code) AS place FROM line) AS l
    ON l.code = c.line_code
LEFT JOIN (SELECT a.incident_id, d.building_id
           FROM duty AS d
           JOIN assignment AS a ON (a.facts ->> 'building')::bigint = d.building_id
                               AND a.scheme = %(scheme)s
           WHERE d.building_id IS NOT NULL AND d.period @> now()
           GROUP BY 1, 2) AS b ON b.incident_id = i.id
WHERE i.grid_id = ANY (%(grids)s) AND i.geom IS NOT NULL
  AND (i.received_at >= %(since)s OR i.closed_at IS NULL) AND i.received_at < %(until)s

-- name: rehearsal_places
-- Where people live: one row a building, one for an address in none. Lon, lat, what is there.
WITH house AS (
    SELECT a.building_id, CASE WHEN a.building_id IS NULL THEN a.id END AS loose_id,
           count(*) AS addresses, count(a.house_code) AS plates,
           count(*) FILTER (WHERE w.use = 'residential'
                            AND w.occupancy IS DISTINCT FROM 'vacant') AS households,
           coalesce(sum(w.actual_residents), 0) AS residents
    FROM address AS a LEFT JOIN dwelling AS w ON w.address_id = a.id
    WHERE a.scope_ids && %(ids)s::bigint[]
    GROUP BY 1, 2
)
SELECT ST_X(p.point), ST_Y(p.point), coalesce(h.addresses, 0)::integer,
       coalesce(h.plates, 0)::integer, coalesce(h.households, 0)::integer,
       coalesce(h.residents, 0)::integer, (b.building_code IS NOT NULL)::integer
FROM building AS b
CROSS JOIN LATERAL (SELECT ST_PointOnSurface(b.geom) AS point) AS p
LEFT JOIN house AS h ON h.building_id = b.id
WHERE b.scope_ids && %(ids)s::bigint[]
UNION ALL
SELECT ST_X(a.geom), ST_Y(a.geom), h.addresses::integer, h.plates::integer,
       h.households::integer, h.residents::integer, 0
FROM house AS h JOIN address AS a ON a.id = h.loose_id

-- name: rehearsal_officers
SELECT * FROM rehearse_officers(%(grounds)s, %(buildings)s, %(lines)s, %(local_ats)s)

-- name: rehearsal_names
SELECT f.id, f.officer_code, f.name FROM officer AS f WHERE f.id = ANY (%(ids)s)

-- name: rehearsal_postings
-- Who is posted to areas that end.
SELECT DISTINCT d.officer_id, a.code
FROM duty AS d JOIN area AS a ON a.identity_id = d.area_identity_id AND upper_inf(a.period)
WHERE a.identity_id = ANY (%(ids)s) AND d.period @> now()

-- name: rehearsal_matters
SELECT i.id, i.received_at, i.summary, i.state, i.urgency, i.deadline_at
FROM incident AS i WHERE i.id = ANY (%(ids)s)
ORDER BY i.urgency DESC, i.deadline_at, i.id

-- name: rehearsal_residents
-- Residents that areas are told to have, for where no dwelling tells them.
SELECT a.code, a.actual_residents FROM area AS a
WHERE a.scheme = %(scheme)s AND a.level = %(level)s AND upper_inf(a.period)
  AND a.code = ANY (%(codes)s) AND a.actual_residents IS NOT NULL

-- name: rehearsal_codes
SELECT area_codes_given(%(scheme)s, %(level)s, %(stem)s)
