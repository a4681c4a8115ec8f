-- Datums and metres, as gis/crs.py has them; a test holds the two within 1e-9 degrees.
-- Sources and constants are told there. What is plain arithmetic is LANGUAGE sql without a SET
-- clause, so that the planner can inline it; what calls a neighbour fixes its search_path.

-- Degrees on the storage grid of 1e-9 (0.1 mm), half to even; bit for bit what Python has.
CREATE OR REPLACE FUNCTION snap_degrees(degrees double precision)
RETURNS double precision
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN round(degrees * 1e9::double precision) / 1e9::double precision;

-- Metres per degree of longitude (kx) and latitude (ky) on the ellipsoid of CGCS2000.
CREATE OR REPLACE FUNCTION metres_per_degree(lat double precision)
RETURNS TABLE (kx double precision, ky double precision)
LANGUAGE sql IMMUTABLE PARALLEL SAFE ROWS 1
AS $$
    SELECT 6378137.0::double precision / sqrt(w.squared) * cos(radians(lat)) * (pi() / 180),
           6378137.0::double precision * (1 - e.squared) / (w.squared * sqrt(w.squared))
               * (pi() / 180)
    FROM (SELECT 1 / 298.257222101::double precision
                 * (2 - 1 / 298.257222101::double precision) AS squared) AS e,
         LATERAL (SELECT 1 - e.squared * (sin(radians(lat)) * sin(radians(lat))) AS squared) AS w
$$;

-- Whether GCJ-02 shifts a true point: the rectangle of the public formula, edges included.
CREATE OR REPLACE FUNCTION in_gcj_rectangle(lon double precision, lat double precision)
RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN lon BETWEEN 72.004::double precision AND 137.8347::double precision
   AND lat BETWEEN 0.8293::double precision AND 55.8271::double precision;

-- The public formula of GCJ-02 and, with twist, of BD-09 on top of it, without the rectangle.
CREATE OR REPLACE FUNCTION gcj02_shift(
    given_lon double precision, given_lat double precision, twist boolean,
    OUT lon double precision, OUT lat double precision)
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
AS $$
DECLARE
    x constant double precision := given_lon - 105;
    y constant double precision := given_lat - 35;
    eccentricity_squared constant double precision := 0.00669342162296594323;
    squared constant double precision :=
        1 - eccentricity_squared * sin(radians(given_lat)) * sin(radians(given_lat));
    common constant double precision := 20 * sin(6 * pi() * x) + 20 * sin(2 * pi() * x);
    north_m constant double precision :=
        (common + 20 * sin(pi() * y) + 40 * sin(pi() * y / 3)
         + 160 * sin(pi() * y / 12) + 320 * sin(pi() * y / 30)) * 2 / 3
        - 100 + 2 * x + 3 * y + 0.2::double precision * y * y + 0.1::double precision * x * y
        + 0.2::double precision * sqrt(abs(x));
    east_m constant double precision :=
        (common + 20 * sin(pi() * x) + 40 * sin(pi() * x / 3)
         + 150 * sin(pi() * x / 12) + 300 * sin(pi() * x / 30)) * 2 / 3
        + 300 + x + 2 * y + 0.1::double precision * x * x + 0.1::double precision * x * y
        + 0.1::double precision * sqrt(abs(x));
    meridian constant double precision :=
        6378137.0 * (1 - eccentricity_squared) / (squared * sqrt(squared));
    parallel_radius constant double precision :=
        6378137.0 / sqrt(squared) * cos(radians(given_lat));
    radius double precision;
    angle double precision;
BEGIN
    lon := given_lon + degrees(east_m / parallel_radius);
    lat := given_lat + degrees(north_m / meridian);
    IF twist THEN
        radius := sqrt(lon * lon + lat * lat)
            + 0.00002::double precision * sin(lat * (pi() * 3000 / 180));
        angle := atan2(lat, lon)
            + 0.000003::double precision * cos(lon * (pi() * 3000 / 180));
        lon := radius * cos(angle) + 0.0065::double precision;
        lat := radius * sin(angle) + 0.006::double precision;
    END IF;
