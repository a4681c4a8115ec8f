-- Assignment: a report's ground in every scheme, and the officer who answers for it.
--
-- Points meet polygons by ST_Relate, which is GEOS's robust predicate as in shapely; PostGIS's
-- own point-in-polygon, behind ST_Intersects, differs from it close to edges.

CREATE OR REPLACE FUNCTION setting_number(setting_name text, otherwise double precision)
RETURNS double precision
LANGUAGE sql STABLE SET search_path = public, pg_temp
AS $$
    SELECT coalesce(
        (SELECT (value #>> '{}')::double precision FROM city_setting WHERE name = setting_name),
        otherwise)
$$;

CREATE OR REPLACE FUNCTION setting_text(setting_name text, otherwise text)
RETURNS text
LANGUAGE sql STABLE SET search_path = public, pg_temp
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
-- role_order.
CREATE OR REPLACE FUNCTION choose_officer(
    ground_ids bigint[], at_building_id bigint, for_line text, at timestamptz, local_at timestamp)
RETURNS TABLE (officer_id bigint, officer_role text, duty_id bigint, on_duty boolean,
               for_its_line boolean, reach integer)
LANGUAGE sql STABLE ROWS 1 SET search_path = public, pg_temp
AS $$
    SELECT c.officer_id, c.role, c.id, c.on_duty, c.for_its_line, c.reach
    FROM (
        SELECT d.officer_id, d.role, d.id, r.rank AS role_rank,
               on_shift(s.weekdays, s.starts, s.ends, local_at) AS on_duty,
               d.line_code IS NOT NULL AS for_its_line,
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
    CROSS JOIN (
        SELECT max(1000.0 ^ (8 - rank)) FILTER (WHERE criterion = 'line') AS line,
               max(1000.0 ^ (8 - rank)) FILTER (WHERE criterion = 'reach') AS reach,
               max(1000.0 ^ (8 - rank)) FILTER (WHERE criterion = 'shift') AS shift,
               max(1000.0 ^ (8 - rank)) FILTER (WHERE criterion = 'role') AS role
        FROM choice_order
    ) AS weight
    WHERE c.for_its_line OR c.reach = 0 OR c.role = 'head'
    ORDER BY
        (NOT c.for_its_line)::integer * coalesce(weight.line, 0)
        + CASE WHEN c.for_its_line THEN 0 ELSE c.reach END * coalesce(weight.reach, 0)
        + (NOT c.on_duty)::integer * coalesce(weight.shift, 0)
        + c.role_rank * coalesce(weight.role, 0),
        c.reach, c.id
    LIMIT 1
$$;

-- The other areas under the circle of error, with their share of it.
CREATE OR REPLACE FUNCTION rivals_within(
    own_id bigint, in_scheme text, lon double precision, lat double precision,
    accuracy_m double precision, at timestamptz)
RETURNS jsonb
LANGUAGE sql STABLE SET search_path = public, pg_temp
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

DROP FUNCTION IF EXISTS locate_points;
CREATE FUNCTION locate_points(
    ordinals bigint[], lons double precision[], lats double precision[], datums text[],
    accuracies double precision[], house_codes text[], addresses text[], categories text[],
    ats timestamptz[], only_scheme text DEFAULT NULL)
RETURNS TABLE (
    ordinal bigint, scheme text, area_id bigint, identity_id bigint, code text, name text,
    path jsonb, scope_ids bigint[], officer_id bigint, officer_code text, officer_name text,
    officer_role text, how text, distance_m double precision, rivals jsonb, facts jsonb,
    lon double precision, lat double precision)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    nearest_m constant double precision := setting_number('nearest_m', 200);
    time_zone constant text := setting_text('time_zone', 'Asia/Shanghai');
    schemes constant text[] := ARRAY(
        SELECT s.code FROM scheme AS s
        WHERE (only_scheme IS NULL AND (s.active OR s.code = 'base')) OR s.code = only_scheme
        ORDER BY s.rank, s.code);
BEGIN
    RETURN QUERY
    SELECT p.ordinal, p.scheme, found.area_id, a.identity_id, a.code, a.name, a.path,
           coalesce(a.ancestor_ids, '{}'), o.officer_id, f.officer_code, f.name, o.officer_role,
           CASE WHEN p.point IS NULL THEN 'unlocated'
                WHEN hits.ids IS NOT NULL AND hits.on_boundary THEN 'border'
                WHEN hits.ids IS NOT NULL THEN 'inside'
                WHEN near.id IS NOT NULL THEN 'nearest'
                ELSE 'outside' END,
           CASE WHEN hits.ids IS NOT NULL THEN 0.0::double precision ELSE near.distance_m END,
           CASE WHEN p.accuracy_m > 0 AND p.point IS NOT NULL
                THEN rivals_within(found.area_id, p.scheme, p.lon, p.lat, p.accuracy_m, p.at)
                WHEN cardinality(hits.ids) > 1 THEN (
                    SELECT jsonb_agg(jsonb_build_object(
                        'code', r.code, 'share', round(1.0 / cardinality(hits.ids), 2))
                        ORDER BY r.code)
                    FROM area AS r WHERE r.id = ANY (hits.ids[2:]))
                ELSE '[]' END,
           jsonb_strip_nulls(jsonb_build_object(
               'at', p.at, 'datum', p.datum, 'moved_m', p.moved_m, 'place_by', p.place_by,
               'accuracy_m', p.accuracy_m,
               'reach', CASE WHEN o.duty_id IS NOT NULL THEN o.reach END,
               'on_shift', o.on_duty, 'shift', sh.name, 'line', d.line_code,
               'building', d.building_id)),
           p.lon, p.lat
    FROM (
        SELECT g.ordinal, g.at, g.datum, g.accuracy_m, c.line_code, q.*,
               ST_SetSRID(ST_MakePoint(q.lon, q.lat), 4490) AS point,
               g.at AT TIME ZONE time_zone AS local_at, s.scheme
        FROM unnest(ordinals, lons, lats, datums, accuracies, house_codes, addresses, categories,
                    ats)
            AS g(ordinal, lon, lat, datum, accuracy_m, house_code, address, category, at)
        CROSS JOIN LATERAL place_of(g.lon, g.lat, g.datum, g.house_code, g.address) AS q
        LEFT JOIN category AS c ON c.code = g.category
        CROSS JOIN unnest(schemes) AS s(scheme)
    ) AS p
    LEFT JOIN LATERAL (
        SELECT array_agg(l.id ORDER BY NOT l.on_boundary, l.code) AS ids, bool_or(l.on_boundary) AS on_boundary
        FROM (
            SELECT a.id, a.code, substr(r.matrix, 4, 1) = '0' AS on_boundary
            FROM area AS a
            CROSS JOIN LATERAL (SELECT ST_Relate(a.geom, p.point) AS matrix OFFSET 0) AS r
            WHERE a.leaf AND a.scheme = p.scheme AND a.geom && p.point AND a.period @> p.at
              AND (substr(r.matrix, 1, 1) = '0' OR substr(r.matrix, 4, 1) = '0')
        ) AS l
    ) AS hits ON true
    LEFT JOIN LATERAL (
        SELECT n.id, n.distance_m
        FROM (
            SELECT a.id, a.code,
                   round(ST_Distance(
                       ST_TransScale(a.geom, -p.lon, -p.lat, m.kx, m.ky),
                       ST_SetSRID(ST_MakePoint(0, 0), 4490)) * 1000) / 1000 AS distance_m
            FROM metres_per_degree(p.lat) AS m
            JOIN area AS a
                ON a.leaf AND a.scheme = p.scheme AND a.period @> p.at
                AND a.geom && ST_Expand(p.point, (nearest_m + 1) / m.kx, (nearest_m + 1) / m.ky)
            WHERE hits.ids IS NULL AND p.point IS NOT NULL
        ) AS n
        WHERE n.distance_m <= nearest_m
        ORDER BY n.distance_m, n.code
        LIMIT 1
    ) AS near ON true
    CROSS JOIN LATERAL (SELECT coalesce(hits.ids[1], near.id) AS area_id) AS found
    LEFT JOIN area AS a ON a.id = found.area_id
    LEFT JOIN LATERAL choose_officer(
        a.ancestor_ids, p.building_id, p.line_code, p.at, p.local_at) AS o ON true
    LEFT JOIN officer AS f ON f.id = o.officer_id
    LEFT JOIN duty AS d ON d.id = o.duty_id
    LEFT JOIN shift AS sh ON sh.code = d.shift_code
    ORDER BY p.ordinal, array_position(schemes, p.scheme);
END
$$;

-- Who answers for whole areas at a moment: what bulk assignment asks once per area.
DROP FUNCTION IF EXISTS answerable;
CREATE FUNCTION answerable(identity_ids bigint[], category text, at timestamptz)
RETURNS TABLE (identity_id bigint, officer_id bigint, officer_code text, officer_name text,
               officer_role text)
LANGUAGE sql STABLE SET search_path = public, pg_temp
AS $$
    SELECT a.identity_id, o.officer_id, f.officer_code, f.name, o.officer_role
    FROM unnest(identity_ids) AS wanted(identity_id)
    JOIN area AS a ON a.identity_id = wanted.identity_id AND a.period @> at
    LEFT JOIN category AS c ON c.code = category
    CROSS JOIN LATERAL choose_officer(
        a.ancestor_ids, NULL, c.line_code, at,
        at AT TIME ZONE setting_text('time_zone', 'Asia/Shanghai')) AS o
    JOIN officer AS f ON f.id = o.officer_id
$$;
