-- name: district_make_tables
CREATE TEMP TABLE new_area (
    place integer, scheme text COLLATE "C", level text COLLATE "C", code text COLLATE "C",
    name text, parent_code text COLLATE "C", registered integer, actual integer,
    geom geometry(MultiPolygon, 4490)
) ON COMMIT DROP;
CREATE TEMP TABLE new_duty (
    place integer, officer_code text COLLATE "C", scheme text COLLATE "C",
    level text COLLATE "C", code text COLLATE "C", role text, line_code text, shift_code text,
    starts timestamptz
) ON COMMIT DROP;
CREATE TEMP TABLE new_unit (
    unit_code text, name text, kind text, area_code text COLLATE "C", categories text[]
) ON COMMIT DROP;
CREATE TEMP TABLE new_report (
    place integer, external_id text, received_at timestamptz, category_code text, text text,
    channel text, lon double precision, lat double precision, house_code text
) ON COMMIT DROP;
CREATE TEMP TABLE new_step (
    external_id text, number integer, action text, state text, at timestamptz, note text
) ON COMMIT DROP

-- name: district_copy_area
COPY new_area FROM STDIN

-- name: district_copy_duty
COPY new_duty FROM STDIN

-- name: district_copy_unit
COPY new_unit FROM STDIN

-- name: district_copy_report
COPY new_report FROM STDIN

-- name: district_copy_step
COPY new_step FROM STDIN

-- name: district_copy_ground
COPY ground (kind, road_class, name, width_m, geom) FROM STDIN

-- name: district_copy_officer
COPY officer (officer_code, name, phone) FROM STDIN

-- name: district_put_category
INSERT INTO category (code, parent_code, name, name_en, line_code, kind, urgency, emergency,
                      limit_hours, class_rank)
VALUES (%(code)s, %(parent_code)s, %(name)s, %(name_en)s, %(line_code)s, %(kind)s, %(urgency)s,
        %(emergency)s, %(limit_hours)s, %(class_rank)s)
ON CONFLICT (code) DO NOTHING

-- name: district_put_shift
INSERT INTO shift (code, name, weekdays, starts, ends)
VALUES (%(code)s, %(name)s, %(weekdays)s, %(starts)s, %(ends)s)
ON CONFLICT (code) DO NOTHING

-- name: district_add_areas
WITH identities AS (
    INSERT INTO area_identity (scheme, level, code)
    SELECT scheme, level, code FROM new_area ORDER BY place
    RETURNING id, scheme, level, code
)
INSERT INTO area (identity_id, scheme, level, code, name, parent_id, registered_residents,
                  actual_residents, geom)
SELECT i.id, n.scheme, n.level, n.code, n.name, p.id, n.registered, n.actual, n.geom
FROM new_area AS n
JOIN identities AS i ON (i.scheme, i.level, i.code) = (n.scheme, n.level, n.code)
LEFT JOIN identities AS p ON p.scheme = n.scheme AND p.code = n.parent_code
ORDER BY n.place

-- name: district_hold_triggers
ALTER TABLE building DISABLE TRIGGER building_placed;
ALTER TABLE address DISABLE TRIGGER address_placed;
ALTER TABLE duty DISABLE TRIGGER duty_placed

-- name: district_release_triggers
ALTER TABLE building ENABLE TRIGGER building_placed;
ALTER TABLE address ENABLE TRIGGER address_placed;
ALTER TABLE duty ENABLE TRIGGER duty_placed

-- name: district_add_units
INSERT INTO unit (unit_code, name, kind, area_identity_id, categories)
SELECT n.unit_code, n.name, n.kind, i.id, n.categories
FROM new_unit AS n
LEFT JOIN area_identity AS i ON i.scheme = 'base' AND i.code = n.area_code
ORDER BY n.unit_code

-- name: district_add_departments
-- The department that answers for a category: of those that deal with it, the nearest word.
UPDATE category AS c
SET unit_code = (SELECT u.unit_code FROM unit AS u
                 WHERE u.kind = 'department'
                   AND (c.code = ANY (u.categories) OR c.parent_code = ANY (u.categories))
                 ORDER BY c.code = ANY (u.categories) DESC, u.unit_code LIMIT 1)
