-- name: street_here
-- The area that a desk stands at, or the caller's own, or the top of the base scheme.
SELECT a.identity_id, a.code, a.name, a.level, a.leaf, a.path, a.ancestor_ids,
       (SELECT scope_all()) AS whole,
       a.ancestor_ids && (SELECT scope_ids()) OR (SELECT scope_all()) AS own
FROM area AS a
WHERE a.scheme = 'base' AND upper_inf(a.period)
  AND CASE WHEN %(area)s::text IS NOT NULL THEN a.code = %(area)s
           ELSE a.identity_id = ANY ((SELECT scope_ids())::bigint[]) OR (SELECT scope_all()) END
ORDER BY array_position(ARRAY['city', 'district', 'street', 'community', 'grid'], a.level), a.code
LIMIT 1

-- name: street_building
-- A building, the grid it lies in now, and its bounds as of the incidents' geometry.
SELECT b.id, b.building_code AS code, coalesce(b.name, b.building_code) AS name, b.kind,
       b.floors, a.code AS area,
       ST_XMin(near) AS west, ST_YMin(near) AS south, ST_XMax(near) AS east, ST_YMax(near) AS north
FROM building AS b
CROSS JOIN LATERAL (SELECT ST_Expand(b.geom::box2d, 0.00012) AS near) AS expanded
LEFT JOIN area AS a ON a.scheme = 'base' AND a.leaf AND upper_inf(a.period)
    AND a.identity_id = ANY (b.scope_ids)
WHERE b.building_code = %(code)s
ORDER BY a.code LIMIT 1

-- name: street_house
SELECT d.house_code AS code, d.text, b.building_code AS building
FROM address AS d JOIN building AS b ON b.id = d.building_id
WHERE d.house_code = %(code)s

-- name: street_houses
SELECT json_build_object('code', d.house_code, 'unit', d.unit, 'floor', d.floor, 'room', d.room)
FROM address AS d
WHERE d.building_id = %(building_id)s AND d.house_code IS NOT NULL
ORDER BY d.unit NULLS FIRST, length(d.floor), d.floor, d.house_code
LIMIT 2000

-- name: street_buildings
SELECT json_build_object('id', b.id, 'code', b.code, 'name', b.name, 'kind', b.kind,
                         'floors', b.floors, 'houses', b.houses)
FROM desk_buildings(%(identity_id)s, %(after_id)s, %(most)s) AS b

-- name: street_map
SELECT desk_map(%(identity_id)s, %(buildings)s) AS body

-- name: street_unit
SELECT u.id, u.name, u.area_identity_id FROM unit AS u WHERE u.id = scope_unit_id()

