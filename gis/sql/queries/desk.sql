-- name: desk_areas
-- An area, the way down to it and what lies under it, with counts of open and overdue matters.
-- Without a code: the caller's own area, or the top of the scheme.
WITH undone AS (
    SELECT identity_id, count(*) AS open,
           count(*) FILTER (WHERE deadline_at < %(now)s AND suspended_at IS NULL) AS overdue
    FROM incident, unnest(scope_ids) AS above (identity_id)
    WHERE closed_at IS NULL
    GROUP BY identity_id
), shown AS MATERIALIZED (
    SELECT area.identity_id, area.code, area.name, area.level, area.parent_id, area.path,
           area.ancestor_ids, coalesce(undone.open, 0) AS open,
           coalesce(undone.overdue, 0) AS overdue,
           array_position(ARRAY['city', 'district', 'street', 'community', 'grid'], area.level)
               AS depth
    FROM area LEFT JOIN undone USING (identity_id)
    WHERE area.scheme = %(scheme)s AND upper_inf(area.period)
), here AS (
    SELECT * FROM shown
    WHERE CASE WHEN %(area)s::text IS NOT NULL THEN code = %(area)s
               ELSE identity_id = ANY (scope_ids()) OR scope_all() END
    ORDER BY depth, code LIMIT 1
)
SELECT here.identity_id, json_build_object(
    'code', here.code, 'name', here.name, 'level', here.level, 'open', here.open,
    'overdue', here.overdue,
    'path', (
        SELECT json_agg(json_build_object(
            'code', step.code, 'name', step.name, 'level', step.level,
            'open', CASE WHEN scope_all() OR step.ancestor_ids && scope_ids() THEN step.open END)
            ORDER BY step.depth)
        FROM shown AS step WHERE step.identity_id = ANY (here.ancestor_ids)),
    'children', (
        SELECT coalesce(json_agg(json_build_object(
            'code', child.code, 'name', child.name, 'level', child.level, 'open', child.open,
            'overdue', child.overdue) ORDER BY child.open DESC, child.code), '[]')
        FROM shown AS child WHERE child.parent_id = here.identity_id))::text AS body
FROM here

-- name: desk_incidents
-- Matters of an area, newest first, with the number after which /live goes on.
WITH found AS MATERIALIZED (
    SELECT incident.*,
           count(*) OVER () AS total
    FROM incident
    WHERE merged_into_id IS NULL
      AND (%(identity_id)s::bigint IS NULL OR scope_ids @> ARRAY[%(identity_id)s::bigint])
      AND (%(officer_id)s::bigint IS NULL OR officer_id = %(officer_id)s)
      AND CASE %(state)s::text
          WHEN 'all' THEN true
          WHEN 'open' THEN closed_at IS NULL
          WHEN 'overdue' THEN closed_at IS NULL AND suspended_at IS NULL
                              AND deadline_at < %(now)s
          ELSE state = %(state)s END
      AND (%(class)s::integer IS NULL OR class_rank = %(class)s)
      AND (%(words)s::text IS NULL OR strpos(lower(summary), lower(%(words)s)) > 0
           OR id::text = %(words)s)
    ORDER BY CASE WHEN %(nearest)s THEN deadline_at END, received_at DESC, id DESC
    LIMIT 300
)
SELECT json_build_object(
    'epoch', head.epoch, 'sequence', head.sequence,
    'total', (SELECT coalesce(max(total), 0) FROM found),
    'rows', (
        SELECT coalesce(json_agg(json_build_object(
            'id', found.id, 'at', found.received_at, 'text', found.summary,
            'class', class.code, 'category', category.name, 'state', found.state,
            'tier', found.tier, 'urgency', found.urgency, 'emergency', found.emergency,
            'deadline_at', found.deadline_at, 'closed_at', found.closed_at,
            'suspended', found.suspended_at IS NOT NULL,
            'area_code', area.code, 'area_name', area.name, 'officer', officer.name,
            'lon', round(ST_X(found.geom)::numeric, 6),
            'lat', round(ST_Y(found.geom)::numeric, 6))
            ORDER BY CASE WHEN %(nearest)s THEN found.deadline_at END,
                     found.received_at DESC, found.id DESC), '[]')
        FROM found
        LEFT JOIN category ON category.code = found.category_code
        LEFT JOIN category AS class
            ON class.class_rank = found.class_rank AND class.parent_code IS NULL
        LEFT JOIN area ON area.identity_id = found.grid_id AND upper_inf(area.period)
        LEFT JOIN officer ON officer.id = found.officer_id))::text AS body