WHERE c.unit_code IS NULL

-- name: district_add_duties
INSERT INTO duty (officer_id, area_identity_id, building_id, role, line_code, shift_code, period)
SELECT o.id, i.id, b.id, n.role, n.line_code, n.shift_code, tstzrange(n.starts, NULL)
FROM new_duty AS n
JOIN officer AS o ON o.officer_code = n.officer_code
LEFT JOIN building AS b ON n.level = 'building' AND b.building_code = n.code
LEFT JOIN area_identity AS i ON (i.scheme, i.level, i.code) = (n.scheme, n.level, n.code)
ORDER BY n.place

-- name: district_analyse
ANALYZE area, area_identity, building, address, duty, officer, ground, dwelling, enterprise,
        other_name, place_object

-- name: district_add_reports
INSERT INTO report (external_id, received_at, occurred_at, category_code, text, channel, lon, lat,
                    datum, house_code)
SELECT external_id, received_at, received_at, category_code, text, channel, lon, lat, 'cgcs2000',
       house_code
FROM new_report
WHERE place >= %(first)s AND place < %(end)s
ORDER BY place

-- name: district_add_steps
INSERT INTO step (incident_id, number, action, at, actor_role, tier, state, note, target,
                  stage_deadline_at, deadline_at, note_digest, target_digest, previous_hash, hash)
SELECT p.incident_id, n.number, n.action, n.at, w.actor_role, p.tier, n.state, n.note, w.target,
       p.stage_deadline_at, p.deadline_at, step_field_digest(n.note), step_field_digest(w.target), p.hash,
       step_hash(p.hash, p.incident_id, n.number, n.action, n.at, NULL::bigint, w.actor_role,
                 p.tier, n.state, NULL::timestamptz, p.stage_deadline_at, p.deadline_at,
                 n.note, w.target)
FROM new_step AS n
JOIN report AS r ON r.external_id = n.external_id
JOIN incident AS i ON i.id = r.id AND i.officer_id IS NOT NULL
JOIN step AS p ON p.incident_id = i.id AND p.number = n.number - 1
CROSS JOIN LATERAL (
    SELECT CASE WHEN n.action = 'handle' THEN 'officer'
                WHEN p.tier = 'grid' THEN 'community' ELSE 'street' END AS actor_role,
           CASE WHEN n.action = 'dispatch' THEN 'officer:' || i.officer_id END AS target
) AS w
WHERE n.number = %(number)s

-- name: district_refresh_incidents
UPDATE incident AS i
SET state = s.state, step_count = s.step_count, verified_at = s.verified_at,
    dispatched_at = s.dispatched_at, handled_at = s.handled_at, closed_at = s.closed_at
FROM (
    SELECT incident_id, max(number) AS step_count,
           (array_agg(state ORDER BY number DESC))[1] AS state,
           min(at) FILTER (WHERE action = 'verify') AS verified_at,
           min(at) FILTER (WHERE action = 'dispatch') AS dispatched_at,
           min(at) FILTER (WHERE action = 'handle') AS handled_at,
           min(at) FILTER (WHERE action = 'close') AS closed_at
    FROM step GROUP BY incident_id
) AS s
WHERE s.incident_id = i.id AND s.step_count > 1

-- name: district_forget_events
DELETE FROM event_pending

-- name: district_title
INSERT INTO city_setting (name, value) VALUES ('title', to_jsonb(%(title)s::text))
ON CONFLICT (name) DO NOTHING

-- name: database_is_empty
SELECT NOT EXISTS (SELECT FROM area) AND NOT EXISTS (SELECT FROM report)

-- name: district_add_addresses
INSERT INTO address (house_code, building_id, text, province, city, district, street, community,
                     road, road_number, compound, building_number, unit, floor, room, geom,
                     scope_ids)
SELECT i.house_code, b.id, i.text, b.province, b.city, b.district, b.street, b.community, i.road,
       i.road_number, i.compound, i.building_number, i.unit, i.floor, i.room, i.geom, b.scope_ids
FROM incoming_address AS i
JOIN building AS b USING (building_code)
ORDER BY i.row

