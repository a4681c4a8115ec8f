-- name: make_incoming_residents
CREATE TEMP TABLE incoming_residents (
    row integer, house_code text COLLATE "C", registered_residents smallint,
    actual_residents smallint, address_id bigint
) ON COMMIT DROP

-- name: copy_incoming_residents
COPY incoming_residents (row, house_code, registered_residents, actual_residents) FROM STDIN

-- name: place_incoming_residents
UPDATE incoming_residents AS i SET address_id = a.id FROM address AS a
WHERE a.house_code = i.house_code

-- name: take_houseless_residents
DELETE FROM incoming_residents WHERE address_id IS NULL RETURNING row, house_code

-- name: put_residents
INSERT INTO dwelling AS d (address_id, registered_residents, actual_residents)
SELECT address_id, registered_residents, actual_residents FROM incoming_residents ORDER BY row
ON CONFLICT (address_id) DO UPDATE
SET registered_residents = coalesce(excluded.registered_residents, d.registered_residents),
    actual_residents = coalesce(excluded.actual_residents, d.actual_residents)
WHERE (d.registered_residents, d.actual_residents) IS DISTINCT FROM
      (coalesce(excluded.registered_residents, d.registered_residents),
       coalesce(excluded.actual_residents, d.actual_residents))
RETURNING xmax = 0

-- name: empty_incoming_residents
TRUNCATE incoming_residents

-- name: make_incoming_dwellings
CREATE TEMP TABLE incoming_dwellings (
    row integer, house_code text COLLATE "C", use text, tenure text, occupancy text,
    address_id bigint
) ON COMMIT DROP

-- name: copy_incoming_dwellings
COPY incoming_dwellings (row, house_code, use, tenure, occupancy) FROM STDIN

-- name: place_incoming_dwellings
UPDATE incoming_dwellings AS i SET address_id = a.id FROM address AS a
WHERE a.house_code = i.house_code

-- name: take_houseless_dwellings
DELETE FROM incoming_dwellings WHERE address_id IS NULL RETURNING row, house_code

-- name: put_dwellings
INSERT INTO dwelling AS d (address_id, use, tenure, occupancy)
SELECT address_id, use, tenure, occupancy FROM incoming_dwellings ORDER BY row
ON CONFLICT (address_id) DO UPDATE
SET use = coalesce(excluded.use, d.use), tenure = coalesce(excluded.tenure, d.tenure),
    occupancy = coalesce(excluded.occupancy, d.occupancy)
WHERE (d.use, d.tenure, d.occupancy) IS DISTINCT FROM
      (coalesce(excluded.use, d.use), coalesce(excluded.tenure, d.tenure),
       coalesce(excluded.occupancy, d.occupancy))
RETURNING xmax = 0

-- name: empty_incoming_dwellings
TRUNCATE incoming_dwellings

-- name: make_incoming_enterprises
CREATE TEMP TABLE incoming_enterprises (
    row integer, house_code text COLLATE "C", enterprise_code text COLLATE "C", name text,
    kind text, employees integer, address_id bigint
) ON COMMIT DROP

-- name: copy_incoming_enterprises
COPY incoming_enterprises (row, house_code, enterprise_code, name, kind, employees) FROM STDIN

-- name: place_incoming_enterprises
UPDATE incoming_enterprises AS i SET address_id = a.id FROM address AS a
WHERE a.house_code = i.house_code

-- name: take_houseless_enterprises
DELETE FROM incoming_enterprises WHERE address_id IS NULL RETURNING row, house_code

-- name: put_enterprises
-- One without a code is known by its name and house.
WITH nameless AS (
    UPDATE enterprise AS e SET kind = i.kind, employees = i.employees
    FROM incoming_enterprises AS i
    WHERE i.enterprise_code IS NULL AND e.enterprise_code IS NULL
      AND e.address_id = i.address_id AND e.name = i.name
      AND (e.kind, e.employees) IS DISTINCT FROM (i.kind, i.employees)
    RETURNING false
), put AS (
    INSERT INTO enterprise AS e (enterprise_code, name, kind, employees, address_id)
    SELECT i.enterprise_code, i.name, i.kind, i.employees, i.address_id
    FROM incoming_enterprises AS i
    WHERE i.enterprise_code IS NOT NULL OR NOT EXISTS (
        SELECT FROM enterprise AS o
        WHERE o.enterprise_code IS NULL AND o.address_id = i.address_id AND o.name = i.name)
    ORDER BY i.row
    ON CONFLICT (enterprise_code) DO UPDATE
    SET name = excluded.name, kind = excluded.kind, employees = excluded.employees,
        address_id = excluded.address_id
    WHERE (e.name, e.kind, e.employees, e.address_id) IS DISTINCT FROM
          (excluded.name, excluded.kind, excluded.employees, excluded.address_id)
    RETURNING xmax = 0
)
SELECT * FROM nameless UNION ALL SELECT * FROM put

-- name: empty_incoming_enterprises
TRUNCATE incoming_enterprises

-- name: settle_library
SELECT settle_library()

-- name: houses_by_code
SELECT house_code, id FROM address WHERE house_code = ANY (%(codes)s)

-- name: persons_by_lookup
SELECT p.lookup, p.id, p.key_id, p.sealed, p.address_id, p.kind, p.relation
FROM person AS p WHERE p.lookup = ANY (%(lookups)s)

-- name: put_person
INSERT INTO person (id, address_id, kind, relation, key_id, lookup, masked, sealed)
VALUES (%(id)s, %(address_id)s, %(kind)s, %(relation)s, %(key_id)s, %(lookup)s, %(masked)s,
        %(sealed)s)
