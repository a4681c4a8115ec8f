-- name: year_make_tables
CREATE TEMP TABLE year_place (
    place integer PRIMARY KEY, lon double precision, lat double precision, grid_id bigint,
    officer_id bigint, scope_ids bigint[]
);
CREATE TEMP TABLE year_assignment (
    place integer, scheme text, area_id bigint, officer_id bigint, officer_role text, how text,
    distance_m double precision, rivals jsonb, facts jsonb
);
CREATE TEMP TABLE year_story (
    story integer, number integer, action text, state text, tier text, actor_role text,
    note text, targeted boolean, share double precision, PRIMARY KEY (story, number)
);
CREATE TEMP TABLE year_matter (
    id bigint PRIMARY KEY, received_at timestamptz, category_code text COLLATE "C", place integer,
    story integer, whole_s double precision
)

-- name: year_put_story
INSERT INTO year_story
VALUES (%(story)s, %(number)s, %(action)s, %(state)s, %(tier)s, %(actor_role)s, %(note)s,
        %(targeted)s, %(share)s)

-- name: year_choose_places
INSERT INTO year_place (place, lon, lat)
SELECT row_number() OVER () - 1, ST_X(point), ST_Y(point)
FROM (SELECT ST_PointOnSurface(geom) AS point FROM building
      WHERE scope_ids <> '{}' ORDER BY md5(id::text) LIMIT %(most)s) AS chosen

-- name: year_locate_places
INSERT INTO year_assignment
SELECT l.ordinal, l.scheme, l.area_id, l.officer_id, l.officer_role, l.how, l.distance_m,
       l.rivals, l.facts
FROM (SELECT array_agg(place::bigint) AS places, array_agg(lon) AS lons, array_agg(lat) AS lats,
             array_agg('cgcs2000'::text) AS datums, array_agg(NULL::double precision) AS nothing,
             array_agg(NULL::text) AS words, array_agg(%(now)s::timestamptz) AS ats
      FROM year_place) AS p
CROSS JOIN LATERAL locate_points(p.places, p.lons, p.lats, p.datums, p.nothing, p.words, p.words,
                                 p.words, p.ats, NULL) AS l

-- name: year_settle_places
WITH found AS (
    SELECT y.place, array_agg(DISTINCT above.id) AS scope_ids,
           (array_agg(a.identity_id) FILTER (WHERE y.scheme = 'base'))[1] AS grid_id,
           (array_agg(y.officer_id) FILTER (WHERE y.scheme = 'base'))[1] AS officer_id
    FROM year_assignment AS y
    JOIN area AS a ON a.id = y.area_id
    CROSS JOIN LATERAL unnest(a.ancestor_ids) AS above(id)
    GROUP BY y.place
)
UPDATE year_place AS p
SET scope_ids = f.scope_ids, grid_id = f.grid_id, officer_id = f.officer_id
FROM found AS f WHERE f.place = p.place

-- name: year_drop_unanswered
DELETE FROM year_place WHERE officer_id IS NULL OR grid_id IS NULL

-- name: year_places
SELECT place FROM year_place ORDER BY place

-- name: year_categories
SELECT c.code, c.kind, 1 + mod(abs(hashtext(c.code)), 9) AS weight FROM category AS c
WHERE c.parent_code IS NOT NULL AND NOT c.emergency
ORDER BY c.code

-- name: year_first_id
SELECT coalesce(max(id), 0) + 1 FROM report

-- name: year_copy_matter
COPY year_matter FROM STDIN

-- name: year_hold
-- Nobody else counts meanwhile, and the trigger does not take in what is put in whole.
SELECT sequence FROM assessment_head FOR UPDATE;
ALTER TABLE report DISABLE TRIGGER report_received

-- name: year_release
ALTER TABLE report ENABLE TRIGGER report_received;
SELECT setval(pg_get_serial_sequence('report', 'id'), (SELECT max(id) FROM report))