-- name: street_numbers
-- What is open at a place, by step; under each area of it and on the way to it; and the day.
-- `place_id` is the area, 0 the whole; counts by step are read from one index, up to 5,000 a
-- step, all others are kept counts: the cost does not go by history.
WITH lane AS (
    SELECT step.state, count(*) AS open,
           count(*) FILTER (WHERE l.clock_at < %(now)s) AS late,
           count(*) FILTER (WHERE l.clock_at >= %(now)s
                            AND l.clock_at < %(now)s::timestamptz + interval '1 day') AS soon,
           count(*) FILTER (WHERE l.clock_at IS NULL) AS still
    FROM unnest(ARRAY['reported', 'verified', 'dispatched', 'handling', 'handled', 'checked'])
        AS step (state)
    CROSS JOIN LATERAL (
        SELECT a.clock_at FROM incident_area AS a
        WHERE a.identity_id = %(place_id)s AND a.state = step.state AND a.open
          AND (%(unit_id)s::bigint IS NULL
               OR EXISTS (SELECT FROM incident AS i WHERE i.id = a.incident_id))
        LIMIT 5000) AS l
    GROUP BY step.state
), emergency AS (
    SELECT count(*) AS open, count(*) FILTER (WHERE i.deadline_at < %(now)s) AS late
    FROM incident AS i
    WHERE i.closed_at IS NULL AND i.urgency >= 3 AND i.merged_into_id IS NULL
      AND (%(place_id)s = 0 OR i.scope_ids @> ARRAY[%(place_id)s::bigint])
), unplaced AS (
    SELECT count(*) AS open FROM incident AS i
    WHERE i.grid_id IS NULL AND i.closed_at IS NULL AND i.merged_into_id IS NULL
      AND (%(place_id)s = 0 OR i.scope_ids @> ARRAY[%(place_id)s::bigint])
), child AS (
    SELECT a.code, a.name, a.level, a.identity_id
    FROM area AS a
    WHERE a.parent_id = %(area_id)s AND a.scheme = 'base' AND upper_inf(a.period)
), step AS (
    SELECT a.code, a.name, a.level, a.identity_id, array_position(
               ARRAY['city', 'district', 'street', 'community', 'grid'], a.level) AS depth,
           (SELECT scope_all()) OR a.ancestor_ids && (SELECT scope_ids()) AS own
    FROM area AS a
    WHERE a.identity_id = ANY (%(ancestor_ids)s::bigint[]) AND upper_inf(a.period)
), counted AS (
    SELECT c.key_id, sum(c.open) AS open, sum(c.overdue) AS late
    FROM (SELECT level, identity_id FROM child UNION SELECT level, identity_id FROM step) AS n
    JOIN assessment_count AS c ON c.subject = n.level AND c.key_id = n.identity_id
        AND c.grain = 'ever' AND c.starts = DATE '1970-01-01'
    GROUP BY c.key_id
), alarmed AS (
    SELECT n.identity_id, count(*) AS open
    FROM child AS n
    JOIN incident AS i ON i.scope_ids @> ARRAY[n.identity_id]
        AND i.closed_at IS NULL AND i.urgency >= 3 AND i.merged_into_id IS NULL
    GROUP BY n.identity_id
), today AS (
    SELECT sum(c.reported) AS reported, sum(c.solved) AS solved
    FROM assessment_count AS c
    WHERE c.subject = %(subject)s AND c.grain = 'day' AND c.key_id = %(subject_id)s
      AND c.starts = (%(now)s::timestamptz AT TIME ZONE setting_text(
          'time_zone', 'Asia/Shanghai'))::date
)
SELECT json_build_object(
    'now', %(now)s::timestamptz, 'epoch', head.epoch, 'sequence', head.sequence,
    'states', (SELECT coalesce(json_object_agg(state, json_build_object(
                   'open', open, 'late', late, 'soon', soon, 'still', still)), '{}') FROM lane),
    'emergency', (SELECT json_build_object('open', open, 'late', late) FROM emergency),
    'unlocated', (SELECT json_build_object('open', open) FROM unplaced),
    'reported_today', coalesce((SELECT reported FROM today), 0),
    'solved_today', coalesce((SELECT solved FROM today), 0),
    'path', (
        SELECT coalesce(json_agg(json_build_object(
            'code', s.code, 'name', s.name, 'level', s.level, 'own', s.own,
            'open', CASE WHEN s.own THEN coalesce(c.open, 0) END) ORDER BY s.depth), '[]')
        FROM step AS s LEFT JOIN counted AS c ON c.key_id = s.identity_id),
    'children', (
        SELECT coalesce(json_agg(json_build_object(
            'code', n.code, 'name', n.name, 'level', n.level, 'open', coalesce(c.open, 0),
            'late', coalesce(c.late, 0), 'emergencies', coalesce(m.open, 0))
            ORDER BY coalesce(c.open, 0) DESC, n.code), '[]')
        FROM child AS n
        LEFT JOIN counted AS c ON c.key_id = n.identity_id
        LEFT JOIN alarmed AS m USING (identity_id)))::text AS body
FROM event_head AS head

