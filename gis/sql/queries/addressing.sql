-- name: search_opening
-- Whose names these are and how often names have changed, by which what is kept of them is found;
-- and the houses of which the text is the standard address, or was.
SELECT CASE WHEN scope_all() THEN 'whole' ELSE scope_ids()::text END, count(*),
       coalesce(max(id), 0),
       ARRAY(SELECT a.id FROM address AS a WHERE a.text = %(asked)s LIMIT 50),
       ARRAY(SELECT o.address_id FROM other_name AS o
             WHERE o.name = %(asked)s AND o.kind = 'house' LIMIT 50),
       setting_number('address_sure', 0.85)
FROM site_change

-- name: gazetteer_names
SELECT 'road' AS kind, road AS standard, 'words' AS how, road AS said, NULL::bigint AS building_id
FROM site WHERE road IS NOT NULL GROUP BY road
UNION ALL
SELECT 'compound', compound, 'words', compound, NULL
FROM site WHERE compound IS NOT NULL GROUP BY compound
UNION ALL
SELECT p.kind, p.name, 'words', p.name, NULL
FROM (SELECT DISTINCT province, city, district, street, community FROM site) AS s
CROSS JOIN LATERAL (VALUES
    ('province', s.province), ('city', s.city), ('district', s.district), ('street', s.street),
    ('community', s.community)) AS p(kind, name)
WHERE p.name IS NOT NULL
GROUP BY p.kind, p.name
UNION ALL
SELECT level, name, 'words', name, NULL
FROM area WHERE scheme = 'base' AND upper_inf(period) AND level <> 'grid' GROUP BY level, name
UNION ALL
SELECT kind, standard, CASE origin WHEN 'alias' THEN 'alias' ELSE 'former' END, name, NULL
FROM other_name WHERE kind IN ('road', 'compound')
UNION ALL
SELECT 'compound', NULL, CASE origin WHEN 'alias' THEN 'alias' ELSE 'former' END, name,
       building_id
FROM other_name WHERE kind = 'building' AND char_length(name) <= 14
UNION ALL
SELECT a.level, a.name, CASE o.origin WHEN 'alias' THEN 'alias' ELSE 'former' END, o.name, NULL
FROM other_name AS o
JOIN area AS a ON a.identity_id = o.area_identity_id AND upper_inf(a.period)
WHERE o.kind = 'area' AND a.level <> 'grid'

-- name: area_names
SELECT identity_id, level, name, code FROM area
WHERE scheme = 'base' AND upper_inf(period) AND level <> 'grid'

-- name: sites_named
-- By names of compounds (near ones only with a number that was typed), by roads with a number,
-- by buildings that have names of their own.
SELECT id, building_id, province, city, district, street, community, road, road_number, compound,
       building_number, scope_ids
FROM site WHERE compound = ANY (%(compounds)s)
UNION
SELECT id, building_id, province, city, district, street, community, road, road_number, compound,
       building_number, scope_ids
FROM site
WHERE compound = ANY (%(near_compounds)s)
  AND (building_number IS NULL OR building_number = ANY (%(numbers)s))
UNION
SELECT id, building_id, province, city, district, street, community, road, road_number, compound,
       building_number, scope_ids
FROM site WHERE road = ANY (%(roads)s) AND road_number = ANY (%(numbers)s)
UNION
SELECT id, building_id, province, city, district, street, community, road, road_number, compound,
       building_number, scope_ids
FROM site WHERE building_id = ANY (%(building_ids)s)
LIMIT 3000

-- name: sites_about
-- For what names no building: by a road or a community, with a number that was typed.
SELECT id, building_id, province, city, district, street, community, road, road_number, compound,
       building_number, scope_ids
FROM site
WHERE road = ANY (%(roads)s) AND building_number = ANY (%(numbers)s)
UNION
SELECT id, building_id, province, city, district, street, community, road, road_number, compound,
       building_number, scope_ids
FROM site
WHERE community = ANY (%(communities)s)
  AND (road_number = ANY (%(numbers)s) OR building_number = ANY (%(numbers)s))
UNION
(SELECT id, building_id, province, city, district, street, community, road, road_number, compound,
        building_number, scope_ids
 FROM site
 WHERE road = ANY (%(roads)s) AND building_number IS NULL
 ORDER BY id LIMIT 300)
LIMIT 1000

-- name: houses_of_buildings
SELECT id, building_id, house_code, text, road, road_number, compound, building_number, unit,
       floor, room
FROM address WHERE building_id = ANY (%(building_ids)s) AND room = ANY (%(rooms)s)

-- name: standing_addresses
-- Addresses that stand for the building as a whole.
SELECT id, building_id, house_code, text, road, road_number, compound, building_number, unit,
       floor, room
