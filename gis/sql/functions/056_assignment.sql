-- Assignment: a report's ground in every scheme, and the officer who answers for it.

-- What one scheme says of a point.
CREATE TYPE location AS (
    scheme text, area_id bigint, identity_id bigint, code text, name text, scope_ids bigint[],
    officer_id bigint, officer_role text, how text, distance_m double precision, rivals jsonb,
    facts jsonb, lon double precision, lat double precision);

-- A point that lies in no leaf: the nearest within reach, or none, or no point at all.
CREATE FUNCTION location_outside(
    in_scheme text, lon double precision, lat double precision, nearest_m double precision,
    at timestamptz)
RETURNS location
LANGUAGE plpgsql STABLE
AS $$
DECLARE
    near record;
BEGIN
    SELECT a.id, a.identity_id, a.code, a.name, a.ancestor_ids, n.distance_m INTO near
    FROM nearest_leaf(in_scheme, lon, lat, nearest_m, at) AS n
    JOIN area AS a ON a.id = n.id;
    RETURN (in_scheme, near.id, near.identity_id, near.code, near.name,
            coalesce(near.ancestor_ids, '{}'), NULL, NULL,
            CASE WHEN lon IS NULL THEN 'unlocated'
                 WHEN near.id IS NULL THEN 'outside' ELSE 'nearest' END,
            near.distance_m, '[]', NULL, lon, lat)::location;
END
$$;

-- One point in every scheme that has areas: its ground, and who answers for a line of work.
--
-- Two statements with few nodes (both keep the schemes' order by their nesting), no sort and no projection that is not needed: in a transaction
-- of one report the setting up of each costs more than its running.
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
    other location;
    hit record;
    lon double precision := snap_degrees(given_lon);
    lat double precision := snap_degrees(given_lat);
    moved_m double precision;
    building_id bigint;
    place_by text := 'point';
    point geometry;
    place integer := 0;
    in_scheme text;
BEGIN
    point := ST_SetSRID(ST_MakePoint(lon, lat), 4490);
    -- The common case in one statement: a plain point inside one leaf of each scheme. All others
    -- go step by step below; a test holds both to the same answers.
    IF accuracy_m IS NULL AND house_code IS NULL AND datum IN ('wgs84', 'cgcs2000') THEN
        SELECT array_agg(
                   (a.scheme, a.id, a.identity_id, a.code, a.name, a.ancestor_ids,
                    o.officer_id, o.officer_role, 'inside', 0.0, '[]',
                    jsonb_strip_nulls(jsonb_build_object(
                        'at', at, 'datum', datum, 'place_by', 'point', 'on_shift', o.on_duty,
                        'shift', o.shift_name, 'line', o.line_code, 'reach', o.reach)),
                    lon, lat)::location
                   ORDER BY a.place)
        INTO found
        FROM (
            SELECT l.scheme, l.id, l.identity_id, l.code, l.name, l.ancestor_ids,
                   array_position(rules.schemes, l.scheme) AS place,
                   ST_Relate(l.geom, point) AS matrix
            FROM area AS l
            WHERE l.leaf AND l.geom && ST_Expand(point, 0) AND l.period @> at
              AND l.scheme = ANY (rules.schemes)
            OFFSET 0
        ) AS a
        LEFT JOIN LATERAL choose_officer(
            a.ancestor_ids, NULL, line, at, local_at, rules) AS o ON true
        WHERE a.matrix <> 'FF2FF10F2'
        -- As many as there are schemes, and each scheme's bit once.
        HAVING bool_and(a.matrix = '0F2FF1FF2')
           AND count(*) = cardinality(rules.schemes)
           AND sum(1::bigint << a.place) = (2::bigint << cardinality(rules.schemes)) - 2;
        IF found IS NOT NULL THEN
            RETURN found;
        END IF;
    END IF;
    IF given_lon IS NULL OR house_code IS NOT NULL OR datum IN ('gcj02', 'bd09') THEN
        SELECT * INTO hit FROM place_of(given_lon, given_lat, datum, house_code, address);
        lon := hit.lon;
        lat := hit.lat;
        moved_m := hit.moved_m;
        building_id := hit.building_id;
        place_by := hit.place_by;
        point := ST_SetSRID(ST_MakePoint(lon, lat), 4490);
    END IF;
    -- A polygon carries its box, a point does not: the index would draw one at every step.
    FOR hit IN
        SELECT a.scheme, a.id, a.identity_id, a.code, a.name, a.ancestor_ids,
               ST_Relate(a.geom, point) AS matrix
        FROM area AS a
        WHERE a.leaf AND a.geom && ST_Expand(point, 0) AND a.period @> at
          AND a.scheme = ANY (rules.schemes)
    LOOP
        CONTINUE WHEN hit.matrix = 'FF2FF10F2';
        place := array_position(rules.schemes, hit.scheme);
        here := (hit.scheme, hit.id, hit.identity_id, hit.code, hit.name, hit.ancestor_ids,
                 NULL, NULL,
                 CASE WHEN substr(hit.matrix, 4, 1) = '0' THEN 'border' ELSE 'inside' END,
                 0.0, '[]', NULL, lon, lat);
        other := found[place];
        IF other.area_id IS NOT NULL THEN
            IF (other.how, other.code COLLATE "C") < (here.how, here.code COLLATE "C") THEN
                here := other;
                other.code := hit.code;
            END IF;
            here.rivals := other.rivals || jsonb_build_object('code', other.code);
        END IF;
        found[place] := here;
    END LOOP;
    place := 0;
    FOREACH in_scheme IN ARRAY rules.schemes LOOP
        place := place + 1;
        here := found[place];
        IF here.area_id IS NULL THEN
            here := location_outside(in_scheme, lon, lat, rules.nearest_m, at);
        END IF;
        IF accuracy_m >= 0.01 AND point IS NOT NULL THEN
            here.rivals := rivals_within(here.area_id, in_scheme, lon, lat, accuracy_m, at);
        ELSIF here.rivals <> '[]' THEN
            here.rivals := rivals_equal(here.rivals);
        END IF;
        found[place] := here;
    END LOOP;
    place := 0;
    FOR hit IN
        SELECT o.*
        FROM unnest(found) AS f
        LEFT JOIN LATERAL choose_officer(
            f.scope_ids, building_id, line, at, local_at, rules) AS o ON true
    LOOP
        place := place + 1;
        here := found[place];
        here.officer_id := hit.officer_id;
        here.officer_role := hit.officer_role;
        here.facts := jsonb_strip_nulls(jsonb_build_object(
            'at', at, 'datum', datum, 'place_by', place_by, 'moved_m', moved_m,
            'building', building_id, 'accuracy_m', accuracy_m, 'on_shift', hit.on_duty,
            'shift', hit.shift_name, 'line', hit.line_code, 'reach', hit.reach));
        found[place] := here;
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