-- name: street_open
-- A page of open work of some steps, the nearest deadline first (what is late comes before all),
-- suspended matters at the end. Of each step at most `most_each` are looked at after the cursor.
-- The last row, where there is one, is how far all were read: the next page begins there.
WITH looked_at AS MATERIALIZED (
    SELECT l.incident_id, l.at, count(*) OVER (PARTITION BY step.state, l.still) AS seen,
           step.state, l.still
    FROM unnest(%(states)s::text[]) AS step (state)
    CROSS JOIN LATERAL (
        (SELECT a.incident_id, a.clock_at AS at, false AS still
         FROM incident_area AS a
         WHERE a.identity_id = %(place_id)s AND a.state = step.state AND a.open
           AND a.clock_at >= %(since)s AND a.clock_at < %(until)s
           AND (a.clock_at, a.incident_id) > (%(since)s::timestamptz, %(since_id)s::bigint)
         ORDER BY a.clock_at, a.incident_id LIMIT %(most_each)s)
        UNION ALL
        (SELECT a.incident_id, 'infinity', true
         FROM incident_area AS a
         WHERE %(still)s AND a.identity_id = %(place_id)s AND a.state = step.state AND a.open
           AND a.clock_at IS NULL AND a.incident_id > %(still_id)s::bigint
         ORDER BY a.incident_id LIMIT %(most_each)s)) AS l
), horizon AS (
    SELECT at, incident_id
    FROM (SELECT DISTINCT ON (state, still) at, incident_id FROM looked_at
          WHERE seen >= %(most_each)s ORDER BY state, still, at DESC, incident_id DESC) AS cut
    ORDER BY at, incident_id LIMIT 1
), page AS (
    SELECT l.at, i.id FROM looked_at AS l
    JOIN incident AS i ON i.id = l.incident_id
    LEFT JOIN horizon ON true
    WHERE (horizon.at IS NULL OR (l.at, l.incident_id) <= (horizon.at, horizon.incident_id))
      AND i.urgency < %(below)s
      AND i.merged_into_id IS NULL
      AND (%(west)s::float IS NULL
           OR ST_X(i.geom) BETWEEN %(west)s AND %(east)s::float
              AND ST_Y(i.geom) BETWEEN %(south)s::float AND %(north)s::float)
      AND (%(officer_id)s::bigint IS NULL OR i.officer_id = %(officer_id)s)
      AND (%(unit_id)s::bigint IS NULL OR i.unit_id = %(unit_id)s)
      AND (%(class)s::integer IS NULL OR i.class_rank = %(class)s)
      AND (%(urgency)s::integer IS NULL OR i.urgency >= %(urgency)s)
      AND (%(words)s::text IS NULL OR strpos(lower(i.summary), lower(%(words)s)) > 0
           OR i.id::text = %(words)s)
    ORDER BY l.at, i.id LIMIT %(most)s
)
-- The end of time stands for no clock: told as NULL.
SELECT nullif(at, 'infinity'), id, horizon
FROM (SELECT at, id, false AS horizon FROM page
      UNION ALL SELECT at, incident_id, true FROM horizon) AS found
ORDER BY horizon, at, id

-- name: street_emergencies
-- Open emergencies, whatever else is open, the nearest deadline first.
SELECT i.id FROM incident AS i
WHERE i.closed_at IS NULL AND i.urgency >= 3 AND i.state = ANY (%(states)s)
      AND (%(place_id)s = 0 OR i.scope_ids @> ARRAY[%(place_id)s::bigint])
      AND i.merged_into_id IS NULL
      AND (%(west)s::float IS NULL
           OR ST_X(i.geom) BETWEEN %(west)s AND %(east)s::float
              AND ST_Y(i.geom) BETWEEN %(south)s::float AND %(north)s::float)
      AND (%(officer_id)s::bigint IS NULL OR i.officer_id = %(officer_id)s)
      AND (%(unit_id)s::bigint IS NULL OR i.unit_id = %(unit_id)s)
      AND (%(class)s::integer IS NULL OR i.class_rank = %(class)s)
      AND (%(urgency)s::integer IS NULL OR i.urgency >= %(urgency)s)
      AND (%(words)s::text IS NULL OR strpos(lower(i.summary), lower(%(words)s)) > 0
           OR i.id::text = %(words)s)
ORDER BY i.deadline_at, i.id LIMIT 100

-- name: street_unplaced
-- Open matters that came with words only, the oldest first.
SELECT i.id FROM incident AS i
WHERE i.grid_id IS NULL AND i.closed_at IS NULL
      AND (%(place_id)s = 0 OR i.scope_ids @> ARRAY[%(place_id)s::bigint])
      AND i.merged_into_id IS NULL
      AND (%(west)s::float IS NULL
           OR ST_X(i.geom) BETWEEN %(west)s AND %(east)s::float
              AND ST_Y(i.geom) BETWEEN %(south)s::float AND %(north)s::float)
      AND (%(officer_id)s::bigint IS NULL OR i.officer_id = %(officer_id)s)
      AND (%(unit_id)s::bigint IS NULL OR i.unit_id = %(unit_id)s)
      AND (%(class)s::integer IS NULL OR i.class_rank = %(class)s)
      AND (%(urgency)s::integer IS NULL OR i.urgency >= %(urgency)s)
      AND (%(words)s::text IS NULL OR strpos(lower(i.summary), lower(%(words)s)) > 0
           OR i.id::text = %(words)s)