FROM event_head AS head

-- name: desk_duty
-- Who is posted to an area or under it, those on shift first.
WITH city AS (
    SELECT %(now)s::timestamptz AT TIME ZONE setting_text('time_zone', 'Asia/Shanghai') AS local
), posted AS (
    SELECT duty.officer_id, bool_or(on_shift(shift.weekdays, shift.starts, shift.ends, city.local))
               AS on_shift,
           (array_agg(duty.role ORDER BY role_order.rank))[1] AS role,
           string_agg(DISTINCT area.name, '、' ORDER BY area.name) AS areas,
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
            'id', first.officer_id, 'name', first.name, 'phone', first.phone,
            'role', first.role, 'areas', first.areas, 'shift', first.shifts,
            'on_shift', first.on_shift, 'open', first.open)
            ORDER BY first.on_shift DESC, first.open DESC, first.officer_id), '[]')
        FROM (
            SELECT posted.*, officer.name, officer.phone, (
                SELECT count(*) FROM incident
                WHERE incident.officer_id = posted.officer_id AND incident.closed_at IS NULL
            ) AS open
            FROM posted JOIN officer ON officer.id = posted.officer_id
            WHERE posted.on_shift
            ORDER BY posted.officer_id LIMIT 300
        ) AS first))::text AS body

-- name: desk_grids
-- The leaf areas of a scheme with their people, load and postings.
SELECT coalesce(json_agg(json_build_object(
    'code', area.code, 'name', area.name,
    'parent', area.path -> -2 ->> 'name',
    'registered', area.registered_residents, 'actual', area.actual_residents,
    'open', coalesce(open_load.load, 0), 'officers', coalesce(posted.officers, 0),
    'area_m2', round(ST_Area(area.geom::geography)::numeric)) ORDER BY area.code), '[]')::text
    AS body
FROM area
LEFT JOIN open_load() USING (identity_id)
LEFT JOIN (
    SELECT area_identity_id AS identity_id, count(DISTINCT officer_id) AS officers
    FROM duty WHERE period @> %(now)s::timestamptz GROUP BY area_identity_id
) AS posted USING (identity_id)
WHERE area.scheme = %(scheme)s AND area.leaf AND upper_inf(area.period)

-- name: desk_shapes
-- The leaf areas as SVG paths in whole metres of Web Mercator, from the extent's north-west.
WITH shown AS MATERIALIZED (
    SELECT code, geom_3857, ST_PointOnSurface(geom_3857) AS label
    FROM area WHERE scheme = %(scheme)s AND leaf AND upper_inf(period)
), extent AS (
    SELECT floor(ST_XMin(box)) AS west, floor(ST_YMin(box)) AS south,
           ceil(ST_XMax(box)) AS east, ceil(ST_YMax(box)) AS north
    FROM (SELECT ST_Extent(geom_3857) AS box FROM shown) AS found
)
SELECT json_build_object(
    'width', extent.east - extent.west, 'height', extent.north - extent.south,
    'west', extent.west, 'north', extent.north,
    'areas', coalesce((
        SELECT json_agg(json_build_object(
            'code', shown.code,
            'd', ST_AsSVG(ST_Translate(shown.geom_3857, -extent.west, -extent.north), 0, 0))
            ORDER BY shown.code)
        FROM shown), '[]'))::text AS body
FROM extent

-- name: desk_leaves
SELECT code, ST_AsBinary(geom) AS shape
FROM area WHERE scheme = %(scheme)s AND leaf AND upper_inf(period)
ORDER BY code

-- name: desk_categories
SELECT code, name, name_en, parent_code FROM category ORDER BY class_rank, parent_code IS NOT NULL, code

-- name: shots_session
SELECT open_credential(id, 'session', interval '15 minutes') FROM account
WHERE role = %(role)s AND disabled_at IS NULL ORDER BY name = role DESC, id LIMIT 1
