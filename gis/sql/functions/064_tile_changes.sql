-- What tiles have changed: told into the outbox by the tables under the layers, in the transaction
-- that changes them, and read by each server process after it was numbered.
--
-- The payload of an event of kind `tiles` has `source`, the name under which a table is watched, and
-- one of: `boxes` in degrees (west, south, east, north), perhaps for some `zooms` alone (from, to);
-- `tiles` (z, x, y) with all below them; `all`.

CREATE OR REPLACE FUNCTION tell_tiles(told jsonb, of_scope_ids bigint[] DEFAULT '{}')
RETURNS void
LANGUAGE sql SET search_path = pg_catalog, public, pg_temp
AS $$
    INSERT INTO event_pending (kind, scope_ids, payload) VALUES ('tiles', of_scope_ids, told::text)
$$;

CREATE OR REPLACE FUNCTION box_told(shape box2d)
RETURNS jsonb
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, public, pg_temp
AS $$ SELECT jsonb_build_array(ST_XMin(shape), ST_YMin(shape), ST_XMax(shape), ST_YMax(shape)) $$;

-- The boxes of shapes in EPSG:4490; where there are many, one around all.
CREATE OR REPLACE FUNCTION boxes_told(shapes geometry[])
RETURNS jsonb
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, public, pg_temp
AS $$
    SELECT CASE WHEN cardinality(shapes) > 64
        THEN (SELECT jsonb_build_array(box_told(ST_Extent(s)::box2d)) FROM unnest(shapes) AS s)
        ELSE (SELECT jsonb_agg(DISTINCT box_told(Box2D(s))) FROM unnest(shapes) AS s
              WHERE NOT ST_IsEmpty(s)) END
$$;

-- Fires once a statement. Its arguments: the source, and the column with the shape. A transaction
-- of many statements says "all" once, and then no more.
CREATE OR REPLACE FUNCTION tiles_changed()
RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    source constant text := TG_ARGV[0];
    most_told constant integer := 200;
    counter constant text := 'gridwall.tiles_told_' || md5(source);
    told constant integer := coalesce(nullif(current_setting(counter, true), ''), '0')::integer;
    boxes jsonb;
BEGIN
    IF told > most_told THEN
        RETURN NULL;
    END IF;
    IF told = most_told OR TG_OP = 'TRUNCATE' THEN
        PERFORM tell_tiles(jsonb_build_object('source', source, 'all', true));
    ELSE
        EXECUTE format(
            'WITH changed AS (%s), few AS ('
            '  SELECT array_agg(shape) AS shapes FROM ('
            '    SELECT ST_Transform(shape, 4490) AS shape FROM changed WHERE shape IS NOT NULL'
            '    LIMIT 65) AS part)'
            ' SELECT CASE WHEN cardinality(few.shapes) > 64 THEN'
            '   (SELECT jsonb_build_array(box_told(ST_Extent(ST_Transform(shape, 4490))::box2d))'
            '    FROM changed) ELSE boxes_told(few.shapes) END FROM few',
            concat_ws(' UNION ALL ',
                CASE WHEN TG_OP <> 'INSERT' THEN format('SELECT %I AS shape FROM gone', TG_ARGV[1])
                END,
                CASE WHEN TG_OP <> 'DELETE' THEN format('SELECT %I AS shape FROM came', TG_ARGV[1])
                END)) INTO boxes;
        IF boxes IS NULL THEN
            RETURN NULL;
        END IF;
        PERFORM tell_tiles(jsonb_build_object('source', source, 'boxes', boxes));
    END IF;
    PERFORM set_config(counter, (told + 1)::text, true);
    RETURN NULL;
END
$$;

-- Has changes of a table told under a source; `shape` is its column of geometry.
CREATE OR REPLACE PROCEDURE watch_tiles(relation regclass, source text, shape text)
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    told record;
BEGIN
    FOR told IN
        SELECT * FROM (VALUES
            ('INSERT', 'REFERENCING NEW TABLE AS came'),
            ('UPDATE', 'REFERENCING OLD TABLE AS gone NEW TABLE AS came'),
            ('DELETE', 'REFERENCING OLD TABLE AS gone'), ('TRUNCATE', '')) AS t (what, rows)
    LOOP
        EXECUTE format(
            'CREATE OR REPLACE TRIGGER %I AFTER %s ON %s %s FOR EACH STATEMENT'
            ' EXECUTE FUNCTION public.tiles_changed(%L, %L)',
            lower('tiles_' || told.what || '_' || source), told.what, relation, told.rows,
            source, shape);
    END LOOP;
END
$$;

CREATE OR REPLACE PROCEDURE unwatch_tiles(relation regclass, source text)
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    what text;
BEGIN
    FOREACH what IN ARRAY ARRAY['INSERT', 'UPDATE', 'DELETE', 'TRUNCATE'] LOOP
        EXECUTE format('DROP TRIGGER IF EXISTS %I ON %s',
                       lower('tiles_' || what || '_' || source), relation);
    END LOOP;
