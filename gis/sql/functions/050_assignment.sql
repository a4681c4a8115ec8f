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
DROP VIEW IF EXISTS assignment_rules;

-- What a city has set, in one row: read once for a statement, not once for a choice.
CREATE VIEW assignment_rules AS
SELECT coalesce(
           (SELECT (c.value #>> '{}')::double precision FROM city_setting AS c
            WHERE c.name = 'nearest_m'), 200) AS nearest_m,
       coalesce(
           (SELECT c.value #>> '{}' FROM city_setting AS c WHERE c.name = 'time_zone'),
           'Asia/Shanghai') AS time_zone,
       ARRAY(SELECT s.code FROM scheme AS s WHERE s.active OR s.code = 'base'
             ORDER BY s.rank, s.code) AS schemes,
       ARRAY(SELECT r.role FROM role_order AS r ORDER BY r.rank, r.role) AS roles,
       weight.*
FROM (
    SELECT coalesce(sum(w.weight) FILTER (WHERE w.criterion = 'line'), 0)::bigint AS line,
           coalesce(sum(w.weight) FILTER (WHERE w.criterion = 'reach'), 0)::bigint AS reach,
           coalesce(sum(w.weight) FILTER (WHERE w.criterion = 'shift'), 0)::bigint AS shift,
           coalesce(sum(w.weight) FILTER (WHERE w.criterion = 'role'), 0)::bigint AS role
    FROM (SELECT o.criterion, 100::bigint ^ (7 - o.rank) AS weight FROM choice_order AS o) AS w
) AS weight;

-- The officer who answers on a ground for a line of work at a moment.
--
-- `ground_ids` are identities from the top down to the leaf. A posting to the leaf or to the
-- building answers for all matters or for its line; one further up answers for its line, and
-- a head there where nobody nearer is posted. What comes before what is in choice_order and
-- role_order: each criterion weighs a hundred times the next.
CREATE FUNCTION choose_officer(
    ground_ids bigint[], at_building_id bigint, for_line text, at timestamptz,
    rules assignment_rules, OUT officer_id bigint, OUT officer_role text, OUT facts jsonb)
LANGUAGE plpgsql STABLE
AS $$
DECLARE
    local_at constant timestamp := at AT TIME ZONE rules.time_zone;
    d record;
    on_duty boolean;
    reach integer;
    place bigint;
    best_place bigint;
BEGIN
    FOR d IN
        SELECT p.officer_id, p.role, p.line_code, p.building_id, p.area_identity_id,
               s.name, s.weekdays, s.starts, s.ends
        FROM duty AS p
        LEFT JOIN shift AS s ON s.code = p.shift_code
        WHERE (p.area_identity_id = ANY (ground_ids)
               OR at_building_id IS NOT NULL AND p.building_id = at_building_id)
          AND (p.line_code IS NULL OR p.line_code = for_line)
          AND p.period @> at
          AND p.role = ANY (rules.roles)
        ORDER BY p.id
    LOOP
        reach := CASE WHEN d.building_id IS NOT NULL THEN 0
            ELSE cardinality(ground_ids) - array_position(ground_ids, d.area_identity_id) END;
        CONTINUE WHEN d.line_code IS NULL AND reach > 0 AND d.role <> 'head';
        on_duty := on_shift(d.weekdays, d.starts, d.ends, local_at);
        place := reach + rules.role * array_position(rules.roles, d.role)
            + CASE WHEN d.line_code IS NULL THEN rules.line + rules.reach * reach ELSE 0 END
            + CASE WHEN on_duty THEN 0 ELSE rules.shift END;
        IF best_place IS NULL OR place < best_place THEN
            best_place := place;
            officer_id := d.officer_id;
            officer_role := d.role;
            facts := jsonb_build_object('on_shift', on_duty, 'shift', d.name,
                                        'line', d.line_code, 'reach', reach);
        END IF;
    END LOOP;
END
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

-- One point in every scheme that has areas: its ground, and who answers for a line of work.
CREATE FUNCTION locate_point(
    given_lon double precision, given_lat double precision, datum text,
    accuracy_m double precision, house_code text, address text, line text, at timestamptz,
    rules assignment_rules)
RETURNS TABLE (
    scheme text, area_id bigint, identity_id bigint, code text, name text, scope_ids bigint[],
    officer_id bigint, officer_role text, how text, distance_m double precision, rivals jsonb,
    facts jsonb, lon double precision, lat double precision)
LANGUAGE plpgsql STABLE ROWS 2
AS $$
#variable_conflict use_column
DECLARE
    building_id bigint;
    point geometry;
    hit record;
    chosen record;
    on_boundary boolean;
    also_codes text[];
    place_facts jsonb := jsonb_build_object('at', locate_point.at, 'datum', datum);
BEGIN
    IF given_lon IS NOT NULL AND datum IN ('wgs84', 'cgcs2000') AND house_code IS NULL THEN
        lon := snap_degrees(given_lon);
        lat := snap_degrees(given_lat);
        place_facts := place_facts || '{"place_by": "point"}';
    ELSE
        SELECT * INTO hit FROM place_of(given_lon, given_lat, datum, house_code, address);
        lon := hit.lon;
        lat := hit.lat;
        building_id := hit.building_id;
        place_facts := place_facts || jsonb_strip_nulls(jsonb_build_object(
            'moved_m', hit.moved_m, 'place_by', hit.place_by, 'building', hit.building_id));
    END IF;
    IF accuracy_m IS NOT NULL THEN
        place_facts := place_facts || jsonb_build_object('accuracy_m', accuracy_m);
    END IF;
    point := ST_SetSRID(ST_MakePoint(lon, lat), 4490);
    FOREACH scheme IN ARRAY rules.schemes LOOP
        how := CASE WHEN point IS NULL THEN 'unlocated' ELSE 'outside' END;
        area_id := NULL;
        identity_id := NULL;
        code := NULL;
        name := NULL;
        scope_ids := '{}';
        distance_m := NULL;
        rivals := '[]';
        also_codes := '{}';
        FOR hit IN
            SELECT a.id, a.identity_id, a.code, a.name, a.ancestor_ids, r.matrix
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
                scope_ids := hit.ancestor_ids;
                distance_m := 0;
                how := CASE WHEN on_boundary THEN 'border' ELSE 'inside' END;
            ELSE
                also_codes := also_codes || hit.code;
            END IF;
        END LOOP;
        IF area_id IS NULL AND point IS NOT NULL THEN
            SELECT n.id, n.distance_m, a.identity_id, a.code, a.name, a.ancestor_ids
            INTO area_id, distance_m, identity_id, code, name, scope_ids
            FROM nearest_leaf(locate_point.scheme, lon, lat, rules.nearest_m, locate_point.at) AS n
            JOIN area AS a ON a.id = n.id;
            how := CASE WHEN area_id IS NULL THEN 'outside' ELSE 'nearest' END;
            scope_ids := coalesce(scope_ids, '{}');
        END IF;
        IF accuracy_m >= 0.01 AND point IS NOT NULL THEN
            rivals := rivals_within(
                area_id, locate_point.scheme, lon, lat, accuracy_m, locate_point.at);
        ELSIF also_codes <> '{}' THEN
            rivals := rivals_equal(also_codes);
        END IF;
        facts := place_facts;
        officer_id := NULL;
        officer_role := NULL;
        IF area_id IS NOT NULL THEN
            chosen := choose_officer(scope_ids, building_id, line, locate_point.at, rules);
            officer_id := chosen.officer_id;
            officer_role := chosen.officer_role;
            facts := facts || jsonb_strip_nulls(coalesce(chosen.facts, '{}'));
        END IF;
        RETURN NEXT;
    END LOOP;
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
    CROSS JOIN LATERAL locate_point(
        g.lon, g.lat, g.datum, g.accuracy_m, g.house_code, g.address, c.line_code, g.at, rules)
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
    CROSS JOIN LATERAL choose_officer(a.ancestor_ids, NULL, c.line_code, at, r) AS o
    JOIN officer AS f ON f.id = o.officer_id
$$;
