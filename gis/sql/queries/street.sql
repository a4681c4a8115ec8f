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
SELECT u.name, u.area_identity_id FROM unit AS u WHERE u.id = scope_unit_id()

-- name: street_numbers
-- What is open at a place, by step; the same under each area of the place and on the way to it;
-- and the day. One walk over the open work, whatever the history.
WITH undone AS MATERIALIZED (
    SELECT i.id, i.scope_ids, i.state, i.urgency, i.geom IS NULL AS unlocated,
           i.suspended_at IS NOT NULL AS still,
           i.suspended_at IS NULL AND (i.deadline_at < %(now)s OR i.stage_deadline_at < %(now)s)
               AS late,
           i.suspended_at IS NULL AND (
               i.deadline_at - 0.2 * (i.deadline_at - i.received_at) < %(now)s
               OR i.stage_deadline_at - 0.2 * (i.stage_deadline_at - greatest(
                   i.received_at, i.verified_at, i.dispatched_at, i.handled_at)) < %(now)s)
               AS soon
    FROM incident AS i
    WHERE i.closed_at IS NULL AND i.merged_into_id IS NULL
), within AS (
    SELECT * FROM undone
    WHERE %(identity_id)s::bigint IS NULL OR scope_ids @> ARRAY[%(identity_id)s::bigint]
), lane AS (
    SELECT lane.name, count(*) AS open, count(*) FILTER (WHERE w.late) AS late,
           count(*) FILTER (WHERE w.urgency >= 3) AS emergencies
    FROM within AS w
    CROSS JOIN LATERAL (VALUES
        ('open', true), ('late', w.late), ('soon', w.soon AND NOT w.late),
        ('suspended', w.still), ('unlocated', w.unlocated), ('emergency', w.urgency >= 3),
        ('verify', NOT w.still AND w.state = 'reported'),
        ('dispatch', NOT w.still AND w.state = 'verified'),
        ('work', NOT w.still AND w.state IN ('dispatched', 'handling')),
        ('check', NOT w.still AND w.state = 'handled'),
        ('close', NOT w.still AND w.state = 'checked')) AS lane (name, holds)
    WHERE lane.holds
    GROUP BY lane.name
), under AS (
    SELECT above.identity_id, count(*) AS open, count(*) FILTER (WHERE u.late) AS late,
           count(*) FILTER (WHERE u.urgency >= 3) AS emergencies
    FROM undone AS u, unnest(u.scope_ids) AS above (identity_id)
    GROUP BY above.identity_id
), child AS (
    SELECT a.code, a.name, a.level, a.identity_id
    FROM area AS a
    WHERE a.parent_id = %(place_id)s AND a.scheme = 'base' AND upper_inf(a.period)
), step AS (
    SELECT a.code, a.name, a.level, a.identity_id, array_position(
               ARRAY['city', 'district', 'street', 'community', 'grid'], a.level) AS depth,
           (SELECT scope_all()) OR a.ancestor_ids && (SELECT scope_ids()) AS own
    FROM area AS a
    WHERE a.identity_id = ANY (%(ancestor_ids)s::bigint[]) AND upper_inf(a.period)
), today AS (
    SELECT date_trunc('day', %(now)s::timestamptz AT TIME ZONE setting_text(
               'time_zone', 'Asia/Shanghai'))
           AT TIME ZONE setting_text('time_zone', 'Asia/Shanghai') AS starts
)
SELECT json_build_object(
    'now', %(now)s::timestamptz, 'epoch', head.epoch, 'sequence', head.sequence,
    'lanes', (SELECT coalesce(json_object_agg(name, json_build_object(
                  'open', open, 'late', late, 'emergencies', emergencies)), '{}') FROM lane),
    'reported_today', (
        SELECT count(*) FROM incident AS i
        WHERE i.received_at >= (SELECT starts FROM today) AND i.merged_into_id IS NULL
          AND (%(identity_id)s::bigint IS NULL
               OR i.scope_ids @> ARRAY[%(identity_id)s::bigint])),
    'closed_today', (
        SELECT count(*) FROM incident AS i
        WHERE i.closed_at >= (SELECT starts FROM today) AND i.merged_into_id IS NULL
          AND (%(identity_id)s::bigint IS NULL
               OR i.scope_ids @> ARRAY[%(identity_id)s::bigint])),
    'path', (
        SELECT coalesce(json_agg(json_build_object(
            'code', s.code, 'name', s.name, 'level', s.level, 'own', s.own,
            'open', CASE WHEN s.own THEN coalesce(u.open, 0) END) ORDER BY s.depth), '[]')
        FROM step AS s LEFT JOIN under AS u USING (identity_id)),
    'children', (
        SELECT coalesce(json_agg(json_build_object(
            'code', c.code, 'name', c.name, 'level', c.level, 'open', coalesce(u.open, 0),
            'late', coalesce(u.late, 0), 'emergencies', coalesce(u.emergencies, 0))
            ORDER BY coalesce(u.open, 0) DESC, c.code), '[]')
        FROM child AS c LEFT JOIN under AS u USING (identity_id)))::text AS body
