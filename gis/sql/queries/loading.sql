-- name: areas_above
SELECT identity_id, level, code, ST_AsBinary(geom)
FROM area
WHERE scheme = %(scheme)s AND level = ANY (%(levels)s) AND upper_inf(period)

-- name: make_incoming_areas
CREATE TEMP TABLE incoming_area (
    code text COLLATE "C" PRIMARY KEY, name text, parent_id bigint,
    registered_residents integer, actual_residents integer, geom geometry(MultiPolygon, 4490)
) ON COMMIT DROP

-- name: copy_incoming_areas
COPY incoming_area (code, name, parent_id, registered_residents, actual_residents, geom)
FROM STDIN

-- name: add_scheme
INSERT INTO scheme (code, name, name_en) VALUES (%(scheme)s, %(scheme)s, %(scheme)s)
ON CONFLICT DO NOTHING

-- name: add_area_identities
INSERT INTO area_identity (scheme, level, code)
SELECT %(scheme)s, %(level)s, code FROM incoming_area ORDER BY code
ON CONFLICT DO NOTHING

-- name: drop_unchanged_areas
DELETE FROM incoming_area AS i
USING area AS a
WHERE a.scheme = %(scheme)s AND a.level = %(level)s AND a.code = i.code AND upper_inf(a.period)
  AND a.name = i.name AND a.parent_id IS NOT DISTINCT FROM i.parent_id
  AND a.registered_residents IS NOT DISTINCT FROM
      coalesce(i.registered_residents, a.registered_residents)
  AND a.actual_residents IS NOT DISTINCT FROM coalesce(i.actual_residents, a.actual_residents)
  AND (ST_OrderingEquals(a.geom, i.geom)
       OR ST_AsBinary(ST_Normalize(a.geom)) = ST_AsBinary(ST_Normalize(i.geom)))

-- name: incoming_areas_in_force
SELECT a.id, a.identity_id, a.level, a.code, a.name, a.parent_id, a.leaf, ST_AsBinary(a.geom)
FROM incoming_area AS i
JOIN area AS a
    ON a.scheme = %(scheme)s AND a.level = %(level)s AND a.code = i.code AND upper_inf(a.period)

-- name: incoming_area_codes
SELECT code FROM incoming_area

-- name: tell_incoming_residents
UPDATE area AS a
SET registered_residents = coalesce(i.registered_residents, a.registered_residents),
    actual_residents = coalesce(i.actual_residents, a.actual_residents)
FROM publication_area AS c, incoming_area AS i
WHERE c.publication_id = %(id)s AND a.id = c.after_id AND i.code = a.code AND c.key = i.code

-- name: add_area_versions
INSERT INTO area (identity_id, scheme, level, code, name, parent_id, registered_residents,
                  actual_residents, geom, period)
SELECT n.id, %(scheme)s, %(level)s, i.code, i.name, i.parent_id,
       coalesce(i.registered_residents, before.registered_residents),
       coalesce(i.actual_residents, before.actual_residents), i.geom,
       tstzrange(CASE WHEN before.id IS NULL THEN '-infinity' ELSE now() END, NULL)
FROM incoming_area AS i
JOIN area_identity AS n
    ON n.scheme = %(scheme)s AND n.level = %(level)s AND n.code = i.code
LEFT JOIN LATERAL (
    SELECT a.id, a.registered_residents, a.actual_residents
    FROM area AS a WHERE a.identity_id = n.id
    ORDER BY upper(a.period) DESC LIMIT 1
) AS before ON true
ORDER BY i.code COLLATE "C"

-- name: settle_areas
SELECT settle_areas(%(scheme)s)

-- name: settle_around_buildings
-- Where the buildings lie they know themselves; what belongs to them follows.
SELECT settle_addresses(), settle_duties(), settle_library()

-- name: make_incoming_buildings
CREATE TEMP TABLE incoming_building (
    row integer, building_code text COLLATE "C", name text, kind text, compound text, road text,
    road_number text, floors integer, height_m double precision, building_number text, text text,
    province text, city text, district text, street text, community text,
    geom geometry(MultiPolygon, 4490)
) ON COMMIT DROP

-- name: copy_incoming_buildings
COPY incoming_building (row, building_code, name, kind, compound, road, road_number, floors,
                        height_m, building_number, text, province, city, district, street,
                        community, geom)
FROM STDIN