ORDER BY i.id LIMIT 300

-- name: street_of_officer
-- An officer's open matters at a place, and those that they assist in, the nearest deadline first.
SELECT i.id FROM (
    SELECT f.incident_id FROM assessment_fact AS f
    WHERE f.officer_id = %(officer_id)s AND f.open
    UNION SELECT s.incident_id FROM share AS s
    WHERE s.officer_id = %(officer_id)s AND s.role = 'assist'
) AS own
JOIN incident AS i ON i.id = own.incident_id
WHERE i.closed_at IS NULL
      AND i.state = ANY (%(states)s)
      AND (%(due_before)s::timestamptz IS NULL OR i.deadline_at < %(due_before)s)
      AND (%(place_id)s = 0 OR i.scope_ids @> ARRAY[%(place_id)s::bigint])
      AND i.merged_into_id IS NULL
      AND (%(west)s::float IS NULL
           OR ST_X(i.geom) BETWEEN %(west)s AND %(east)s::float
              AND ST_Y(i.geom) BETWEEN %(south)s::float AND %(north)s::float)
      AND (i.officer_id = %(officer_id)s OR EXISTS (
              SELECT FROM share AS s WHERE s.incident_id = i.id
              AND s.officer_id = %(officer_id)s AND s.role = 'assist'))
      AND (%(unit_id)s::bigint IS NULL OR i.unit_id = %(unit_id)s)
      AND (%(class)s::integer IS NULL OR i.class_rank = %(class)s)
      AND (%(urgency)s::integer IS NULL OR i.urgency >= %(urgency)s)
      AND (%(words)s::text IS NULL OR strpos(lower(i.summary), lower(%(words)s)) > 0
           OR i.id::text = %(words)s)
ORDER BY i.suspended_at IS NOT NULL, i.deadline_at, i.id LIMIT 500

-- name: street_beside
SELECT json_build_object(
    'category_name', c.name, 'category_en', c.name_en, 'officer_id', i.officer_id,
    'extent', extent_told(i.id),
    'stage_at', (SELECT min(s.at) FROM step AS s
                 WHERE s.incident_id = i.id AND s.number > coalesce((
                     SELECT max(o.number) FROM step AS o
                     WHERE o.incident_id = i.id AND o.tier <> i.tier), 0))) AS body
FROM incident AS i LEFT JOIN category AS c ON c.code = i.category_code
WHERE i.id = %(id)s

-- name: street_received
-- A page of matters in the order in which they came, the newest first; `open` of one kind. At
-- most `most_each` are looked at before the cursor, however long the history; the last row, where
-- there is one, is how far back that was: the next page begins there.
WITH looked_at AS MATERIALIZED (
    SELECT a.incident_id, a.received_at FROM incident_area AS a
    WHERE a.identity_id = %(place_id)s AND a.open = %(open)s
      AND a.received_at >= %(since)s AND a.received_at <= %(before)s
      AND (a.received_at, a.incident_id) < (%(before)s::timestamptz, %(before_id)s::bigint)
      AND a.state = ANY (%(states)s)
      AND (%(class)s::integer IS NULL OR a.class_rank = %(class)s)
    ORDER BY a.received_at DESC, a.incident_id DESC LIMIT %(most_each)s
), page AS (
    SELECT i.received_at, i.id FROM looked_at AS l JOIN incident AS i ON i.id = l.incident_id
    WHERE true
      AND i.merged_into_id IS NULL
      AND (%(west)s::float IS NULL
           OR ST_X(i.geom) BETWEEN %(west)s AND %(east)s::float
              AND ST_Y(i.geom) BETWEEN %(south)s::float AND %(north)s::float)
      AND (%(officer_id)s::bigint IS NULL OR i.officer_id = %(officer_id)s)
      AND (%(unit_id)s::bigint IS NULL OR i.unit_id = %(unit_id)s)
      AND (%(class)s::integer IS NULL OR i.class_rank = %(class)s)
      AND (%(urgency)s::integer IS NULL OR i.urgency >= %(urgency)s)
      AND (%(words)s::text IS NULL OR strpos(lower(i.summary), lower(%(words)s)) > 0
           OR i.id::text = %(words)s)
    ORDER BY i.received_at DESC, i.id DESC LIMIT %(most)s
)
SELECT received_at, id, false AS horizon FROM page
UNION ALL
(SELECT l.received_at, l.incident_id, true FROM looked_at AS l
 WHERE (SELECT count(*) FROM looked_at) >= %(most_each)s
 ORDER BY l.received_at, l.incident_id LIMIT 1)
