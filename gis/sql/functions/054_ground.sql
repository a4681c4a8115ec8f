-- Where a point lies.
--
-- Points meet polygons by ST_Relate, which is GEOS's robust predicate as in shapely; PostGIS's
-- own point-in-polygon, behind ST_Intersects, differs from it close to edges.

-- Where a text is: by the standard address; else by the one house or building that had this text
-- once, or that is called so. A name of several places is none of them: nothing is guessed.
CREATE OR REPLACE FUNCTION place_of_text(
    given text, OUT lon double precision, OUT lat double precision, OUT building_id bigint,
    OUT place_by text)
LANGUAGE plpgsql STABLE SET search_path = public, pg_temp
AS $$
DECLARE
    named record;
BEGIN
    place_by := 'address';
    SELECT ST_X(a.geom), ST_Y(a.geom), a.building_id INTO lon, lat, building_id
    -- A caller's collation, from whatever else it hands over, would keep the index out.
    FROM address AS a WHERE a.text = given COLLATE "default"
    ORDER BY a.house_code COLLATE "C" LIMIT 1;
    IF lon IS NULL THEN
        place_by := 'other_name';
        SELECT count(*) AS places, min(o.address_id) AS address_id,
               min(o.building_id) AS building_id INTO named
        FROM (SELECT DISTINCT n.address_id, n.building_id FROM other_name AS n
              WHERE n.name = given AND n.kind IN ('house', 'building')) AS o;
        IF named.places = 1 THEN
            SELECT ST_X(p.point), ST_Y(p.point), p.building_id INTO lon, lat, building_id
            FROM (SELECT a.geom AS point, a.building_id
                  FROM address AS a WHERE a.id = named.address_id
                  UNION ALL
                  SELECT ST_PointOnSurface(b.geom), b.id
                  FROM building AS b WHERE b.id = named.building_id) AS p;
        END IF;
    END IF;
END
$$;

-- What was received, understood: CGCS2000 coordinates on the storage grid, by the first of
-- coordinates, house or building code, exact address text or other name. All NULL where only
-- words remain.
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
            SELECT t.lon, t.lat, t.building_id, t.place_by INTO lon, lat, building_id, place_by
            FROM place_of_text(given_address) AS t;
        END IF;
        IF lon IS NULL THEN
            place_by := NULL;
        END IF;
    END IF;
    lon := snap_degrees(lon);
    lat := snap_degrees(lat);
END
$$;

-- The code of what a report's words were understood as; NULL where it has none.
CREATE OR REPLACE FUNCTION understood_code(r report)
RETURNS text
LANGUAGE sql STABLE SET search_path = public, pg_temp
AS $$
    SELECT coalesce(
        (SELECT a.house_code FROM address AS a WHERE a.id = r.understood_address_id),
        CASE WHEN r.understood_address_id IS NULL THEN
            (SELECT b.building_code FROM building AS b WHERE b.id = r.understood_building_id) END)
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

-- The others that a point touches, each with an equal share of it; `others` as objects with code.
CREATE OR REPLACE FUNCTION rivals_equal(others jsonb)
RETURNS jsonb
LANGUAGE sql IMMUTABLE
AS $$
    SELECT jsonb_agg(
        jsonb_build_object('code', o.rival ->> 'code',
                           'share', round(1.0 / (jsonb_array_length(others) + 1), 2))
        ORDER BY o.rival ->> 'code' COLLATE "C")
    FROM jsonb_array_elements(others) AS o(rival)
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
