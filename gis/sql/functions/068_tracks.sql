-- Where officers were. They are found by time: under a policy, too, its index is used.

-- Whatever writes a fix: what was received is kept, the point is what is understood of it.
CREATE OR REPLACE FUNCTION fix_placed() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp
AS $$
DECLARE
    place record;
BEGIN
    IF NEW.geom IS NULL THEN
        SELECT * INTO place FROM place_of(NEW.lon, NEW.lat, NEW.datum, NULL, NULL);
        NEW.geom := ST_SetSRID(ST_MakePoint(place.lon, place.lat), 4490);
    END IF;
    NEW.scope_ids := scope_ids_at(NEW.geom);
    RETURN NEW;
END
$$;
CREATE OR REPLACE TRIGGER fix_placed BEFORE INSERT OR UPDATE OF geom ON track_fix
    FOR EACH ROW WHEN (coalesce(current_setting('gridwall.places_in_sets', true), '') <> 'on')
    EXECUTE FUNCTION fix_placed();

-- The caller's own fixes, as an officer; how many were new. Sent again, they are known.
CREATE OR REPLACE FUNCTION store_fixes(fixes jsonb)
RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE
    own_id constant bigint := scope_officer_id();
    stored integer;
BEGIN
    PERFORM require_writing();
    IF own_id IS NULL THEN
        RAISE EXCEPTION 'where somebody is, an officer tells of themselves: this account is none'
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    INSERT INTO track_fix (officer_id, at, lon, lat, datum, accuracy_m)
    SELECT own_id, f.at, f.lon, f.lat, f.datum, f.accuracy_m
    FROM jsonb_to_recordset(fixes) AS f (
        at timestamptz, lon double precision, lat double precision, datum text,
        accuracy_m double precision)
    -- By the database's own clock: a fix from ahead would stay the newest for ever.
    WHERE f.at BETWEEN clock_timestamp() - interval '7 days 1 minute'
                   AND clock_timestamp() + interval '6 minutes'
    ON CONFLICT DO NOTHING;
    GET DIAGNOSTICS stored = ROW_COUNT;
    RETURN stored;
END
$$;

-- Layer "tracks": a line an officer for a window of time (by default the last hour, at most a
-- day), broken where nothing is known for ten minutes. What the policy says stands in it, as in
-- the other layers.
CREATE OR REPLACE FUNCTION tile_tracks(
    z integer, x integer, y integer, since timestamptz DEFAULT NULL,
    until timestamptz DEFAULT NULL)
RETURNS bytea
LANGUAGE sql STABLE PARALLEL SAFE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
    WITH asked AS (
        SELECT coalesce(until, now()) AS until,
               greatest(coalesce(since, coalesce(until, now()) - interval '1 hour'),
                        coalesce(until, now()) - interval '1 day') AS since
    ), told AS (
        SELECT f.officer_id, f.at, f.geom,
               f.at - lag(f.at) OVER (PARTITION BY f.officer_id ORDER BY f.at)
                   > interval '10 minutes' AS apart
        FROM track_fix AS f
        WHERE f.at >= (SELECT a.since FROM asked AS a) AND f.at < (SELECT a.until FROM asked AS a)
          AND (f.officer_id = (SELECT scope_officer_id())
               OR (SELECT scope_role()) IN ('hall', 'street', 'community', 'admin')
                  AND ((SELECT scope_all())
                       OR f.scope_ids && (SELECT scope_ids())
                          AND f.officer_id IN (SELECT d.officer_id FROM duty AS d
                                               WHERE d.scope_ids && (SELECT scope_ids()))))
    ), numbered AS (
        SELECT t.*, count(*) FILTER (WHERE t.apart)
                        OVER (PARTITION BY t.officer_id ORDER BY t.at) AS part
        FROM told AS t
    ), line AS MATERIALIZED (
        SELECT n.officer_id, min(n.at) AS first_at, max(n.at) AS last_at,
               ST_MakeLine(n.geom ORDER BY n.at) AS geom
        FROM numbered AS n GROUP BY n.officer_id, n.part HAVING count(*) > 1
    ), feature AS (
        SELECT o.officer_code AS id, o.name,
               extract(epoch FROM l.first_at)::bigint AS since,
               extract(epoch FROM l.last_at)::bigint AS until,
               ST_AsMVTGeom(ST_Transform(l.geom, 3857), ST_TileEnvelope(z, x, y), 4096, 64) AS geom
        FROM line AS l
        LEFT JOIN officer AS o ON o.id = l.officer_id
        WHERE l.geom && ST_SetSRID(ST_Envelope(ST_Transform(
            ST_TileEnvelope(z, x, y, margin => 64.0 / 4096), 4326)), 4490)
        ORDER BY l.officer_id, l.first_at
    )
    SELECT ST_AsMVT(feature, 'tracks', 4096, 'geom') FROM feature WHERE geom IS NOT NULL
$$;
