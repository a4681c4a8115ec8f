-- name: place_area
-- An area as it stands now; of equal codes that of the base scheme, then the highest.
SELECT jsonb_build_object(
           'kind', a.level, 'code', a.code, 'name', a.name, 'scheme', a.scheme, 'path', a.path,
           'leaf', a.leaf, 'registered_residents', a.registered_residents,
           'actual_residents', a.actual_residents,
           'lon', ST_X(label), 'lat', ST_Y(label),
           'reach_m', round(sqrt(ST_Area(a.geom::geography) / pi())),
           'children', (SELECT count(*) FROM area AS c
                        WHERE c.parent_id = a.identity_id AND upper_inf(c.period))) AS place,
       a.identity_id AS within_id,
       ST_XMin(a.geom_3857) AS west, ST_YMin(a.geom_3857) AS south,
       ST_XMax(a.geom_3857) AS east, ST_YMax(a.geom_3857) AS north
FROM area AS a, ST_PointOnSurface(a.geom) AS label
WHERE a.code = %(code)s AND upper_inf(a.period)
ORDER BY a.scheme <> 'base',
         array_position(ARRAY['city', 'district', 'street', 'community', 'grid'], a.level)
LIMIT 1

-- name: place_building
SELECT jsonb_build_object(
           'kind', 'building', 'code', b.building_code,
           'name', coalesce(b.name, b.building_code), 'scheme', 'base', 'path', a.path,
           'use', b.kind, 'compound', b.compound, 'road', b.road,
           'road_number', b.road_number, 'floors', b.floors, 'height_m', b.height_m,
           'lon', ST_X(label), 'lat', ST_Y(label),
           -- Metres of Web Mercator from the point, south downwards.
           'footprint', ST_AsSVG(ST_Translate(b.geom_3857, -ST_X(mark), -ST_Y(mark)), 0, 2),
           'houses', (SELECT count(*) FROM address AS d
                      WHERE d.building_id = b.id AND d.house_code IS NOT NULL)) AS place,
       a.identity_id AS within_id,
       ST_X(mark) - 130 AS west, ST_Y(mark) - 130 AS south,
       ST_X(mark) + 130 AS east, ST_Y(mark) + 130 AS north
FROM building AS b
CROSS JOIN ST_PointOnSurface(b.geom) AS label
CROSS JOIN ST_Transform(label, 3857) AS mark
LEFT JOIN area AS a
    ON a.identity_id = ANY (b.scope_ids) AND a.scheme = 'base' AND a.leaf AND upper_inf(a.period)
WHERE b.building_code = %(code)s

-- name: place_house
SELECT jsonb_build_object(
           'kind', 'house', 'code', d.house_code, 'name', d.text, 'scheme', 'base',
           'path', a.path, 'text', d.text, 'building_code', b.building_code,
           'building_name', b.name, 'compound', d.compound, 'road', d.road,
           'road_number', d.road_number, 'building_number', d.building_number, 'unit', d.unit,
           'floor', d.floor, 'room', d.room, 'lon', ST_X(d.geom), 'lat', ST_Y(d.geom)) AS place,
       a.identity_id AS within_id,
       ST_X(mark) - 130 AS west, ST_Y(mark) - 130 AS south,
       ST_X(mark) + 130 AS east, ST_Y(mark) + 130 AS north
FROM address AS d
CROSS JOIN ST_Transform(d.geom, 3857) AS mark
LEFT JOIN building AS b ON b.id = d.building_id
LEFT JOIN area AS a
    ON a.identity_id = ANY (d.scope_ids) AND a.scheme = 'base' AND a.leaf AND upper_inf(a.period)
WHERE d.house_code = %(code)s

-- name: place_houses
-- The houses of a building; what sorts them is left to whoever shows them.
SELECT d.house_code AS code, d.unit, d.floor, d.room, d.text
FROM address AS d JOIN building AS b ON b.id = d.building_id
WHERE b.building_code = %(code)s AND d.house_code IS NOT NULL

-- name: place_matters
-- Open matters at a place: all of an area; of a building those filed by its code or a house's,
-- or that lie in its footprint; of a house those filed by its code.
SELECT i.id, i.received_at, i.summary, i.state, i.urgency, i.deadline_at, i.suspended_at,
       i.closed_at, class.code AS class, count(*) OVER () AS total
