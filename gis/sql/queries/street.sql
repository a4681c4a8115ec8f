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

-- name: street_join_whole
-- Postings are many and their estimate is one, for want of statistics on arrays and periods: each
-- table is read once and joined by hash, instead of a look-up a posting.
SET LOCAL enable_nestloop = off

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
), load AS MATERIALIZED (
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

-- name: street_classes
SELECT code, class_rank FROM category WHERE parent_code IS NULL ORDER BY class_rank, code