-- name: year_open_work
SELECT a.code, sum(c.open) FROM assessment_count AS c
JOIN area AS a ON a.identity_id = c.key_id
WHERE c.subject = %(level)s AND c.grain = 'ever' AND a.scheme = 'base' AND upper_inf(a.period)
GROUP BY a.code HAVING sum(c.open) > 0

-- name: year_lay_counts_as_lived
-- As a server that counts day by day leaves them: the rows of a day together, in no order.
CREATE TEMP TABLE lived_count ON COMMIT DROP AS SELECT * FROM assessment_count;
CREATE TEMP TABLE lived_time ON COMMIT DROP AS SELECT * FROM assessment_time;
TRUNCATE assessment_count, assessment_time;
INSERT INTO assessment_count SELECT * FROM lived_count ORDER BY starts, random();
INSERT INTO assessment_time SELECT * FROM lived_time ORDER BY starts, random()

-- name: year_drop_tables
DROP TABLE year_place, year_assignment, year_story, year_matter

-- name: year_add_reports
INSERT INTO report (id, external_id, received_at, occurred_at, category_code, text, channel, lon,
                    lat, datum)
SELECT m.id, 'Y' || m.id, m.received_at, m.received_at, m.category_code, c.name || '，请处理',
       'officer', p.lon, p.lat, 'cgcs2000'
FROM year_matter AS m
JOIN year_place AS p USING (place)
JOIN category AS c ON c.code = m.category_code
WHERE m.id >= %(first)s AND m.id < %(end)s
ORDER BY m.id

-- name: year_add_incidents
INSERT INTO incident (
    id, received_at, category_code, class_rank, summary, state, tier, urgency, emergency, geom,
    grid_id, officer_id, scope_ids, step_count, deadline_at)
SELECT m.id, m.received_at, m.category_code, c.class_rank, c.name || '，请处理', 'reported', 'grid',
       c.urgency, false, ST_SetSRID(ST_MakePoint(p.lon, p.lat), 4490), p.grid_id, p.officer_id,
       p.scope_ids, 1, m.received_at + c.limit_hours * interval '1 hour'
FROM year_matter AS m
JOIN year_place AS p USING (place)
JOIN category AS c ON c.code = m.category_code
WHERE m.id >= %(first)s AND m.id < %(end)s
ORDER BY m.id

-- name: year_add_assignments
INSERT INTO assignment (incident_id, scheme, area_id, officer_id, officer_role, how, distance_m,
                        rivals, facts)
SELECT m.id, a.scheme, a.area_id, a.officer_id, a.officer_role, a.how, a.distance_m, a.rivals,
       a.facts
FROM year_matter AS m
JOIN year_assignment AS a USING (place)
WHERE m.id >= %(first)s AND m.id < %(end)s
ORDER BY m.id

-- name: year_add_first_steps
INSERT INTO step (incident_id, number, action, at, actor_role, tier, state, deadline_at, target,
                  note_digest, target_digest, hash)
SELECT i.id, 1, 'report', i.received_at, 'officer', 'grid', 'reported', i.deadline_at, t.target,
       step_field_digest(NULL), step_field_digest(t.target),
       step_hash(NULL::bytea, i.id, 1, 'report', i.received_at, NULL::bigint, 'officer', 'grid',
                 'reported', NULL::timestamptz, NULL::timestamptz, i.deadline_at, NULL::text,
                 t.target)
FROM incident AS i CROSS JOIN LATERAL (SELECT 'officer:' || i.officer_id AS target) AS t
WHERE i.id >= %(first)s AND i.id < %(end)s
ORDER BY i.id

-- name: year_add_steps
INSERT INTO step (incident_id, number, action, at, actor_role, tier, state, note, target,
                  deadline_at, note_digest, target_digest, previous_hash, hash)