-- name: fill_incoming_buildings
-- What the file does not tell of a known building's address stays as it is.
UPDATE incoming_building AS i
SET (building_number, text, province, city, district, street, community) =
    (coalesce(i.building_number, b.building_number), coalesce(i.text, b.text),
     coalesce(i.province, b.province), coalesce(i.city, b.city),
     coalesce(i.district, b.district), coalesce(i.street, b.street),
     coalesce(i.community, b.community))
FROM building AS b
WHERE b.building_code = i.building_code

-- name: drop_unchanged_buildings
DELETE FROM incoming_building AS i
USING building AS b
WHERE b.building_code = i.building_code
  AND (b.name, b.kind, b.compound, b.road, b.road_number, b.floors, b.height_m, b.building_number,
       b.text, b.province, b.city, b.district, b.street, b.community)
      IS NOT DISTINCT FROM
      (i.name, i.kind, i.compound, i.road, i.road_number, i.floors, i.height_m, i.building_number,
       i.text, i.province, i.city, i.district, i.street, i.community)
  AND ST_OrderingEquals(b.geom, i.geom)

-- name: drop_unchanged_codeless_buildings
DELETE FROM incoming_building AS i
USING building AS b
WHERE i.building_code IS NULL AND b.building_code IS NULL AND b.geom && i.geom
  AND (b.name, b.kind, b.compound, b.road, b.road_number, b.floors, b.height_m, b.building_number,
       b.text, b.province, b.city, b.district, b.street, b.community)
      IS NOT DISTINCT FROM
      (i.name, i.kind, i.compound, i.road, i.road_number, i.floors, i.height_m, i.building_number,
       i.text, i.province, i.city, i.district, i.street, i.community)
  AND ST_OrderingEquals(b.geom, i.geom)

-- name: change_known_buildings
UPDATE building AS b
SET (name, kind, compound, road, road_number, floors, height_m, building_number, text, province,
     city, district, street, community, geom) =
    (i.name, i.kind, i.compound, i.road, i.road_number, i.floors, i.height_m, i.building_number,
     i.text, i.province, i.city, i.district, i.street, i.community, i.geom)
FROM incoming_building AS i
WHERE b.building_code = i.building_code

-- name: add_new_buildings
INSERT INTO building (building_code, name, kind, compound, road, road_number, floors, height_m,
                      building_number, text, province, city, district, street, community, geom)
SELECT i.building_code, i.name, i.kind, i.compound, i.road, i.road_number, i.floors, i.height_m,
       i.building_number, i.text, i.province, i.city, i.district, i.street, i.community, i.geom
FROM incoming_building AS i
WHERE i.building_code IS NULL
   OR NOT EXISTS (SELECT FROM building AS b WHERE b.building_code = i.building_code)
ORDER BY i.row

-- name: place_in_sets
-- Until the transaction ends the loader itself says where its rows lie: no trigger asks by row.
SELECT set_config('gridwall.places_in_sets', 'on', true)

-- name: make_incoming_addresses
CREATE TEMP TABLE incoming_address (
    row integer, house_code text COLLATE "C", building_code text COLLATE "C", text text,
    province text, city text, district text, street text, community text,
    road text, road_number text, compound text, building_number text, unit text, floor text,
    room text, geom geometry(Point, 4490), building_id bigint, scope_ids bigint[]
) ON COMMIT DROP

-- name: copy_incoming_addresses
COPY incoming_address (row, house_code, building_code, text, province, city, district, street,
                       community, road, road_number, compound, building_number, unit, floor, room,
                       geom)
FROM STDIN

-- name: place_addresses_by_code
UPDATE incoming_address AS i SET building_id = b.id
FROM building AS b
WHERE b.building_code = coalesce(
    i.building_code, CASE WHEN length(i.house_code) = 25 THEN left(i.house_code, 19) END)

-- name: place_addresses_by_point
UPDATE incoming_address AS i SET building_id = (
    SELECT b.id FROM building AS b WHERE ST_Intersects(b.geom, i.geom) ORDER BY b.id LIMIT 1)
WHERE i.building_id IS NULL AND i.building_code IS NULL

-- name: take_addresses_without_their_building
DELETE FROM incoming_address
WHERE building_code IS NOT NULL AND building_id IS NULL
RETURNING row, building_code

-- name: drop_unchanged_addresses
DELETE FROM incoming_address AS i
USING address AS a
WHERE a.house_code = i.house_code
  AND (a.text, a.building_id, a.province, a.city, a.district, a.street, a.community, a.road,
       a.road_number, a.compound, a.building_number, a.unit, a.floor, a.room)
      IS NOT DISTINCT FROM
      (i.text, i.building_id, i.province, i.city, i.district, i.street, i.community, i.road,
       i.road_number, i.compound, i.building_number, i.unit, i.floor, i.room)
  AND ST_OrderingEquals(a.geom, i.geom)

