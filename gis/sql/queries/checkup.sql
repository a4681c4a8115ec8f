-- name: checkup_references
-- The footprint (or the point, where no building is known) of what rows name, by their position.
SELECT t.place, ST_AsBinary(coalesce(b.geom, c.geom, a.geom))
FROM unnest(%(building_code)s::text[], %(house_code)s::text[], %(text)s::text[])
    WITH ORDINALITY AS t(building_code, house_code, text, place)
LEFT JOIN building AS b
    ON b.building_code = coalesce(
        t.building_code, CASE WHEN length(t.house_code) = 25 THEN left(t.house_code, 19) END)
LEFT JOIN LATERAL (
    SELECT a.geom, a.building_id FROM address AS a
    WHERE b.id IS NULL AND t.building_code IS NULL
      AND (a.house_code = t.house_code OR t.house_code IS NULL AND a.text = t.text)
    LIMIT 1) AS a ON true
LEFT JOIN building AS c ON c.id = a.building_id
WHERE coalesce(b.geom, c.geom, a.geom) IS NOT NULL

-- name: checkup_count_in_buildings
SELECT count(*)
FROM unnest(%(lon)s::float8[], %(lat)s::float8[]) AS p(lon, lat)
WHERE EXISTS (
    SELECT FROM building AS b
    WHERE ST_Intersects(b.geom, ST_SetSRID(ST_MakePoint(p.lon, p.lat), 4490)))

-- name: checkup_code_against_ground
-- Buildings whose code names a community in which they do not lie. Codes are for life, so this is
-- no fault after a redraw; a clerk looks whether it is one.
SELECT b.building_code, coalesce(b.name, ''), left(b.building_code, 12) AS coded,
       here.code AS lies_in, ST_X(ST_PointOnSurface(b.geom)), ST_Y(ST_PointOnSurface(b.geom))
FROM building AS b
LEFT JOIN area_identity AS told
    ON told.scheme = 'base' AND told.level = 'community' AND told.code = left(b.building_code, 12)
LEFT JOIN area AS here
    ON here.identity_id = ANY (b.scope_ids) AND here.scheme = 'base' AND here.level = 'community'
    AND here.period @> now()
WHERE length(b.building_code) = 19 AND b.building_code ~ '^[0-9]{14}'
  AND (told.id IS NULL OR NOT told.id = ANY (b.scope_ids))
  AND EXISTS (SELECT FROM area_identity WHERE scheme = 'base' AND level = 'community')
ORDER BY b.building_code

-- name: checkup_same_text
SELECT min(a.text), array_agg(coalesce(a.house_code, '') ORDER BY a.house_code),
       avg(ST_X(a.geom)), avg(ST_Y(a.geom))
FROM address AS a
GROUP BY md5(a.text)
HAVING count(*) > 1
ORDER BY 1

-- name: checkup_houses_without_building
SELECT coalesce(a.house_code, ''), a.text, ST_X(a.geom), ST_Y(a.geom)
FROM address AS a
WHERE a.building_id IS NULL
ORDER BY a.house_code, a.text

-- name: checkup_addresses_outside
SELECT coalesce(a.house_code, ''), a.text, ST_X(a.geom), ST_Y(a.geom)
FROM address AS a
WHERE NOT EXISTS (
    SELECT FROM area AS g
    WHERE g.leaf AND g.scheme = 'base' AND g.period @> now() AND ST_Intersects(g.geom, a.geom))
  AND EXISTS (SELECT FROM area WHERE scheme = 'base')
ORDER BY a.house_code, a.text

-- name: checkup_grids_without_address
SELECT g.code, g.name, ST_X(ST_PointOnSurface(g.geom)), ST_Y(ST_PointOnSurface(g.geom))
FROM area AS g
WHERE g.leaf AND g.scheme = 'base' AND g.period @> now()
  AND NOT EXISTS (SELECT FROM address AS a WHERE ST_Intersects(g.geom, a.geom))
  AND EXISTS (SELECT FROM address)
ORDER BY g.code

-- name: checkup_ground
-- Outlines to draw findings on: the leaves of the base scheme.
SELECT g.code, ST_AsBinary(ST_SimplifyPreserveTopology(g.geom, 0.00002))
FROM area AS g
WHERE g.leaf AND g.scheme = 'base' AND g.period @> now()
ORDER BY g.code

-- name: checkup_without_elements
-- Only a text came, past the loaders: the search finds it by the whole text alone.
SELECT coalesce(a.house_code, ''), a.text, ST_X(a.geom), ST_Y(a.geom)
FROM address AS a
WHERE num_nonnulls(a.province, a.city, a.district, a.street, a.community, a.road, a.road_number,
                   a.compound, a.building_number, a.unit, a.floor, a.room) = 0
ORDER BY a.house_code, a.text