FROM event_head AS head

-- name: street_open
-- A page of open work in a chosen order: `rank` is what it is ordered by, the number decides ties.
WITH undone AS MATERIALIZED (
    SELECT i.*,
           i.suspended_at IS NULL AND (i.deadline_at < %(now)s OR i.stage_deadline_at < %(now)s)
               AS late,
           CASE WHEN i.suspended_at IS NULL
                THEN least(i.deadline_at, i.stage_deadline_at) END AS next_at
    FROM incident AS i
    WHERE i.closed_at IS NULL
      AND i.merged_into_id IS NULL
      AND (%(identity_id)s::bigint IS NULL OR i.scope_ids @> ARRAY[%(identity_id)s::bigint])
      AND (%(west)s::float IS NULL
           OR ST_X(i.geom) BETWEEN %(west)s AND %(east)s::float
              AND ST_Y(i.geom) BETWEEN %(south)s::float AND %(north)s::float)
      AND (%(officer_id)s::bigint IS NULL OR i.officer_id = %(officer_id)s)
      AND (%(unit_id)s::bigint IS NULL OR i.unit_id = %(unit_id)s)
      AND (%(class)s::integer IS NULL OR i.class_rank = %(class)s)
      AND (%(urgency)s::integer IS NULL OR i.urgency >= %(urgency)s)
      AND (%(words)s::text IS NULL OR strpos(lower(i.summary), lower(%(words)s)) > 0
           OR i.id::text = %(words)s)
), chosen AS (
    SELECT undone.*, count(*) OVER () AS total,
           CASE WHEN %(down)s THEN -1 ELSE 1 END * CASE %(sort)s::text
               -- Emergencies first, then what is late, then by urgency and the next deadline.
               WHEN 'work' THEN
                   CASE WHEN suspended_at IS NOT NULL THEN 9e15 ELSE 0 END
                   - 1e15 * (CASE WHEN urgency >= 3 THEN 5 WHEN late THEN 4 ELSE urgency END)
                   + coalesce(extract(epoch FROM next_at), 9e12)::float
               WHEN 'deadline' THEN coalesce(extract(epoch FROM next_at), 9e12)::float
               WHEN 'class' THEN class_rank
               WHEN 'state' THEN array_position(
                   ARRAY['reported', 'verified', 'dispatched', 'handling', 'handled', 'checked'],
                   state)
               WHEN 'area' THEN coalesce(grid_id, 0)
               WHEN 'officer' THEN coalesce(officer_id, 0)
               WHEN 'id' THEN id
               ELSE extract(epoch FROM received_at) END::float AS rank
    FROM undone
    WHERE CASE %(lane)s::text
        WHEN 'open' THEN true
        WHEN 'late' THEN late
        WHEN 'soon' THEN NOT late AND suspended_at IS NULL AND (
            deadline_at - 0.2 * (deadline_at - received_at) < %(now)s
            OR stage_deadline_at - 0.2 * (stage_deadline_at - greatest(
                received_at, verified_at, dispatched_at, handled_at)) < %(now)s)
        WHEN 'suspended' THEN suspended_at IS NOT NULL
        WHEN 'unlocated' THEN geom IS NULL
        WHEN 'emergency' THEN urgency >= 3
        ELSE suspended_at IS NULL AND CASE %(lane)s::text
            WHEN 'verify' THEN state = 'reported'
            WHEN 'dispatch' THEN state = 'verified'
            WHEN 'work' THEN state IN ('dispatched', 'handling')
            WHEN 'check' THEN state = 'handled'
            WHEN 'close' THEN state = 'checked' END END
), page AS (
    SELECT * FROM chosen
    WHERE %(after_rank)s::float IS NULL OR (rank, id) > (%(after_rank)s, %(after_id)s::bigint)
    ORDER BY rank, id LIMIT %(most)s
)
SELECT rank, id, total FROM page ORDER BY rank, id

