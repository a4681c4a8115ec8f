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

-- The officer who answers on a ground for a line of work at a moment.
--
-- `ground_ids` are identities from the top down to the leaf. A posting to the leaf or to the
-- building answers for all matters or for its line; one further up answers for its line, and
-- a head there where nobody nearer is posted. What comes before what is in choice_order and
-- role_order: each criterion weighs a thousand times the next.
DROP FUNCTION IF EXISTS answerable;
DROP FUNCTION IF EXISTS choose_officer;
CREATE FUNCTION choose_officer(
    ground_ids bigint[], at_building_id bigint, for_line text, at timestamptz, local_at timestamp,
    OUT officer_id bigint, OUT officer_code text, OUT officer_name text, OUT officer_role text,
    OUT facts jsonb)
LANGUAGE plpgsql STABLE
SET search_path = public, pg_temp SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
    chosen record;
BEGIN
    SELECT c.* INTO chosen
    FROM (
        SELECT d.officer_id, d.role, d.line_code, s.name AS shift_name, r.rank AS role_rank, d.id,
               on_shift(s.weekdays, s.starts, s.ends, local_at) AS on_duty,
               CASE WHEN d.building_id IS NOT NULL THEN 0
                    ELSE cardinality(ground_ids) - array_position(ground_ids, d.area_identity_id)
               END AS reach
        FROM duty AS d
        JOIN role_order AS r ON r.role = d.role
        LEFT JOIN shift AS s ON s.code = d.shift_code
        WHERE (d.area_identity_id = ANY (ground_ids) OR d.building_id = at_building_id)
          AND (d.line_code IS NULL OR d.line_code = for_line)
          AND d.period @> at
    ) AS c
    WHERE c.line_code IS NOT NULL OR c.reach = 0 OR c.role = 'head'
    ORDER BY (
        SELECT sum(CASE o.criterion
                   WHEN 'line' THEN (c.line_code IS NULL)::integer
                   WHEN 'reach' THEN CASE WHEN c.line_code IS NULL THEN c.reach ELSE 0 END
                   WHEN 'shift' THEN (NOT c.on_duty)::integer
                   WHEN 'role' THEN c.role_rank END * 1000::bigint ^ (6 - o.rank))
        FROM choice_order AS o), c.reach, c.id
    LIMIT 1;
    IF chosen.officer_id IS NULL THEN
        RETURN;
    END IF;
    officer_id := chosen.officer_id;
    officer_role := chosen.role;
    SELECT f.officer_code, f.name INTO officer_code, officer_name
    FROM officer AS f WHERE f.id = chosen.officer_id;
    facts := jsonb_build_object(
        'on_shift', chosen.on_duty, 'shift', chosen.shift_name, 'line', chosen.line_code,
        'reach', chosen.reach);
END
$$;

-- The other areas under the circle of error, with their share of it.
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
    WHERE n.distance_m <= within_m
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

-- One point in every scheme that has areas: its ground and who answers. `local_at` decides
-- shifts, `at` versions of areas and postings.
DROP FUNCTION IF EXISTS locate_points;
DROP FUNCTION IF EXISTS locate_point;
CREATE FUNCTION locate_point(
    ordinal bigint, given_lon double precision, given_lat double precision, datum text,
    accuracy_m double precision, house_code text, address text, category text, at timestamptz,
    only_scheme text DEFAULT NULL)
RETURNS TABLE (
    given_ordinal bigint, scheme text, area_id bigint, identity_id bigint, code text, name text,
    path jsonb, scope_ids bigint[], officer_id bigint, officer_code text, officer_name text,
    officer_role text, how text, distance_m double precision, rivals jsonb, facts jsonb,
    lon double precision, lat double precision)
LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 2
SET search_path = public, pg_temp SET plan_cache_mode = force_generic_plan
AS $$
#variable_conflict use_column
DECLARE
    nearest_m double precision;
    local_at timestamp;
    line text;
    place record;
    point geometry;
    hit record;
    chosen record;
    on_boundary boolean;
    also_codes text[];
    place_facts jsonb;