-- name: drop_unchanged_codeless_addresses
DELETE FROM incoming_address AS i
USING address AS a
WHERE i.house_code IS NULL AND a.house_code IS NULL AND a.text = i.text
  AND (a.building_id, a.province, a.city, a.district, a.street, a.community, a.road,
       a.road_number, a.compound, a.building_number, a.unit, a.floor, a.room)
      IS NOT DISTINCT FROM
      (i.building_id, i.province, i.city, i.district, i.street, i.community, i.road,
       i.road_number, i.compound, i.building_number, i.unit, i.floor, i.room)
  AND ST_OrderingEquals(a.geom, i.geom)

-- name: scope_incoming_addresses
UPDATE incoming_address AS i
SET scope_ids = CASE WHEN i.building_id IS NULL THEN scope_ids_at(i.geom)
    ELSE (SELECT b.scope_ids FROM building AS b WHERE b.id = i.building_id) END

-- name: count_joined_addresses
SELECT count(building_id) FROM incoming_address

-- name: change_known_addresses
UPDATE address AS a
SET (text, building_id, province, city, district, street, community, road, road_number, compound,
     building_number, unit, floor, room, geom, scope_ids) =
    (i.text, i.building_id, i.province, i.city, i.district, i.street, i.community, i.road,
     i.road_number, i.compound, i.building_number, i.unit, i.floor, i.room, i.geom, i.scope_ids)
FROM incoming_address AS i
WHERE a.house_code = i.house_code

-- name: add_new_addresses
INSERT INTO address (house_code, building_id, text, province, city, district, street, community,
                     road, road_number, compound, building_number, unit, floor, room, geom,
                     scope_ids)
SELECT i.house_code, i.building_id, i.text, i.province, i.city, i.district, i.street, i.community,
       i.road, i.road_number, i.compound, i.building_number, i.unit, i.floor, i.room, i.geom,
       i.scope_ids
FROM incoming_address AS i
WHERE i.house_code IS NULL
   OR NOT EXISTS (SELECT FROM address AS a WHERE a.house_code = i.house_code)
ORDER BY i.row

-- name: empty_incoming_buildings
TRUNCATE incoming_building

-- name: empty_incoming_addresses
TRUNCATE incoming_address

-- name: areas_by_code
SELECT id, scheme, level, code FROM area_identity AS n
WHERE EXISTS (SELECT FROM area AS a WHERE a.identity_id = n.id AND upper_inf(a.period))

-- name: lines_by_name
SELECT code, name, name_en FROM line

-- name: shifts_by_name
SELECT code, name FROM shift

-- name: building_by_code
SELECT id FROM building WHERE building_code = %(code)s

-- name: put_officer
INSERT INTO officer (officer_code, name, phone, unit_id)
VALUES (%(officer_code)s, %(name)s, %(phone)s,
        (SELECT u.id FROM unit AS u WHERE u.unit_code = %(unit)s))
ON CONFLICT (officer_code) DO UPDATE
SET name = excluded.name, phone = coalesce(excluded.phone, officer.phone),
    unit_id = coalesce(excluded.unit_id, officer.unit_id)
RETURNING id

-- name: put_shift
INSERT INTO shift (code, name, starts, ends)
VALUES (%(code)s, %(code)s, %(starts)s, %(ends)s)

-- name: put_duty
INSERT INTO duty (officer_id, area_identity_id, building_id, role, line_code, shift_code)
SELECT %(officer_id)s, %(area_id)s, %(building_id)s, %(role)s, %(line)s, %(shift)s
WHERE NOT EXISTS (
    SELECT FROM duty AS d
    WHERE d.officer_id = %(officer_id)s AND upper_inf(d.period) AND d.role = %(role)s
      AND d.area_identity_id IS NOT DISTINCT FROM %(area_id)s
      AND d.building_id IS NOT DISTINCT FROM %(building_id)s
      AND d.line_code IS NOT DISTINCT FROM %(line)s
      AND d.shift_code IS NOT DISTINCT FROM %(shift)s)

-- name: officers_by_code
SELECT officer_code, id FROM officer

-- name: areas_of_officers
SELECT d.officer_id, array_agg(DISTINCT d.area_identity_id) FROM duty AS d
WHERE upper_inf(d.period) AND d.area_identity_id IS NOT NULL
GROUP BY d.officer_id