END
$$;

CALL watch_tiles('area', 'area', 'geom');
CALL watch_tiles('building', 'building', 'geom');
CALL watch_tiles('address', 'address', 'geom');
CALL watch_tiles('ground', 'ground', 'geom');
CALL watch_tiles('place_object', 'place_object', 'geom');

-- The tiles of zoom 16 in which a place may lie that was told to 1e-6 degrees.
CREATE OR REPLACE FUNCTION place_tiles(lon double precision, lat double precision)
RETURNS jsonb
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, public, pg_temp
AS $$
    SELECT jsonb_agg(DISTINCT jsonb_build_array(
        16, floor((lon + dx + 180) / 360 * 65536),
        floor((1 - asinh(tand(lat + dy)) / pi()) / 2 * 65536)))
    FROM unnest(ARRAY[-2e-6, 2e-6]) AS dx, unnest(ARRAY[-2e-6, 2e-6]) AS dy
    WHERE abs(lat) < 85
$$;

-- A matter that moves tells where it was, and under which areas; where it is, its own event tells.
CREATE OR REPLACE FUNCTION incident_left()
RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    PERFORM tell_tiles(
        jsonb_build_object('source', 'incident', 'tiles',
                           coalesce(place_tiles(ST_X(OLD.geom), ST_Y(OLD.geom)), '[]')),
        OLD.scope_ids);
    RETURN NULL;
END
$$;
CREATE OR REPLACE TRIGGER incident_left AFTER UPDATE ON incident
    -- As text: a backup could not be read back with an operator of geometry here.
    FOR EACH ROW WHEN (OLD.geom::text IS DISTINCT FROM NEW.geom::text
                       OR OLD.scope_ids IS DISTINCT FROM NEW.scope_ids)
    EXECUTE FUNCTION incident_left();

-- What says of whole layers who sees what in them, or what is called how.
CREATE OR REPLACE FUNCTION layers_changed()
RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    PERFORM tell_tiles(jsonb_build_object('source', TG_ARGV[0], 'all', true));
    RETURN NULL;
END
$$;
CREATE OR REPLACE TRIGGER layers_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON unit
    FOR EACH STATEMENT EXECUTE FUNCTION layers_changed('incident');
CREATE OR REPLACE TRIGGER layers_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON category
    FOR EACH STATEMENT EXECUTE FUNCTION layers_changed('incident');
CREATE OR REPLACE TRIGGER layers_changed
    AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON place_category
    FOR EACH STATEMENT EXECUTE FUNCTION layers_changed('place_object');

-- A table that is registered is watched from then on, where its owner lets us (GRANT TRIGGER); else
-- its tiles are as old as they may be kept. Who may see it may have changed in any case.
CREATE OR REPLACE FUNCTION layer_registered()
RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    was regclass;
    shown regclass;
BEGIN
    IF TG_OP <> 'INSERT' THEN
        was := to_regclass(format('%I.%I', OLD.table_schema, OLD.table_name));
        PERFORM tell_tiles(jsonb_build_object('source', 'custom:' || OLD.name, 'all', true));
    END IF;
    IF TG_OP <> 'DELETE' THEN
        shown := to_regclass(format('%I.%I', NEW.table_schema, NEW.table_name));
        PERFORM tell_tiles(jsonb_build_object('source', 'custom:' || NEW.name, 'all', true));
    END IF;
    BEGIN
        IF was IS NOT NULL THEN
            CALL unwatch_tiles(was, 'custom:' || OLD.name);
        END IF;
        IF shown IS NOT NULL THEN
            CALL watch_tiles(shown, 'custom:' || NEW.name, NEW.geometry_column);
        END IF;
    EXCEPTION WHEN insufficient_privilege THEN
        RAISE NOTICE 'changes of this table are told by nobody, since Gridwall''s owner role may not'
            ' put a trigger on it: its tiles may be a minute old (GRANT TRIGGER would help)';
    END;
    RETURN NULL;
END
$$;
CREATE OR REPLACE TRIGGER layer_registered AFTER INSERT OR UPDATE OR DELETE ON tile_layer
    FOR EACH ROW EXECUTE FUNCTION layer_registered();