BEGIN
    SELECT coalesce(
               (SELECT (s.value #>> '{}')::double precision FROM city_setting AS s
                WHERE s.name = 'nearest_m'), 200),
           locate_point.at AT TIME ZONE coalesce(
               (SELECT s.value #>> '{}' FROM city_setting AS s WHERE s.name = 'time_zone'),
               'Asia/Shanghai'),
           (SELECT c.line_code FROM category AS c WHERE c.code = locate_point.category)
    INTO nearest_m, local_at, line;
    IF given_lon IS NOT NULL AND datum IN ('wgs84', 'cgcs2000') AND house_code IS NULL THEN
        SELECT snap_degrees(given_lon) AS lon, snap_degrees(given_lat) AS lat,
               NULL::double precision AS moved_m, NULL::bigint AS building_id,
               'point' AS place_by INTO place;
    ELSE
        SELECT * INTO place FROM place_of(given_lon, given_lat, datum, house_code, address);
    END IF;
    given_ordinal := ordinal;
    lon := place.lon;
    lat := place.lat;
    point := ST_SetSRID(ST_MakePoint(lon, lat), 4490);
    place_facts := jsonb_build_object(
        'at', locate_point.at, 'datum', datum, 'moved_m', place.moved_m,
        'place_by', place.place_by, 'building', place.building_id,
        'accuracy_m', locate_point.accuracy_m);
    FOR scheme IN
        SELECT s.code FROM scheme AS s
        WHERE CASE WHEN only_scheme IS NULL THEN s.active OR s.code = 'base'
                   ELSE s.code = only_scheme END
        ORDER BY s.rank, s.code
    LOOP
        how := CASE WHEN point IS NULL THEN 'unlocated' ELSE 'outside' END;
        area_id := NULL;
        identity_id := NULL;
        code := NULL;
        name := NULL;
        path := NULL;
        scope_ids := '{}';
        distance_m := NULL;
        rivals := '[]';
        also_codes := '{}';
        FOR hit IN
            SELECT a.id, a.identity_id, a.code, a.name, a.path, a.ancestor_ids, r.matrix
            FROM area AS a
            CROSS JOIN LATERAL (SELECT ST_Relate(a.geom, point) AS matrix OFFSET 0) AS r
            WHERE a.leaf AND a.geom && point AND a.scheme = locate_point.scheme
              AND a.period @> locate_point.at
        LOOP
            on_boundary := substr(hit.matrix, 4, 1) = '0';
            CONTINUE WHEN NOT on_boundary AND substr(hit.matrix, 1, 1) <> '0';
            IF area_id IS NULL OR (on_boundary, code COLLATE "C")
                                    > (how = 'border', hit.code COLLATE "C") THEN
                also_codes := array_remove(also_codes || code, NULL);
                area_id := hit.id;
                identity_id := hit.identity_id;
                code := hit.code;
                name := hit.name;
                path := hit.path;
                scope_ids := hit.ancestor_ids;
                distance_m := 0;
                how := CASE WHEN on_boundary THEN 'border' ELSE 'inside' END;
            ELSE
                also_codes := also_codes || hit.code;
            END IF;
        END LOOP;
        IF area_id IS NULL AND point IS NOT NULL THEN
            SELECT n.id, n.distance_m, a.identity_id, a.code, a.name, a.path, a.ancestor_ids
            INTO area_id, distance_m, identity_id, code, name, path, scope_ids
            FROM nearest_leaf(locate_point.scheme, lon, lat, nearest_m, locate_point.at) AS n
            JOIN area AS a ON a.id = n.id;
            how := CASE WHEN area_id IS NULL THEN 'outside' ELSE 'nearest' END;
        END IF;
        IF accuracy_m > 0 AND point IS NOT NULL THEN
            rivals := rivals_within(
                area_id, locate_point.scheme, lon, lat, accuracy_m, locate_point.at);
        ELSIF also_codes <> '{}' THEN
            rivals := rivals_equal(also_codes);
        END IF;
        facts := place_facts;
        officer_id := NULL;
        officer_code := NULL;
        officer_name := NULL;
        officer_role := NULL;
        IF area_id IS NOT NULL THEN
            chosen := choose_officer(
                scope_ids, place.building_id, line, locate_point.at, local_at);
            officer_id := chosen.officer_id;
            officer_code := chosen.officer_code;
            officer_name := chosen.officer_name;
            officer_role := chosen.officer_role;
            facts := jsonb_strip_nulls(facts || coalesce(chosen.facts, '{}'));
        ELSE
            facts := jsonb_strip_nulls(facts);
        END IF;
        RETURN NEXT;
    END LOOP;
END
$$;

CREATE FUNCTION locate_points(
    ordinals bigint[], lons double precision[], lats double precision[], datums text[],
    accuracies double precision[], house_codes text[], addresses text[], categories text[],
    ats timestamptz[], only_scheme text DEFAULT NULL)
RETURNS TABLE (
    ordinal bigint, scheme text, area_id bigint, identity_id bigint, code text, name text,
    path jsonb, scope_ids bigint[], officer_id bigint, officer_code text, officer_name text,
    officer_role text, how text, distance_m double precision, rivals jsonb, facts jsonb,
    lon double precision, lat double precision)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = public, pg_temp
AS $$
    SELECT l.*
    FROM unnest(ordinals, lons, lats, datums, accuracies, house_codes, addresses, categories, ats)
        AS g(ordinal, lon, lat, datum, accuracy_m, house_code, address, category, at)
    CROSS JOIN LATERAL locate_point(
        g.ordinal, g.lon, g.lat, g.datum, g.accuracy_m, g.house_code, g.address, g.category, g.at,
        only_scheme) AS l
$$;

-- Who answers for whole areas at a moment: what bulk assignment asks once per area.
CREATE FUNCTION answerable(identity_ids bigint[], category text, at timestamptz)
RETURNS TABLE (identity_id bigint, officer_id bigint, officer_code text, officer_name text,
               officer_role text)
LANGUAGE sql STABLE SET search_path = public, pg_temp
AS $$
    SELECT a.identity_id, o.officer_id, o.officer_code, o.officer_name, o.officer_role
    FROM unnest(identity_ids) AS wanted(identity_id)
    JOIN area AS a ON a.identity_id = wanted.identity_id AND a.period @> at
    LEFT JOIN category AS c ON c.code = category
    CROSS JOIN LATERAL choose_officer(
        a.ancestor_ids, NULL, c.line_code, at,
        at AT TIME ZONE setting_text('time_zone', 'Asia/Shanghai')) AS o
    WHERE o.officer_id IS NOT NULL
$$;