-- name: put_field_work
INSERT INTO field_work AS w (day, officer_id, area_identity_id, patrols, visits, distance_m)
VALUES (%(day)s, %(officer_id)s, %(area_id)s, %(patrols)s, %(visits)s, %(distance_m)s)
ON CONFLICT (day, officer_id, area_identity_id) DO UPDATE
SET patrols = excluded.patrols, visits = excluded.visits, distance_m = excluded.distance_m
WHERE (w.patrols, w.visits, w.distance_m)
      <> (excluded.patrols, excluded.visits, excluded.distance_m)

-- name: categories_by_name
SELECT code, name, name_en FROM category

-- name: city_time_zone
SELECT setting_text('time_zone', 'Asia/Shanghai')

-- name: make_incoming_reports
CREATE TEMP TABLE incoming_report (LIKE report) ON COMMIT DROP;
ALTER TABLE incoming_report DROP COLUMN id, DROP COLUMN geom, DROP COLUMN caller_id,
    DROP COLUMN photos;
ALTER TABLE incoming_report ADD COLUMN row bigint;
CREATE TEMP TABLE loaded_report (id bigint) ON COMMIT DROP

-- name: copy_incoming_reports
COPY incoming_report (row, received_at, occurred_at, channel, external_id, category_code, text,
                      lon, lat, datum, accuracy_m, address, house_code)
FROM STDIN

-- name: add_reports
WITH added AS (
    INSERT INTO report (received_at, occurred_at, channel, external_id, category_code, text, lon,
                        lat, datum, accuracy_m, address, house_code)
    SELECT received_at, occurred_at, channel, external_id, category_code, text, lon, lat, datum,
           accuracy_m, address, house_code
    FROM incoming_report
    ORDER BY row
    ON CONFLICT DO NOTHING
    RETURNING id
)
INSERT INTO loaded_report SELECT id FROM added

-- name: empty_incoming_reports
TRUNCATE incoming_report

-- name: count_assignments
SELECT s.scheme, s.how, count(*)
FROM loaded_report AS l
JOIN assignment AS s ON s.incident_id = l.id
GROUP BY s.scheme, s.how
ORDER BY s.scheme, s.how COLLATE "C"

-- name: leaf_areas_at
SELECT identity_id, code, name, ST_AsBinary(geom)
FROM area
WHERE scheme = %(scheme)s AND leaf AND period @> %(at)s::timestamptz
ORDER BY code

-- name: schemes_with_areas
SELECT DISTINCT scheme FROM area WHERE leaf ORDER BY scheme

-- name: officers_of_areas
SELECT identity_id, officer_code FROM answerable(%(identity_ids)s, NULL, %(at)s)

-- name: nearest_setting
SELECT setting_number('nearest_m', 200)

-- name: instant
SELECT coalesce(%(at)s::timestamptz, now())

-- name: analyse_areas
ANALYZE area, area_identity

-- name: analyse_places
ANALYZE building, address

-- name: extents_of_schemes
SELECT ST_AsBinary(ST_SetSRID(ST_Extent(geom)::geometry, 4490))
FROM area WHERE leaf AND upper_inf(period)
GROUP BY scheme ORDER BY scheme

-- name: count_unread_addresses
SELECT count(*) FROM address
WHERE num_nonnulls(province, city, district, street, community, road, road_number, compound,
                   building_number, unit, floor, room) = 0

-- name: unread_addresses
SELECT id, text FROM address
WHERE id > %(after)s
  AND num_nonnulls(province, city, district, street, community, road, road_number, compound,
                   building_number, unit, floor, room) = 0
ORDER BY id LIMIT %(most)s

-- name: put_elements
-- In one statement: what follows from names is refreshed once for all of them.
UPDATE address AS a
SET (province, city, district, street, community, road, road_number, compound, building_number,
     unit, floor, room) =
    (t.province, t.city, t.district, t.street, t.community, t.road, t.road_number, t.compound,
     t.building_number, t.unit, t.floor, t.room)
FROM unnest(%(ids)s::bigint[], %(province)s::text[], %(city)s::text[], %(district)s::text[],
            %(subdistrict)s::text[], %(community)s::text[], %(road)s::text[],
            %(road_number)s::text[], %(compound)s::text[], %(building_number)s::text[],
            %(unit)s::text[], %(floor)s::text[], %(room)s::text[])
    AS t(id, province, city, district, street, community, road, road_number, compound,
         building_number, unit, floor, room)
WHERE a.id = t.id