END
$$;

-- The point of the rectangle that the formula moves to the one given, by fixed-point iteration;
-- where there is none the point stays as it is.
CREATE OR REPLACE FUNCTION gcj02_unshift(
    given_lon double precision, given_lat double precision, twist boolean,
    OUT lon double precision, OUT lat double precision)
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
DECLARE
    image record;
BEGIN
    lon := given_lon;
    lat := given_lat;
    -- Wider than the largest offset; also keeps poles and infinities away from the formula.
    IF (given_lon BETWEEN 71.904::double precision AND 137.9347::double precision
        AND given_lat BETWEEN 0.7293::double precision AND 55.9271::double precision) THEN
        FOR step IN 1..8 LOOP
            SELECT s.lon, s.lat INTO image FROM gcj02_shift(lon, lat, twist) AS s;
            lon := lon + (given_lon - image.lon);
            lat := lat + (given_lat - image.lat);
        END LOOP;
        -- Snapped: a point on the very edge comes back a rounding error beside it.
        IF NOT in_gcj_rectangle(snap_degrees(lon), snap_degrees(lat)) THEN
            lon := given_lon;
            lat := given_lat;
        END IF;
    END IF;
END
$$;

CREATE OR REPLACE FUNCTION cgcs2000_to_gcj02(
    given_lon double precision, given_lat double precision,
    OUT lon double precision, OUT lat double precision)
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
BEGIN
    lon := given_lon;
    lat := given_lat;
    IF in_gcj_rectangle(given_lon, given_lat) THEN
        SELECT s.lon, s.lat INTO lon, lat FROM gcj02_shift(given_lon, given_lat, false) AS s;
    END IF;
END
$$;

CREATE OR REPLACE FUNCTION cgcs2000_to_bd09(
    given_lon double precision, given_lat double precision,
    OUT lon double precision, OUT lat double precision)
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
BEGIN
    lon := given_lon;
    lat := given_lat;
    IF in_gcj_rectangle(given_lon, given_lat) THEN
        SELECT s.lon, s.lat INTO lon, lat FROM gcj02_shift(given_lon, given_lat, true) AS s;
    END IF;
END
$$;

CREATE OR REPLACE FUNCTION gcj02_to_cgcs2000(
    given_lon double precision, given_lat double precision,
    OUT lon double precision, OUT lat double precision)
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$ SELECT p.lon, p.lat FROM gcj02_unshift(given_lon, given_lat, false) AS p $$;

CREATE OR REPLACE FUNCTION bd09_to_cgcs2000(
    given_lon double precision, given_lat double precision,
    OUT lon double precision, OUT lat double precision)
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$ SELECT p.lon, p.lat FROM gcj02_unshift(given_lon, given_lat, true) AS p $$;

-- The door: any of the four datums to the stored one, snapped, with the metres it was moved.
CREATE OR REPLACE FUNCTION to_cgcs2000(
    given_lon double precision, given_lat double precision, datum text,
    OUT lon double precision, OUT lat double precision, OUT moved_m double precision)
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
BEGIN
    IF datum IN ('wgs84', 'cgcs2000') THEN
        lon := snap_degrees(given_lon);
        lat := snap_degrees(given_lat);
        moved_m := 0;
        RETURN;
    ELSIF datum IN ('gcj02', 'bd09') THEN
        SELECT p.lon, p.lat INTO lon, lat
        FROM gcj02_unshift(given_lon, given_lat, datum = 'bd09') AS p;
    ELSE
        RAISE EXCEPTION 'datum % is none of wgs84, cgcs2000, gcj02, bd09', quote_nullable(datum)
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    SELECT sqrt(((given_lon - lon) * m.kx) ^ 2 + ((given_lat - lat) * m.ky) ^ 2) INTO moved_m
    FROM metres_per_degree(lat) AS m;
    lon := snap_degrees(lon);
    lat := snap_degrees(lat);
END
$$;
