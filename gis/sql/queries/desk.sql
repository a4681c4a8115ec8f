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