FROM incident AS i
JOIN report AS r ON r.id = i.id
LEFT JOIN category AS class ON class.class_rank = i.class_rank AND class.parent_code IS NULL
WHERE i.closed_at IS NULL AND i.merged_into_id IS NULL
  AND CASE %(kind)s::text
      WHEN 'house' THEN i.grid_id = %(within_id)s AND r.house_code = %(code)s
      WHEN 'building' THEN i.grid_id = %(within_id)s
          AND (left(r.house_code, 19) = %(code)s
               OR EXISTS (SELECT FROM building AS b
                          WHERE b.building_code = %(code)s AND ST_Intersects(b.geom, i.geom)))
      ELSE i.scope_ids @> ARRAY[%(within_id)s::bigint] END
ORDER BY i.urgency DESC, i.deadline_at, i.id
LIMIT 20

-- name: place_surroundings
SELECT * FROM surroundings(%(west)s, %(south)s, %(east)s, %(north)s, %(area_level)s,
                           %(narrowest_road_m)s, %(with_buildings)s)

-- name: plates_of_houses
SELECT d.house_code AS code, d.text, d.compound, d.road, d.road_number, d.building_number,
       d.unit, d.floor, d.room, b.building_code
FROM address AS d LEFT JOIN building AS b ON b.id = d.building_id
WHERE d.house_code IS NOT NULL
  AND d.id = ANY (
      CASE WHEN %(building_code)s::text IS NOT NULL THEN ARRAY(
               SELECT o.id FROM address AS o JOIN building AS of ON of.id = o.building_id
               WHERE of.building_code = %(building_code)s)
           WHEN %(house_code)s::text IS NOT NULL THEN ARRAY(
               SELECT o.id FROM address AS o WHERE o.house_code = %(house_code)s)
           ELSE ARRAY(SELECT address_id FROM houses_within(%(within_id)s, %(most)s)) END)
LIMIT %(most)s

-- name: plates_of_buildings
SELECT b.building_code AS code, b.name, b.compound, b.road, b.road_number, b.floors
FROM building AS b
WHERE b.building_code IS NOT NULL
  AND b.id = ANY (
      CASE WHEN %(building_code)s::text IS NOT NULL THEN ARRAY(
               SELECT o.id FROM building AS o WHERE o.building_code = %(building_code)s)
           ELSE ARRAY(SELECT building_id FROM buildings_within(%(within_id)s, %(most)s)) END)
LIMIT %(most)s

-- name: plates_of_grids
SELECT a.code, a.name
FROM area AS a
WHERE a.level = 'grid' AND upper_inf(a.period)
  AND a.ancestor_ids @> ARRAY[%(within_id)s::bigint]
LIMIT %(most)s

-- name: category_names
-- The class and the sub-class of a category, from the top.
WITH RECURSIVE above AS (
    SELECT code, parent_code, name, name_en, 0 AS depth FROM category WHERE code = %(code)s
    UNION ALL
    SELECT c.code, c.parent_code, c.name, c.name_en, above.depth + 1
    FROM category AS c JOIN above ON above.parent_code = c.code
)
SELECT name, name_en FROM above ORDER BY depth DESC

-- name: place_children
-- What lies right under an area: areas, or, under a leaf, its buildings.
SELECT jsonb_build_object('code', c.code, 'name', c.name)
FROM area AS c
WHERE c.parent_id = %(id)s AND upper_inf(c.period)
UNION ALL
(SELECT jsonb_build_object('code', b.building_code, 'name', coalesce(b.name, b.building_code))
 FROM building AS b
 WHERE b.id = ANY (ARRAY(
         SELECT building_id FROM buildings_within(%(id)s, 1000)
         WHERE NOT EXISTS (SELECT FROM area AS c
                           WHERE c.parent_id = %(id)s AND upper_inf(c.period))))
   AND b.building_code IS NOT NULL)
ORDER BY 1
LIMIT 1000

-- name: names_of_targets
-- Whom steps point at, as people call them: officers and units by their numbers.
SELECT 'officer:' || f.id, f.name FROM officer AS f WHERE f.id = ANY (%(officers)s::bigint[])
UNION ALL
SELECT 'unit:' || u.id, u.name FROM unit AS u WHERE u.id = ANY (%(units)s::bigint[])