ON CONFLICT (lookup) DO UPDATE
SET address_id = excluded.address_id, kind = excluded.kind, relation = excluded.relation,
    key_id = excluded.key_id, masked = excluded.masked, sealed = excluded.sealed

-- name: keys_in_use
SELECT key_id, count(*) FROM person GROUP BY key_id ORDER BY key_id

-- name: persons_not_under_key
SELECT id, key_id, sealed FROM person WHERE key_id <> %(key_id)s ORDER BY id LIMIT %(most)s
FOR UPDATE

-- name: reseal_person
UPDATE person SET key_id = %(key_id)s, masked = %(masked)s, sealed = %(sealed)s
WHERE id = %(id)s

-- name: place_categories
SELECT code, name, name_en FROM place_category

-- name: make_incoming_place_objects
CREATE TEMP TABLE incoming_place_object (
    row integer, object_code text COLLATE "C", category_code text, name text, detail jsonb,
    geom geometry(Geometry, 4490)
) ON COMMIT DROP

-- name: copy_incoming_place_objects
COPY incoming_place_object (row, object_code, category_code, name, detail, geom) FROM STDIN

-- name: drop_unchanged_place_objects
DELETE FROM incoming_place_object AS i
USING place_object AS p
WHERE (p.object_code = i.object_code
       OR p.object_code IS NULL AND i.object_code IS NULL AND p.geom && i.geom)
  AND (p.category_code, p.name, p.detail) = (i.category_code, i.name, i.detail)
  AND ST_OrderingEquals(p.geom, i.geom)

-- name: put_place_objects
INSERT INTO place_object (object_code, category_code, name, detail, geom)
SELECT object_code, category_code, name, detail, geom FROM incoming_place_object ORDER BY row
ON CONFLICT (object_code) DO UPDATE
SET category_code = excluded.category_code, name = excluded.name, detail = excluded.detail,
    geom = excluded.geom
RETURNING xmax = 0

-- name: empty_incoming_place_objects
TRUNCATE incoming_place_object

-- name: make_incoming_aliases
CREATE TEMP TABLE incoming_alias (
    row integer, kind text, name text COLLATE "C", place text COLLATE "C", note text,
    standard text COLLATE "C", address_id bigint, building_id bigint, area_identity_id bigint
) ON COMMIT DROP

-- name: copy_incoming_aliases
COPY incoming_alias (row, kind, name, place, note) FROM STDIN

-- name: place_aliases
UPDATE incoming_alias AS i
SET address_id = CASE i.kind WHEN 'house' THEN
        (SELECT a.id FROM address AS a WHERE a.house_code = i.place) END,
    building_id = CASE i.kind WHEN 'building' THEN
        (SELECT b.id FROM building AS b WHERE b.building_code = i.place) END,
    area_identity_id = CASE i.kind WHEN 'area' THEN
        (SELECT n.id FROM area_identity AS n
         JOIN area AS a ON a.identity_id = n.id AND upper_inf(a.period)
         WHERE n.code = i.place ORDER BY n.scheme <> 'base', n.id LIMIT 1) END,
    standard = CASE
        -- Names of addresses count too: often no building tells its road.
        WHEN i.kind = 'compound' AND EXISTS (SELECT FROM site AS s WHERE s.compound = i.place)
          OR i.kind = 'road' AND EXISTS (SELECT FROM site AS s WHERE s.road = i.place)
        THEN i.place END

-- name: take_aliases_of_nothing
DELETE FROM incoming_alias
WHERE coalesce(address_id, building_id, area_identity_id) IS NULL AND standard IS NULL
RETURNING row, kind, place

-- name: put_aliases
INSERT INTO other_name (kind, origin, name, standard, address_id, building_id, area_identity_id,
                        note)
SELECT i.kind, 'alias', i.name, i.standard, i.address_id, i.building_id, i.area_identity_id, i.note
FROM incoming_alias AS i
WHERE NOT EXISTS (
    SELECT FROM other_name AS o
    WHERE o.name = i.name AND o.kind = i.kind AND o.origin = 'alias'
      AND (o.standard, o.address_id, o.building_id, o.area_identity_id) IS NOT DISTINCT FROM
          (i.standard, i.address_id, i.building_id, i.area_identity_id))
ORDER BY i.row

-- name: empty_incoming_aliases
TRUNCATE incoming_alias

-- name: rename_place
SELECT rename_place(%(kind)s, %(named)s, %(new_name)s, %(within)s, %(reason)s)

-- name: unmask_person
SELECT allowed, key_id, sealed
FROM unmask_person(%(id)s, %(purpose)s, %(fields)s)

-- name: grid_codes_given
SELECT code FROM area_identity WHERE level = 'grid' AND starts_with(code, %(stem)s)
UNION SELECT code FROM given_code WHERE starts_with(code, %(stem)s)

-- name: building_codes_given
SELECT building_code FROM building WHERE starts_with(building_code, %(stem)s)
UNION SELECT code FROM given_code WHERE starts_with(code, %(stem)s)

-- name: house_codes_given
SELECT house_code FROM address WHERE starts_with(house_code, %(stem)s)
UNION SELECT code FROM given_code WHERE starts_with(code, %(stem)s)

-- name: lock_minting
-- Two who mint at once never get the same code.
LOCK TABLE given_code IN SHARE ROW EXCLUSIVE MODE

-- name: keep_minted_codes
INSERT INTO given_code (code) SELECT unnest(%(codes)s::text[])
