-- name: desk_grids
-- The leaf areas of a scheme with their people, load and postings.
SELECT coalesce(json_agg(json_build_object(
    'code', area.code, 'name', area.name,
    'parent', area.path -> -2 ->> 'name', 'parent_code', area.path -> -2 ->> 'code',
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
-- The leaf areas as GeoJSON, to the last digit that is stored: edges are to be equal on both sides.
SELECT json_build_object('type', 'FeatureCollection', 'features', coalesce(json_agg(
    json_build_object(
        'type', 'Feature',
        'properties', json_build_object(
            'key', area.code, 'name', area.name,
            'path', (SELECT json_agg(step ->> 'code') FROM jsonb_array_elements(area.path) AS step)),
        'geometry', ST_AsGeoJSON(area.geom, 9, 0)::json)
    ORDER BY area.code), '[]'))::text AS body
FROM area
WHERE area.scheme = %(scheme)s AND area.leaf AND upper_inf(area.period)

-- name: desk_leaves
SELECT code, ST_AsBinary(geom) AS shape
FROM area WHERE scheme = %(scheme)s AND leaf AND upper_inf(period)
ORDER BY code

-- name: desk_categories
SELECT code, name, name_en, parent_code FROM category ORDER BY class_rank, parent_code IS NOT NULL, code

-- name: shots_session
SELECT open_credential(id, 'session', interval '15 minutes') FROM account
WHERE role = %(role)s AND disabled_at IS NULL ORDER BY name = role DESC, id LIMIT 1

-- name: shots_building
-- A tower with houses on every floor that has its page: the most floors, then the lowest code.
SELECT building.building_code FROM building
WHERE building.building_code IS NOT NULL AND building.floors BETWEEN 9 AND 18
  AND EXISTS (SELECT FROM address
              WHERE address.building_id = building.id AND address.house_code IS NOT NULL)
ORDER BY building.floors DESC, building.building_code LIMIT 1