ORDER BY horizon, received_at DESC, id DESC

-- name: street_rows
-- What a list shows of matters, in the order of their numbers as asked.
SELECT json_build_object(
    'id', i.id, 'at', i.received_at, 'text', i.summary, 'class', class.code,
    'category', category.name, 'category_en', category.name_en, 'state', i.state,
    'tier', i.tier, 'urgency', i.urgency, 'emergency', i.emergency,
    'deadline_at', i.deadline_at, 'stage_deadline_at', i.stage_deadline_at,
    -- A stage is the stay in one tier: it begins with the first step there.
    'stage_at', (SELECT min(s.at) FROM step AS s
                 WHERE s.incident_id = i.id AND s.number > coalesce((
                     SELECT max(o.number) FROM step AS o
                     WHERE o.incident_id = i.id AND o.tier <> i.tier), 0)),
    'suspended_at', i.suspended_at, 'closed_at', i.closed_at,
    'area_code', area.code, 'area_name', area.name, 'officer_id', i.officer_id,
    'officer', officer.name, 'unit', unit.name,
    'lon', round(ST_X(i.geom)::numeric, 6), 'lat', round(ST_Y(i.geom)::numeric, 6))
FROM unnest(%(ids)s::bigint[]) WITH ORDINALITY AS asked (id, place)
JOIN incident AS i USING (id)
LEFT JOIN category ON category.code = i.category_code
LEFT JOIN category AS class ON class.class_rank = i.class_rank AND class.parent_code IS NULL
LEFT JOIN area ON area.identity_id = i.grid_id AND upper_inf(area.period)
LEFT JOIN officer ON officer.id = i.officer_id
LEFT JOIN unit ON unit.id = i.unit_id
ORDER BY asked.place

-- name: street_points
-- Open work at a place as points of the map: emergencies, and the 600 nearest deadlines.
SELECT coalesce(json_agg(json_build_array(
           i.id, round(ST_X(i.geom)::numeric, 6), round(ST_Y(i.geom)::numeric, 6), i.urgency,
           (i.suspended_at IS NULL AND coalesce(i.deadline_at < %(now)s, false))::integer,
           i.officer_id) ORDER BY i.urgency DESC, i.id), '[]')::text AS body
FROM (
    SELECT i.* FROM (
        SELECT a.incident_id AS id FROM (
            SELECT incident_id FROM incident_area
            WHERE identity_id = %(place_id)s AND clock_at IS NOT NULL
            ORDER BY clock_at, incident_id LIMIT 600) AS a
        UNION
        SELECT e.id FROM incident AS e
        WHERE e.closed_at IS NULL AND e.urgency >= 3
          AND (%(place_id)s = 0 OR e.scope_ids @> ARRAY[%(place_id)s::bigint])) AS shown
    JOIN incident AS i USING (id)
    WHERE i.geom IS NOT NULL AND i.merged_into_id IS NULL
) AS i