-- name: district_analyse_history
ANALYZE new_step, report, incident, step

-- name: feed_reports
INSERT INTO report (text, category_code, lon, lat, datum, address, house_code, channel,
                    external_id, occurred_at)
SELECT coalesce(r.text, ''),
       -- A city without the sub-class has its class.
       coalesce((SELECT c.code FROM category AS c WHERE c.code = r.category),
                split_part(r.category, '.', 1)),
       r.lon, r.lat, coalesce(r.datum, 'wgs84'), r.address,
       r.house_code, r.channel, r.external_id, r.occurred_at
FROM ROWS FROM (jsonb_to_recordset(%(reports)s) AS (
    text text, category text, lon double precision, lat double precision, datum text, address text,
    house_code text, channel text, external_id text, occurred_at timestamptz))
    WITH ORDINALITY AS r
ORDER BY r.ordinality
ON CONFLICT DO NOTHING

-- name: district_make_library_tables
CREATE TEMP TABLE new_dwelling (
    house_code text COLLATE "C", use text, tenure text, occupancy text,
    registered_residents smallint, actual_residents smallint
) ON COMMIT DROP;
CREATE TEMP TABLE new_enterprise (
    house_code text COLLATE "C", enterprise_code text, name text, kind text, employees integer
) ON COMMIT DROP;
CREATE TEMP TABLE new_person (
    house_code text COLLATE "C", id uuid, kind text, relation text, key_id text, lookup bytea,
    masked bytea, sealed bytea
) ON COMMIT DROP;
CREATE TEMP TABLE new_object (
    object_code text, category_code text, name text, lon double precision, lat double precision
) ON COMMIT DROP;
CREATE TEMP TABLE new_name (
    kind text, name text, standard text COLLATE "C", until timestamptz
) ON COMMIT DROP

-- name: district_copy_dwelling
COPY new_dwelling FROM STDIN

-- name: district_copy_enterprise
COPY new_enterprise FROM STDIN

-- name: district_copy_person
COPY new_person FROM STDIN

-- name: district_copy_object
COPY new_object FROM STDIN

-- name: district_copy_name
COPY new_name FROM STDIN

-- name: district_add_library
INSERT INTO dwelling (address_id, use, tenure, occupancy, registered_residents, actual_residents)
SELECT a.id, n.use, n.tenure, n.occupancy, n.registered_residents, n.actual_residents
FROM new_dwelling AS n JOIN address AS a USING (house_code);
INSERT INTO enterprise (enterprise_code, name, kind, employees, address_id)
SELECT n.enterprise_code, n.name, n.kind, n.employees, a.id
FROM new_enterprise AS n JOIN address AS a USING (house_code) ORDER BY n.enterprise_code;
INSERT INTO person (id, address_id, kind, relation, key_id, lookup, masked, sealed)
SELECT n.id, a.id, n.kind, n.relation, n.key_id, n.lookup, n.masked, n.sealed
FROM new_person AS n JOIN address AS a USING (house_code);
INSERT INTO place_object (object_code, category_code, name, geom)
SELECT object_code, category_code, name, ST_SetSRID(ST_MakePoint(lon, lat), 4490)
FROM new_object ORDER BY object_code;
INSERT INTO other_name (kind, origin, field, name, standard, building_id, area_identity_id, period)
SELECT n.kind, CASE WHEN n.until IS NULL THEN 'alias' ELSE 'former' END,
       CASE WHEN n.until IS NOT NULL THEN n.kind END, n.name,
       CASE WHEN n.kind IN ('compound', 'road') THEN n.standard END, b.id, i.id,
       tstzrange('-infinity', n.until)
FROM new_name AS n
LEFT JOIN building AS b ON n.kind = 'building' AND b.building_code = n.standard
LEFT JOIN area_identity AS i ON n.kind = 'area' AND i.scheme = 'base' AND i.code = n.standard
ORDER BY n.kind, n.name COLLATE "C"

-- name: district_settle_buildings
ANALYZE area;
SELECT settle_buildings();
ANALYZE building

-- name: district_settle_rest
SELECT settle_duties();
SELECT settle_library()