FROM address WHERE building_id = ANY (%(building_ids)s) AND room IS NULL AND unit IS NULL
LIMIT 300

-- name: loose_addresses
SELECT id, building_id, house_code, text, road, road_number, compound, building_number, unit,
       floor, room
FROM address
WHERE building_id IS NULL AND road = ANY (%(roads)s) AND road_number = ANY (%(numbers)s)
  AND (room IS NULL OR room = ANY (%(rooms)s))
UNION ALL
SELECT id, building_id, house_code, text, road, road_number, compound, building_number, unit,
       floor, room
FROM address
WHERE building_id IS NULL AND road IS NULL AND compound = ANY (%(compounds)s)
  AND (room IS NULL OR room = ANY (%(rooms)s))
LIMIT 300

-- name: addresses_told
SELECT a.id, a.building_id, a.house_code, b.building_code, a.text, ST_X(a.geom), ST_Y(a.geom)
FROM address AS a
LEFT JOIN building AS b ON b.id = a.building_id
WHERE a.id = ANY (%(ids)s)

-- name: sites_told
-- Each site in words, and where it is.
SELECT s.id, s.building_id, b.building_code,
       coalesce(b.text, h.text, site_text(s)), ST_X(p.point), ST_Y(p.point)
FROM site AS s
LEFT JOIN building AS b ON b.id = s.building_id
LEFT JOIN LATERAL (
    -- As its houses are written: 350弄12号 is not 350号12幢.
    SELECT text_without_room(a.text, a.unit, a.room) AS text
    FROM address AS a
    WHERE a.building_id = s.building_id AND a.room IS NOT NULL
      AND bare_number(a.road_number) IS NOT DISTINCT FROM s.road_number
      AND bare_number(a.building_number) IS NOT DISTINCT FROM s.building_number
    ORDER BY a.id LIMIT 1) AS h ON b.text IS NULL
LEFT JOIN LATERAL (
    SELECT coalesce(ST_PointOnSurface(b.geom), (
        SELECT a.geom FROM address AS a
        WHERE a.building_id IS NULL AND b.id IS NULL AND a.road IS NOT DISTINCT FROM s.road
          AND bare_number(a.road_number) IS NOT DISTINCT FROM s.road_number
          AND a.compound IS NOT DISTINCT FROM s.compound
        ORDER BY a.id LIMIT 1)) AS point) AS p ON true
WHERE s.id = ANY (%(ids)s)

-- name: sites_of_names
-- For a name of a road, compound, community or street: one site of it, and the name in words.
SELECT 'road', n.name, s.id, site_text(s, false, false, false)
FROM unnest(%(roads)s::text[]) AS n(name)
CROSS JOIN LATERAL (SELECT * FROM site WHERE road = n.name ORDER BY id LIMIT 1) AS s
UNION ALL
SELECT 'compound', n.name, s.id, site_text(s, false)
FROM unnest(%(compounds)s::text[]) AS n(name)
CROSS JOIN LATERAL (SELECT * FROM site WHERE compound = n.name ORDER BY id LIMIT 1) AS s
UNION ALL
SELECT * FROM (
    SELECT DISTINCT ON (community) 'community', community, id,
           concat(province, city, district, street, community)
    FROM site WHERE community = ANY (%(communities)s) ORDER BY community, id) AS c
UNION ALL
SELECT * FROM (
    SELECT DISTINCT ON (street) 'street', street, id, concat(province, city, district, street)
    FROM site WHERE street = ANY (%(streets)s) ORDER BY street, id) AS t

-- name: road_number_text
SELECT CASE WHEN road ~ '[\u3400-\u9fff]'
    THEN site_text(s, false, false, false) || %(number)s || '号'
    ELSE %(number)s || ' ' || road END
FROM site AS s WHERE id = %(site)s

-- name: numbers_of_road
-- Whole road numbers of a road, with a site each; for what lies between them.
SELECT DISTINCT ON (road_number::bigint) road_number::bigint, id
FROM site
WHERE road = %(road)s AND road_number ~ '^[0-9]{1,9}$'
ORDER BY road_number::bigint, id

-- name: codes_beginning
SELECT address_id, building_id FROM codes_beginning(%(code)s, %(limit)s)

-- name: buildings_told
SELECT b.id, b.building_code,
       coalesce(b.text, (SELECT site_text(s) FROM site AS s WHERE s.building_id = b.id
                         ORDER BY s.id LIMIT 1), b.name, b.building_code),
       ST_X(ST_PointOnSurface(b.geom)), ST_Y(ST_PointOnSurface(b.geom))
FROM building AS b WHERE b.id = ANY (%(building_ids)s)

-- name: nearest_buildings
SELECT building_id, distance_m
FROM nearest_buildings(%(lon)s, %(lat)s, %(within_m)s, %(limit)s)
