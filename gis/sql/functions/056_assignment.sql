-- Assignment: a report's ground in every scheme, and the officer who answers for it.

-- What one scheme says of a point.
CREATE TYPE location AS (
    scheme text, area_id bigint, identity_id bigint, code text, name text, scope_ids bigint[],
    officer_id bigint, officer_role text, how text, distance_m double precision, rivals jsonb,
    facts jsonb, lon double precision, lat double precision);

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