-- name: street_duty
-- Who is posted to an area or under it, on shift or holding open work; the busiest first.
WITH city AS (
    SELECT %(now)s::timestamptz AT TIME ZONE setting_text('time_zone', 'Asia/Shanghai') AS local
), posted AS (
    SELECT duty.officer_id, bool_or(on_shift(shift.weekdays, shift.starts, shift.ends, city.local))
               AS on_shift,
           (array_agg(duty.role ORDER BY role_order.rank))[1] AS role,
           string_agg(DISTINCT area.name, '、' ORDER BY area.name) AS areas,
           (array_agg(area.code ORDER BY area.code))[1] AS area_code,
           array_agg(DISTINCT line.name) FILTER (WHERE line.name IS NOT NULL) AS lines,
           array_agg(DISTINCT line.name_en) FILTER (WHERE line.name IS NOT NULL) AS lines_en,
           string_agg(DISTINCT shift.name, '、') AS shifts
    FROM duty
    CROSS JOIN city
    JOIN area ON area.identity_id = duty.area_identity_id AND upper_inf(area.period)
    LEFT JOIN shift ON shift.code = duty.shift_code
    LEFT JOIN role_order ON role_order.role = duty.role
    LEFT JOIN line ON line.code = duty.line_code
    WHERE duty.scope_ids @> ARRAY[%(identity_id)s::bigint] AND duty.period @> %(now)s::timestamptz
      AND area.scheme = 'base'
    GROUP BY duty.officer_id
), load AS (
    SELECT key_id AS officer_id, sum(open) AS open, sum(overdue) AS late
    FROM assessment_count
    WHERE subject = 'officer' AND grain = 'ever' AND starts = DATE '1970-01-01'
      AND key_id = ANY (ARRAY(SELECT officer_id FROM posted))
    GROUP BY key_id
)
SELECT json_build_object(
    'total', (SELECT count(*) FROM posted),
    'on_shift', (SELECT count(*) FROM posted WHERE on_shift),
    'rows', (
        SELECT coalesce(json_agg(json_build_object(
            'id', shown.officer_id, 'code', shown.officer_code, 'name', shown.name,
            'phone', shown.phone, 'role', shown.role, 'areas', shown.areas,
            'area_code', shown.area_code, 'lines', shown.lines, 'shift', shown.shifts,
            'lines_en', shown.lines_en, 'on_shift', shown.on_shift, 'open', shown.open,
            'late', shown.late)
            ORDER BY shown.open DESC, shown.late DESC, shown.officer_id), '[]')
        FROM (
            SELECT posted.*, officer.officer_code, officer.name, officer.phone,
                   coalesce(load.open, 0) AS open, coalesce(load.late, 0) AS late
            FROM posted
            JOIN officer ON officer.id = posted.officer_id
            LEFT JOIN load ON load.officer_id = posted.officer_id
            WHERE posted.on_shift OR load.open > 0
            ORDER BY load.open DESC NULLS LAST, posted.officer_id LIMIT 400
        ) AS shown),
    'units', (
        SELECT coalesce(json_agg(json_build_object(
            'id', unit.id, 'code', unit.unit_code, 'name', unit.name, 'kind', unit.kind,
            'categories', unit.categories, 'open', busy.open, 'late', busy.late)
            ORDER BY unit.kind, unit.unit_code), '[]')
        FROM unit
        LEFT JOIN (
            SELECT key_id, sum(open) AS open, sum(overdue) AS late FROM assessment_count
            WHERE subject = 'unit' AND grain = 'ever' AND starts = DATE '1970-01-01'
            GROUP BY key_id
        ) AS busy ON busy.key_id = unit.id
        -- Those that work on this ground: for it, for what encloses it, or for all.
        WHERE unit.area_identity_id IS NULL OR unit.area_identity_id = ANY (%(ancestor_ids)s)
           OR EXISTS (SELECT FROM area AS place
                      WHERE place.identity_id = unit.area_identity_id AND upper_inf(place.period)
                        AND place.ancestor_ids @> ARRAY[%(identity_id)s::bigint])))::text AS body

-- name: street_search
-- Areas, a building by its code and a matter by its number that read like what was asked.
SELECT json_build_object('kind', 'area', 'code', found.code, 'name', found.name,
                         'level', found.level, 'under', found.path -> -2 ->> 'name')
FROM (
    SELECT a.code, a.name, a.level, a.path FROM area AS a
    WHERE a.scheme = 'base' AND upper_inf(a.period)
      AND (starts_with(a.code, %(words)s) OR strpos(a.name, %(words)s) > 0)
    ORDER BY a.code <> %(words)s, a.name <> %(words)s,
             array_position(ARRAY['city', 'district', 'street', 'community', 'grid'], a.level),
             a.code
    LIMIT 6
) AS found
UNION ALL
SELECT json_build_object('kind', 'building', 'code', b.building_code, 'name', b.name)
FROM building AS b WHERE b.building_code = %(words)s
UNION ALL
SELECT json_build_object('kind', 'house', 'code', d.house_code, 'name', d.text)
FROM address AS d WHERE d.house_code = %(words)s
UNION ALL
SELECT json_build_object('kind', 'incident', 'code', i.id::text, 'name', i.summary,
                         'state', i.state)
FROM incident AS i WHERE i.id = %(number)s

-- name: street_note_export
SELECT note_export(%(what)s, %(count)s)

-- name: street_classes
SELECT code, class_rank FROM category WHERE parent_code IS NULL ORDER BY class_rank, code