-- Tells where a coverage that comes into force differs from the one before it, zoom by zoom; the
-- shapes of zoom 5 serve all above it.
CREATE OR REPLACE FUNCTION tell_coverage(made bigint)
RETURNS void
LANGUAGE sql SET search_path = pg_catalog, public, pg_temp
AS $$
    WITH former AS (
        SELECT max(c.id) AS id FROM area_coverage AS c JOIN area_coverage AS m
            ON (m.scheme, m.level) = (c.scheme, c.level)
        WHERE m.id = made AND c.id < made
    ), shape AS (
        SELECT s.zoom, s.area_id, s.geom_3857, s.coverage_id = made AS new
        FROM area_shape AS s WHERE s.coverage_id IN (made, (SELECT f.id FROM former AS f))
    ), changed AS (
        SELECT s.zoom, unnest(array_agg(s.geom_3857)) AS geom_3857
        FROM shape AS s GROUP BY s.zoom, s.area_id
        HAVING count(DISTINCT ST_AsBinary(s.geom_3857)) > 1 OR count(*) = 1
    )
    SELECT tell_tiles(jsonb_build_object(
        'source', 'area', 'boxes', boxes_told(array_agg(ST_Transform(c.geom_3857, 4490))),
        'zooms', jsonb_build_array(CASE c.zoom WHEN 5 THEN 0 ELSE c.zoom END, c.zoom)))
    FROM changed AS c WHERE (SELECT f.id FROM former AS f) IS NOT NULL
    GROUP BY c.zoom ORDER BY c.zoom
$$;

-- Whether a tile of areas, drawn now, is drawn as it will stay: from a coverage, where it should be.
CREATE OR REPLACE FUNCTION areas_settled(z integer, only_scheme text, only_level text)
RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
AS $$
    SELECT z >= 14
        OR EXISTS (SELECT FROM area_coverage AS c WHERE c.scheme = only_scheme
                   AND c.level = only_level AND c.in_force)
        OR NOT EXISTS (SELECT FROM area AS a WHERE a.scheme = only_scheme AND upper_inf(a.period))
$$;

-- What has changed after one number and up to another: events of kinds `tiles` and `access` as they
-- are, and what the events of matters mean for tiles: of `incident`, and of the areas whose `load`
-- they change, as source `load:SCHEME:LEVEL`. Boxes and numbers of accounts, and never what or whose.
CREATE OR REPLACE FUNCTION tile_changes(after bigint, upto bigint)
RETURNS TABLE (sequence bigint, kind text, told text)
LANGUAGE sql STABLE SECURITY DEFINER ROWS 10 SET search_path = pg_catalog, public, pg_temp
AS $$
    WITH happened AS MATERIALIZED (
        SELECT e.sequence, e.kind, e.scope_ids, e.payload FROM event AS e
        WHERE e.sequence > after AND e.sequence <= upto
          AND e.kind IN ('tiles', 'access', 'incident')
    ), under AS MATERIALIZED (
        SELECT max(h.sequence) AS sequence, above.id
        FROM happened AS h, unnest(h.scope_ids) AS above (id) GROUP BY above.id
    )
    SELECT h.sequence, h.kind, h.payload FROM happened AS h WHERE h.kind <> 'incident'
    UNION ALL
    SELECT max(c.sequence), 'tiles', jsonb_build_object(
        'source', 'incident', 'tiles', jsonb_agg(DISTINCT jsonb_build_array(16, xs, ys)))::text
    FROM (
        -- As place_tiles, in one go: a busy city files hundreds a second.
        SELECT max(p.sequence) AS sequence,
               floor((p.lon - 2e-6 + 180) / 360 * 65536)::integer AS west,
               floor((p.lon + 2e-6 + 180) / 360 * 65536)::integer AS east,
               floor((1 - asinh(tand(p.lat + 2e-6)) / pi()) / 2 * 65536)::integer AS north,
               floor((1 - asinh(tand(p.lat - 2e-6)) / pi()) / 2 * 65536)::integer AS south
        FROM (SELECT h.sequence, (h.payload::json ->> 'lon')::double precision AS lon,
                     (h.payload::json ->> 'lat')::double precision AS lat
              FROM happened AS h WHERE h.kind = 'incident' OFFSET 0) AS p
        WHERE abs(p.lat) < 85 GROUP BY 2, 3, 4, 5) AS c,
        LATERAL generate_series(c.west, c.east) AS xs,
        LATERAL generate_series(c.north, c.south) AS ys
    HAVING count(*) > 0
    UNION ALL
    SELECT max(u.sequence), 'tiles', jsonb_build_object(
        'source', concat_ws(':', 'load', a.scheme, shown.level),
        'boxes', boxes_told(array_agg(a.geom::geometry)))::text
    FROM under AS u
    JOIN area AS a ON a.identity_id = u.id AND upper_inf(a.period)
    CROSS JOIN LATERAL (
        SELECT a.level UNION ALL SELECT 'leaf' WHERE a.leaf) AS shown (level)
    GROUP BY a.scheme, shown.level
$$;

-- Of which database events are, and from where to where they can be read.
CREATE OR REPLACE FUNCTION event_origin()
RETURNS TABLE (database bigint, epoch text, sequence bigint, lowest bigint)
LANGUAGE sql STABLE SECURITY DEFINER ROWS 1 SET search_path = pg_catalog, public, pg_temp
AS $$
    SELECT (SELECT d.oid::bigint FROM pg_database AS d WHERE d.datname = current_database()),
           h.epoch, h.sequence, coalesce((SELECT min(e.sequence) FROM event AS e), h.sequence + 1)
    FROM event_head AS h
$$;