-- name: street_grids
-- The leaf areas that lie or once lay under an area, for walking its history by (grid, time).
SELECT coalesce(array_agg(DISTINCT a.identity_id), '{}')
FROM area AS a
WHERE a.scheme = 'base' AND a.ancestor_ids @> ARRAY[%(identity_id)s::bigint]

-- name: street_finished
-- A page of finished work, newest first. Of each grid at most `most` rows before the cursor are
-- looked at (of the whole ground likewise), however long the history. The last row is how far
-- back all were read: where the next page begins when this one is not full.
WITH looked_at AS MATERIALIZED (
    SELECT i.*, count(*) OVER (PARTITION BY place.grid_id) AS seen, place.grid_id AS of_grid
    FROM unnest(%(grid_ids)s::bigint[]) AS place (grid_id)
    CROSS JOIN LATERAL (
        SELECT * FROM incident AS i
        WHERE i.grid_id = place.grid_id
          AND i.received_at >= %(since)s AND i.received_at <= %(before)s
          AND (i.received_at, i.id) < (%(before)s, %(before_id)s)
        ORDER BY i.received_at DESC, i.id DESC LIMIT %(most_each)s
    ) AS i
    UNION ALL
    SELECT i.*, count(*) OVER () AS seen, NULL
    FROM (
        SELECT * FROM incident AS i
        WHERE %(grid_ids)s::bigint[] IS NULL
          AND i.received_at >= %(since)s AND i.received_at <= %(before)s
          AND (i.received_at, i.id) < (%(before)s, %(before_id)s)
        ORDER BY i.received_at DESC, i.id DESC LIMIT %(most_each)s
    ) AS i
), horizon AS (
    SELECT received_at, id
    FROM (SELECT DISTINCT ON (of_grid) received_at, id FROM looked_at
          WHERE seen >= %(most_each)s ORDER BY of_grid, received_at, id) AS cut
    ORDER BY received_at DESC, id DESC LIMIT 1
), page AS (
    SELECT i.received_at, i.id FROM looked_at AS i LEFT JOIN horizon ON true
    WHERE (horizon.id IS NULL OR (i.received_at, i.id) >= (horizon.received_at, horizon.id))
      AND i.merged_into_id IS NULL
      AND CASE %(lane)s::text WHEN 'finished' THEN i.closed_at IS NOT NULL
                              WHEN 'all' THEN true ELSE i.state = %(lane)s END
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
UNION ALL SELECT received_at, id, true FROM horizon
ORDER BY horizon, received_at DESC, id DESC

-- name: street_rows
-- What a list shows of matters, in the order of their numbers as asked.
SELECT i.id, json_build_object(
    'id', i.id, 'at', i.received_at, 'text', i.summary, 'class', class.code,
    'category', category.name, 'category_en', category.name_en, 'state', i.state,
    'tier', i.tier, 'urgency', i.urgency, 'emergency', i.emergency,
    'deadline_at', i.deadline_at, 'stage_deadline_at', i.stage_deadline_at,
    'stage_at', greatest(i.received_at, i.verified_at, i.dispatched_at,
                         i.handled_at),
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
-- Open work at a place as points of the map, the most urgent first.
SELECT coalesce(json_agg(json_build_array(
           i.id, round(ST_X(i.geom)::numeric, 6), round(ST_Y(i.geom)::numeric, 6), i.urgency,
           (i.suspended_at IS NULL AND coalesce(i.deadline_at < %(now)s, false))::integer,
           i.officer_id)), '[]')::text AS body
FROM (
    SELECT * FROM incident
    WHERE closed_at IS NULL AND merged_into_id IS NULL AND geom IS NOT NULL
      AND (%(identity_id)s::bigint IS NULL OR scope_ids @> ARRAY[%(identity_id)s::bigint])
    ORDER BY urgency DESC, deadline_at, id LIMIT 3000
) AS i

-- name: street_duty
-- Who is posted to an area or under it, on shift or holding open work; the busiest first.
WITH city AS (
    SELECT %(now)s::timestamptz AT TIME ZONE setting_text('time_zone', 'Asia/Shanghai') AS local
), load AS (
    SELECT officer_id, count(*) AS open,
           count(*) FILTER (WHERE suspended_at IS NULL AND (deadline_at < %(now)s
                            OR stage_deadline_at < %(now)s)) AS late,
           count(*) FILTER (WHERE urgency >= 3) AS emergencies
    FROM incident
    WHERE closed_at IS NULL AND merged_into_id IS NULL AND officer_id IS NOT NULL
    GROUP BY officer_id
), posted AS (
    SELECT duty.officer_id, bool_or(on_shift(shift.weekdays, shift.starts, shift.ends, city.local))
               AS on_shift,
           (array_agg(duty.role ORDER BY role_order.rank))[1] AS role,
           string_agg(DISTINCT area.name, '、' ORDER BY area.name) AS areas,
           (array_agg(area.code ORDER BY area.code))[1] AS area_code,
           array_agg(DISTINCT duty.line_code) FILTER (WHERE duty.line_code IS NOT NULL) AS lines,
           string_agg(DISTINCT shift.name, '、') AS shifts
    FROM duty
    CROSS JOIN city
    JOIN area ON area.identity_id = duty.area_identity_id AND upper_inf(area.period)
    LEFT JOIN shift ON shift.code = duty.shift_code
    LEFT JOIN role_order ON role_order.role = duty.role
    WHERE duty.scope_ids @> ARRAY[%(identity_id)s::bigint] AND duty.period @> %(now)s::timestamptz
      AND area.scheme = 'base'
    GROUP BY duty.officer_id
)
SELECT json_build_object(
    'total', (SELECT count(*) FROM posted),
    'on_shift', (SELECT count(*) FROM posted WHERE on_shift),
    'rows', (
        SELECT coalesce(json_agg(json_build_object(
            'id', shown.officer_id, 'code', shown.officer_code, 'name', shown.name,
            'phone', shown.phone, 'role', shown.role, 'areas', shown.areas,
            'area_code', shown.area_code, 'lines', shown.lines, 'shift', shown.shifts,
            'on_shift', shown.on_shift, 'open', shown.open, 'late', shown.late,
            'emergencies', shown.emergencies)
            ORDER BY shown.open DESC, shown.late DESC, shown.officer_id), '[]')
        FROM (
            SELECT posted.*, officer.officer_code, officer.name, officer.phone,
                   coalesce(load.open, 0) AS open, coalesce(load.late, 0) AS late,
                   coalesce(load.emergencies, 0) AS emergencies
            FROM posted
            JOIN officer ON officer.id = posted.officer_id
            LEFT JOIN load ON load.officer_id = posted.officer_id
            WHERE posted.on_shift OR load.open > 0
            ORDER BY load.open DESC NULLS LAST, posted.officer_id LIMIT 400
        ) AS shown),
    'units', (
        SELECT coalesce(json_agg(json_build_object(
            'id', unit.id, 'code', unit.unit_code, 'name', unit.name, 'kind', unit.kind,
            'categories', unit.categories, 'open', coalesce(busy.open, 0),
            'late', coalesce(busy.late, 0)) ORDER BY unit.kind, unit.unit_code), '[]')
        FROM unit
        LEFT JOIN (
            SELECT unit_id, count(*) AS open,
                   count(*) FILTER (WHERE suspended_at IS NULL AND deadline_at < %(now)s) AS late
            FROM incident
            WHERE closed_at IS NULL AND merged_into_id IS NULL AND unit_id IS NOT NULL
            GROUP BY unit_id
        ) AS busy ON busy.unit_id = unit.id
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