SELECT m.id, s.number, s.action, w.at, s.actor_role, s.tier, s.state, s.note, w.target,
       p.deadline_at, step_field_digest(s.note), step_field_digest(w.target), p.hash,
       step_hash(p.hash, m.id, s.number, s.action, w.at, NULL::bigint, s.actor_role, s.tier,
                 s.state, NULL::timestamptz, NULL::timestamptz, p.deadline_at, s.note, w.target)
FROM year_matter AS m
JOIN year_story AS s ON s.story = m.story AND s.number = %(number)s
JOIN incident AS i ON i.id = m.id
JOIN step AS p ON p.incident_id = m.id AND p.number = %(number)s - 1
CROSS JOIN LATERAL (
    SELECT m.received_at + floor(m.whole_s * s.share) * interval '1 second' AS at,
           CASE WHEN s.targeted THEN 'officer:' || i.officer_id END AS target) AS w
WHERE m.id >= %(first)s AND m.id < %(end)s AND w.at < %(now)s
ORDER BY m.id

-- name: year_refresh_incidents
UPDATE incident AS i
SET state = s.state, tier = s.tier, step_count = s.step_count, verified_at = s.verified_at,
    dispatched_at = s.dispatched_at, handled_at = s.handled_at, closed_at = s.closed_at,
    officer_id = CASE WHEN s.freed THEN NULL ELSE i.officer_id END
FROM (
    SELECT incident_id, max(number) AS step_count,
           (array_agg(state ORDER BY number DESC))[1] AS state,
           (array_agg(tier ORDER BY number DESC))[1] AS tier,
           (array_agg(action ORDER BY number DESC))[1] = 'escalate' AS freed,
           min(at) FILTER (WHERE action IN ('verify', 'dispatch')) AS verified_at,
           min(at) FILTER (WHERE action = 'dispatch') AS dispatched_at,
           max(at) FILTER (WHERE action = 'handle' AND number > turned) AS handled_at,
           max(at) FILTER (WHERE action IN ('close', 'reject') AND number > turned) AS closed_at
    FROM (SELECT *, coalesce(max(number) FILTER (WHERE action IN ('return', 'reopen'))
                                 OVER (PARTITION BY incident_id), 0) AS turned
          FROM step WHERE incident_id >= %(first)s AND incident_id < %(end)s) AS told
    GROUP BY incident_id
) AS s
WHERE s.incident_id = i.id AND s.step_count > 1

-- name: year_analyse
ANALYZE report, incident, step, assignment

-- name: recount_matters
SELECT recount_matters(%(now)s)

-- name: analyse_assessment
ANALYZE incident_area, assessment_fact, assessment_count, assessment_time

-- name: district_add_field_work
-- What the officers of the grids did outside in the last weeks: some more, some less.
INSERT INTO field_work (day, officer_id, area_identity_id, patrols, visits, distance_m)
SELECT day::date, d.officer_id, d.area_identity_id, mod(luck, 3), mod(luck, 5), mod(luck, 3) * 1800
FROM duty AS d
JOIN area AS a ON a.identity_id = d.area_identity_id AND a.leaf AND upper_inf(a.period)
CROSS JOIN generate_series(%(now)s::timestamptz - interval '14 days', %(now)s, '1 day') AS day
CROSS JOIN LATERAL (SELECT abs(hashtext(concat(d.id, day::date))) AS luck) AS drawn
WHERE d.role = 'full_time' AND mod(luck, 7) > 0
ON CONFLICT DO NOTHING

-- name: district_add_ratings
-- One in four of those whose matter was closed says how content they are.
INSERT INTO rating (incident_id, at, reporter, score)
SELECT i.id, i.closed_at + interval '1 hour', true, 5 - mod(luck / 4, 3)
FROM incident AS i
CROSS JOIN LATERAL (SELECT abs(hashtext(concat('rating', i.id))) AS luck) AS drawn
WHERE i.state IN ('closed', 'assessed') AND mod(luck, 4) = 0
ORDER BY i.id
