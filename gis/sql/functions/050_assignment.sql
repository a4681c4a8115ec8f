-- Assignment: a report's ground in every scheme, and the officer who answers for it.
--
-- Points meet polygons by ST_Relate, which is GEOS's robust predicate as in shapely; PostGIS's
-- own point-in-polygon, behind ST_Intersects, differs from it close to edges.
--
-- What runs for every report is planned once a session: plpgsql with generic plans, and helpers
-- without a SET clause, so that the planner inlines them (planning each time costs tenfold).

CREATE OR REPLACE FUNCTION setting_number(setting_name text, otherwise double precision)
RETURNS double precision
LANGUAGE sql STABLE
AS $$
    SELECT coalesce(
        (SELECT (value #>> '{}')::double precision FROM city_setting WHERE name = setting_name),
        otherwise)
$$;

CREATE OR REPLACE FUNCTION setting_text(setting_name text, otherwise text)
RETURNS text
LANGUAGE sql STABLE
AS $$
    SELECT coalesce(
        (SELECT value #>> '{}' FROM city_setting WHERE name = setting_name), otherwise)
$$;

-- What was received, understood: CGCS2000 coordinates on the storage grid, by the first of
-- coordinates, house or building code, exact address text. All NULL where only words remain.
CREATE OR REPLACE FUNCTION place_of(
    given_lon double precision, given_lat double precision, datum text,
    given_house_code text, given_address text,
    OUT lon double precision, OUT lat double precision, OUT moved_m double precision,
    OUT building_id bigint, OUT place_by text)
LANGUAGE plpgsql STABLE SET search_path = public, pg_temp
AS $$
DECLARE
    metres record;
BEGIN
    IF given_lon IS NOT NULL THEN
        place_by := 'point';
        lon := given_lon;
        lat := given_lat;
        IF datum = 'gcj02' THEN
            SELECT c.lon, c.lat INTO lon, lat FROM gcj02_to_cgcs2000(given_lon, given_lat) AS c;
        ELSIF datum = 'bd09' THEN
            SELECT c.lon, c.lat INTO lon, lat FROM bd09_to_cgcs2000(given_lon, given_lat) AS c;
        END IF;
        IF datum IN ('gcj02', 'bd09') THEN
            SELECT * INTO metres FROM metres_per_degree(lat);
            moved_m := round(sqrt(
                ((lon - given_lon) * metres.kx) ^ 2 + ((lat - given_lat) * metres.ky) ^ 2));
        END IF;
        IF given_house_code IS NOT NULL THEN
            SELECT b.id INTO building_id FROM building AS b
            WHERE b.building_code = left(given_house_code, 19);
        END IF;
    ELSE
        IF given_house_code IS NOT NULL THEN
            place_by := 'house_code';
            SELECT ST_X(a.geom), ST_Y(a.geom), a.building_id INTO lon, lat, building_id
            FROM address AS a WHERE a.house_code = given_house_code;
            IF lon IS NULL THEN
                place_by := 'building_code';
                SELECT ST_X(ST_PointOnSurface(b.geom)), ST_Y(ST_PointOnSurface(b.geom)), b.id
                INTO lon, lat, building_id
                FROM building AS b
                WHERE b.building_code = left(given_house_code, 19);
            END IF;
        END IF;
        IF lon IS NULL AND given_address IS NOT NULL THEN
            place_by := 'address';
            SELECT ST_X(a.geom), ST_Y(a.geom), a.building_id INTO lon, lat, building_id
            FROM address AS a WHERE a.text = given_address
            ORDER BY a.house_code COLLATE "C" LIMIT 1;
        END IF;
        IF lon IS NULL THEN
            place_by := NULL;
        END IF;
    END IF;
    lon := snap_degrees(lon);
    lat := snap_degrees(lat);
END
$$;

-- Whether a shift runs at a local time; no shift runs always.
CREATE OR REPLACE FUNCTION on_shift(
    weekdays smallint[], starts time, ends time, local_at timestamp)
RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE
    WHEN starts IS NULL THEN true
    WHEN starts < ends THEN
        extract(isodow FROM local_at)::smallint = ANY (weekdays)
        AND local_at::time >= starts AND local_at::time < ends
    ELSE
        (local_at::time >= starts AND extract(isodow FROM local_at)::smallint = ANY (weekdays))
        OR (local_at::time < ends
            AND extract(isodow FROM local_at - interval '1 day')::smallint = ANY (weekdays))
END;

DROP FUNCTION IF EXISTS answerable;
DROP FUNCTION IF EXISTS locate_points;
DROP FUNCTION IF EXISTS locate_point;
DROP FUNCTION IF EXISTS choose_officer;
DROP MATERIALIZED VIEW IF EXISTS assignment_rules;
DROP TYPE IF EXISTS location;

-- What one scheme says of a point.
CREATE TYPE location AS (
    scheme text, area_id bigint, identity_id bigint, code text, name text, scope_ids bigint[],
    officer_id bigint, officer_role text, how text, distance_m double precision, rivals jsonb,
    facts jsonb, lon double precision, lat double precision);

-- What a city has set, in one row, kept ready: it is read for every report and changes once a
-- year. Triggers on the tables it is made from refresh it.
CREATE MATERIALIZED VIEW assignment_rules AS
SELECT coalesce(
           (SELECT (c.value #>> '{}')::double precision FROM city_setting AS c
            WHERE c.name = 'nearest_m'), 200) AS nearest_m,
       coalesce(
           (SELECT c.value #>> '{}' FROM city_setting AS c WHERE c.name = 'time_zone'),
           'Asia/Shanghai') AS time_zone,
       ARRAY(SELECT s.code FROM scheme AS s WHERE s.active OR s.code = 'base'
             ORDER BY s.code <> 'base', s.rank, s.code) AS schemes,
       ARRAY(SELECT r.role FROM role_order AS r ORDER BY r.rank, r.role) AS roles,
       weight.*
FROM (
    SELECT coalesce(sum(w.weight) FILTER (WHERE w.criterion = 'line'), 0)::bigint AS line,
           coalesce(sum(w.weight) FILTER (WHERE w.criterion = 'reach'), 0)::bigint AS reach,
           coalesce(sum(w.weight) FILTER (WHERE w.criterion = 'shift'), 0)::bigint AS shift,
           coalesce(sum(w.weight) FILTER (WHERE w.criterion = 'role'), 0)::bigint AS role
    FROM (SELECT o.criterion, 100::bigint ^ (7 - o.rank) AS weight FROM choice_order AS o) AS w
) AS weight;

CREATE OR REPLACE FUNCTION assignment_rules_changed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
BEGIN
    REFRESH MATERIALIZED VIEW assignment_rules;
    RETURN NULL;
END
$$;

-- The officer who answers on a ground for a line of work at a moment.
--
-- `ground_ids` are identities from the top down to the leaf. A posting to the leaf or to the
-- building answers for all matters or for its line; one further up answers for its line, and
-- a head there where nobody nearer is posted. What comes before what is in choice_order and
-- role_order: each criterion weighs a hundred times the next.
CREATE FUNCTION choose_officer(
    ground_ids bigint[], at_building_id bigint, for_line text, at timestamptz,
    local_at timestamp, rules assignment_rules)
RETURNS TABLE (officer_id bigint, officer_role text, on_duty boolean, shift_name text,
               line_code text, reach integer)
LANGUAGE sql STABLE ROWS 1
AS $$
    SELECT c.officer_id, c.role, c.on_duty, c.shift_name, c.line_code, c.reach
    FROM (
        SELECT p.officer_id, p.role, p.line_code, s.name AS shift_name, p.id,
               on_shift(s.weekdays, s.starts, s.ends, local_at) AS on_duty,
               array_position(rules.roles, p.role) AS role_place,
               CASE WHEN p.building_id IS NOT NULL THEN 0
                    ELSE cardinality(ground_ids)
                         - array_position(ground_ids, p.area_identity_id) END AS reach
        FROM duty AS p
        LEFT JOIN shift AS s ON s.code = p.shift_code
        WHERE (p.area_identity_id = ANY (ground_ids) OR p.building_id = at_building_id)
          AND (p.line_code IS NULL OR p.line_code = for_line)
          AND p.period @> at
    ) AS c
    WHERE c.role_place IS NOT NULL
      AND (c.line_code IS NOT NULL OR c.reach = 0 OR c.role = 'head')
    ORDER BY c.reach + rules.role * c.role_place
             + CASE WHEN c.line_code IS NULL THEN rules.line + rules.reach * c.reach ELSE 0 END
             + CASE WHEN c.on_duty THEN 0 ELSE rules.shift END, c.id
    LIMIT 1
$$;

-- The other areas under the circle of error, with their share of it. The circle must be of a
-- centimetre or more: doubles can't draw it much smaller.
CREATE OR REPLACE FUNCTION rivals_within(
    own_id bigint, in_scheme text, lon double precision, lat double precision,
    accuracy_m double precision, at timestamptz)
RETURNS jsonb
LANGUAGE sql STABLE
AS $$
    SELECT coalesce(
        jsonb_agg(jsonb_build_object('code', s.code, 'share', s.share)
                  ORDER BY s.share DESC, s.code), '[]')
    FROM (
        SELECT a.code,
               round((ST_Area(ST_Intersection(a.geom, e.circle)) / ST_Area(e.circle))::numeric, 2)
                   AS share
        FROM metres_per_degree(lat) AS m
        CROSS JOIN LATERAL (
            SELECT ST_SetSRID(ST_Translate(
                ST_Scale(ST_Buffer(ST_MakePoint(0, 0), accuracy_m, 16), 1 / m.kx, 1 / m.ky),
                lon, lat), 4490) AS circle
        ) AS e
        JOIN area AS a
            ON a.leaf AND a.scheme = in_scheme AND a.geom && e.circle AND a.period @> at
            -- Too small for half a hundredth: under a very wide circle that is all of them.
            AND (ST_XMax(a.geom) - ST_XMin(a.geom)) * (ST_YMax(a.geom) - ST_YMin(a.geom))
                >= 0.0049 * ST_Area(e.circle)
        WHERE a.id IS DISTINCT FROM own_id
    ) AS s
    WHERE s.share > 0
$$;

-- The nearest leaf of a scheme within a distance, to the millimetre; ties to the lowest code.
CREATE OR REPLACE FUNCTION nearest_leaf(
    in_scheme text, lon double precision, lat double precision, within_m double precision,
    at timestamptz)
RETURNS TABLE (id bigint, distance_m double precision)
LANGUAGE sql STABLE ROWS 1
AS $$
    SELECT n.id, n.distance_m
    FROM (
        SELECT a.id, a.code,
               round(ST_Distance(
                   ST_TransScale(a.geom, -lon, -lat, m.kx, m.ky),
                   ST_SetSRID(ST_MakePoint(0, 0), 4490)) * 1000) / 1000 AS distance_m
        FROM metres_per_degree(lat) AS m
        JOIN area AS a
            ON a.leaf AND a.scheme = in_scheme AND a.period @> at
            AND a.geom && ST_Expand(ST_SetSRID(ST_MakePoint(lon, lat), 4490),
                                    (within_m + 1) / m.kx, (within_m + 1) / m.ky)
    ) AS n
    WHERE within_m > 0 AND n.distance_m <= within_m
    ORDER BY n.distance_m, n.code
    LIMIT 1
$$;

-- The others that a point touches, each with an equal share of it.
CREATE OR REPLACE FUNCTION rivals_equal(codes text[])
RETURNS jsonb
LANGUAGE sql IMMUTABLE
AS $$
    SELECT jsonb_agg(
        jsonb_build_object('code', c.code, 'share', round(1.0 / (cardinality(codes) + 1), 2))
        ORDER BY c.code COLLATE "C")
    FROM unnest(codes) AS c(code)
$$;

-- The leaves of a scheme that a point lies in or touches, the one that answers first.
CREATE OR REPLACE FUNCTION ground_at(in_scheme text, point geometry, at timestamptz)
RETURNS TABLE (id bigint, identity_id bigint, code text, name text, ancestor_ids bigint[],
               how text, distance_m double precision)
LANGUAGE sql STABLE ROWS 1
AS $$
    SELECT a.id, a.identity_id, a.code, a.name, a.ancestor_ids,
           CASE WHEN substr(r.matrix, 4, 1) = '0' THEN 'border' ELSE 'inside' END,
           0.0::double precision
    FROM area AS a
    CROSS JOIN LATERAL (SELECT ST_Relate(a.geom, point) AS matrix OFFSET 0) AS r
    WHERE a.leaf AND a.geom && point AND a.scheme = in_scheme AND a.period @> at
      AND (substr(r.matrix, 1, 1) = '0' OR substr(r.matrix, 4, 1) = '0')
    ORDER BY substr(r.matrix, 4, 1) = '0' DESC, a.code
$$;

-- What `why` is told from.
CREATE OR REPLACE FUNCTION location_facts(
    at timestamptz, datum text, place_by text, moved_m double precision, building_id bigint,
    accuracy_m double precision, on_duty boolean, shift_name text, line_code text, reach integer)
RETURNS jsonb
LANGUAGE sql STABLE
AS $$
    SELECT jsonb_strip_nulls(jsonb_build_object(
        'at', at, 'datum', datum, 'place_by', place_by, 'moved_m', moved_m,
        'building', building_id, 'accuracy_m', accuracy_m, 'on_shift', on_duty,
        'shift', shift_name, 'line', line_code, 'reach', reach))
$$;

-- One point in every scheme that has areas: its ground, and who answers for a line of work.
--
-- Few expressions and few statements: in a transaction of one report each of them is set up anew.
CREATE FUNCTION locate_point(
    given_lon double precision, given_lat double precision, datum text,
    accuracy_m double precision, house_code text, address text, line text, at timestamptz,
    rules assignment_rules)
RETURNS location[]
LANGUAGE plpgsql STABLE
AS $$
DECLARE
    local_at constant timestamp := at AT TIME ZONE rules.time_zone;
    found location[];
    here location;
    place record;
    hit record;
    lon double precision := snap_degrees(given_lon);
    lat double precision := snap_degrees(given_lat);
    moved_m double precision;
    building_id bigint;
    place_by text := 'point';
    point geometry;
    also_codes text[];
BEGIN
    IF given_lon IS NULL OR house_code IS NOT NULL OR datum IN ('gcj02', 'bd09') THEN
        SELECT * INTO place FROM place_of(given_lon, given_lat, datum, house_code, address);
        lon := place.lon;
        lat := place.lat;
        moved_m := place.moved_m;
        building_id := place.building_id;
        place_by := place.place_by;
    END IF;
    point := ST_SetSRID(ST_MakePoint(lon, lat), 4490);
    FOR hit IN
        SELECT z.scheme, a.id, a.identity_id, a.code, a.name, a.ancestor_ids, a.how, a.distance_m,
               o.*
        FROM unnest(rules.schemes) WITH ORDINALITY AS z(scheme, place)
        LEFT JOIN LATERAL ground_at(z.scheme, point, at) AS a ON true
        LEFT JOIN LATERAL choose_officer(
            a.ancestor_ids, building_id, line, at, local_at, rules) AS o ON true
        ORDER BY z.place, a.how, a.code
    LOOP
        IF hit.scheme = here.scheme THEN
            also_codes := also_codes || hit.code;
            IF accuracy_m IS NULL OR accuracy_m < 0.01 THEN
                found[cardinality(found)].rivals := rivals_equal(also_codes);
            END IF;
            CONTINUE;
        END IF;
        also_codes := NULL;
        IF hit.id IS NULL AND point IS NOT NULL THEN
            SELECT hit.scheme, a.id, a.identity_id, a.code, a.name, a.ancestor_ids,
                   CASE WHEN a.id IS NOT NULL THEN 'nearest' END AS how, n.distance_m, o.*
            INTO hit
            FROM (SELECT) AS always
            LEFT JOIN nearest_leaf(hit.scheme, lon, lat, rules.nearest_m, at) AS n ON true
            LEFT JOIN area AS a ON a.id = n.id
            LEFT JOIN LATERAL choose_officer(
                a.ancestor_ids, building_id, line, at, local_at, rules) AS o ON true;
        END IF;
        here := (hit.scheme, hit.id, hit.identity_id, hit.code, hit.name,
                 coalesce(hit.ancestor_ids, '{}'), hit.officer_id, hit.officer_role,
                 CASE WHEN point IS NULL THEN 'unlocated' ELSE coalesce(hit.how, 'outside') END,
                 hit.distance_m,
                 CASE WHEN accuracy_m >= 0.01 AND point IS NOT NULL
                      THEN rivals_within(hit.id, hit.scheme, lon, lat, accuracy_m, at)
                      ELSE '[]' END,
                 location_facts(at, datum, place_by, moved_m, building_id, accuracy_m,
                                hit.on_duty, hit.shift_name, hit.line_code, hit.reach),
                 lon, lat);
        found := found || here;
    END LOOP;
    RETURN found;
END
$$;

-- Many points at once, with names for people. It stores nothing and shows who answers where to
-- anyone who may ask: the same that whoever files a report is told.
CREATE FUNCTION locate_points(
    ordinals bigint[], lons double precision[], lats double precision[], datums text[],
    accuracies double precision[], house_codes text[], addresses text[], categories text[],
    ats timestamptz[], only_scheme text DEFAULT NULL)
RETURNS TABLE (
    ordinal bigint, scheme text, area_id bigint, identity_id bigint, code text, name text,
    path jsonb, scope_ids bigint[], officer_id bigint, officer_code text, officer_name text,
    officer_role text, how text, distance_m double precision, rivals jsonb, facts jsonb,
    lon double precision, lat double precision)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = public, pg_temp SET plan_cache_mode = force_generic_plan
AS $$
#variable_conflict use_column
DECLARE
    rules assignment_rules;
BEGIN
    PERFORM require_scope();
    SELECT * INTO rules FROM assignment_rules;
    rules.schemes := CASE WHEN only_scheme IS NULL THEN rules.schemes ELSE ARRAY[only_scheme] END;
    RETURN QUERY
    SELECT g.ordinal, l.scheme, l.area_id, l.identity_id, l.code, l.name, a.path, l.scope_ids,
           l.officer_id, f.officer_code, f.name, l.officer_role, l.how, l.distance_m, l.rivals,
           l.facts, l.lon, l.lat
    FROM unnest(ordinals, lons, lats, datums, accuracies, house_codes, addresses, categories, ats)
        AS g(ordinal, lon, lat, datum, accuracy_m, house_code, address, category, at)
    LEFT JOIN category AS c ON c.code = g.category
    CROSS JOIN LATERAL unnest(locate_point(
        g.lon, g.lat, g.datum, g.accuracy_m, g.house_code, g.address, c.line_code, g.at, rules))
        WITH ORDINALITY AS l
    LEFT JOIN area AS a ON a.id = l.area_id
    LEFT JOIN officer AS f ON f.id = l.officer_id
    ORDER BY g.ordinal, l.ordinality;
END
$$;

-- Who answers for whole areas at a moment: what bulk assignment asks once per area.
CREATE FUNCTION answerable(identity_ids bigint[], category text, at timestamptz)
RETURNS TABLE (identity_id bigint, officer_id bigint, officer_code text, officer_name text,
               officer_role text)
LANGUAGE sql STABLE SET search_path = public, pg_temp
AS $$
    SELECT a.identity_id, o.officer_id, f.officer_code, f.name, o.officer_role
    FROM unnest(identity_ids) AS wanted(identity_id)
    JOIN area AS a ON a.identity_id = wanted.identity_id AND a.period @> at
    LEFT JOIN category AS c ON c.code = category
    CROSS JOIN assignment_rules AS r
    CROSS JOIN LATERAL choose_officer(
        a.ancestor_ids, NULL, c.line_code, at, at AT TIME ZONE r.time_zone, r) AS o
    JOIN officer AS f ON f.id = o.officer_id
$$;
