-- Layers "custom:<name>": tables of the operator's own that an administrator has registered.
-- Of the project's tables none can be: they have layers, and policies, of their own.

-- Why a table can't be shown as tiles; NULL where it can. Asked when it is registered and again
-- before each tile: what stands under a name may have become another thing since.
CREATE OR REPLACE FUNCTION custom_table_fault(
    in_schema text, in_table text, geometry_column text, id_column text, fields text[])
RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    relation pg_class;
    wrong text;
BEGIN
    SELECT c.* INTO relation
    FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
    WHERE n.nspname = in_schema AND c.relname = in_table;
    IF relation.oid IS NULL THEN
        RETURN 'there is no such table';
    END IF;
    -- A view would read what it likes with its owner's rights.
    IF relation.relkind NOT IN ('r', 'p') OR relation.relpersistence = 't' THEN
        RETURN 'it is not an ordinary table';
    END IF;
    IF in_schema ~ '^pg_' OR in_schema = 'information_schema'
       OR EXISTS (SELECT FROM pg_depend AS d WHERE d.classid = 'pg_class'::regclass
                  AND d.objid = relation.oid AND d.deptype = 'e') THEN
        RETURN 'it is a table of the system';
    END IF;
    IF in_schema = 'public' THEN
        RETURN 'the schema public is Gridwall''s own, whose tables have layers of their own:'
            ' put it into another schema';
    END IF;
    -- The owner of these functions is above such a policy, and would show what it hides.
    IF relation.relrowsecurity THEN
        RETURN 'its rows are guarded by a policy of its own';
    END IF;
    -- Nobody else can then change what it is, and its changes can be told.
    IF NOT pg_has_role(current_user, relation.relowner, 'USAGE') THEN
        RETURN format('it belongs to another role: ALTER TABLE %I.%I OWNER TO %I',
                      in_schema, in_table, current_user);
    END IF;
    SELECT asked.name INTO wrong
    FROM unnest(fields || geometry_column || id_column) AS asked (name)
    WHERE NOT EXISTS (
        SELECT FROM pg_attribute AS a WHERE a.attrelid = relation.oid AND a.attname = asked.name
          AND a.attnum > 0 AND NOT a.attisdropped)
    LIMIT 1;
    IF FOUND THEN
        RETURN format('it has no column %I', wrong);
    END IF;
    IF geometry_column = ANY (fields) THEN
        RETURN 'its geometry can''t serve as a field';
    END IF;
    SELECT a.attname INTO wrong FROM pg_attribute AS a
    WHERE a.attrelid = relation.oid AND a.attnum > 0
      AND CASE WHEN a.attname = geometry_column THEN a.atttypid <> 'geometry'::regtype
               WHEN a.attname = id_column
                   THEN a.atttypid NOT IN ('int2'::regtype, 'int4'::regtype, 'int8'::regtype)
               -- Only what is shown as it stands: nothing that may hold more than it seems.
               WHEN a.attname = ANY (fields) THEN a.atttypid NOT IN (
                   'int2'::regtype, 'int4'::regtype, 'int8'::regtype, 'float4'::regtype,
                   'float8'::regtype, 'numeric'::regtype, 'bool'::regtype, 'text'::regtype,
                   'varchar'::regtype, 'bpchar'::regtype, 'date'::regtype,
                   'timestamp'::regtype, 'timestamptz'::regtype, 'uuid'::regtype) END
    LIMIT 1;
    IF FOUND THEN
        RETURN format('its column %I can''t serve: geometry is of type geometry, the id an'
            ' integer, fields are texts, numbers, booleans, dates and times', wrong);
    END IF;
    SELECT asked.name INTO wrong FROM unnest(fields) AS asked (name) WHERE asked.name ~ '^__';
    IF FOUND THEN
        RETURN format('a field can''t be called %I: rename the column', wrong);
    END IF;
    IF NOT EXISTS (
        SELECT FROM pg_index AS i
        JOIN pg_class AS c ON c.oid = i.indexrelid JOIN pg_am AS m ON m.oid = c.relam
        JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
        WHERE i.indrelid = relation.oid AND i.indisvalid AND i.indpred IS NULL
          AND m.amname IN ('gist', 'spgist') AND a.attname = geometry_column) THEN
        RETURN format('its geometry has no index: CREATE INDEX ON %I.%I USING gist (%I)',
                      in_schema, in_table, geometry_column);
    END IF;
    RETURN NULL;
END
$$;

-- What is registered under a name, if the caller's role may see it and it can still be shown.
CREATE OR REPLACE FUNCTION custom_layer(only_name text)
RETURNS tile_layer
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp
AS $$
    SELECT t FROM tile_layer AS t
    WHERE t.name = only_name AND (scope_role() = 'admin' OR scope_role() = ANY (t.roles))
      AND custom_table_fault(t.table_schema, t.table_name, t.geometry_column, t.id_column,
                             t.fields) IS NULL
$$;

-- The caller's own ground within a box, both in EPSG:3857; the box itself where they see all.
CREATE OR REPLACE FUNCTION own_ground(box geometry)
RETURNS geometry
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp
AS $$
    SELECT CASE WHEN scope_all() THEN box ELSE (
        SELECT ST_Union(ST_Intersection(a.geom_3857, box))
        FROM area AS a
        WHERE a.identity_id = ANY ((SELECT scope_ids())::bigint[]) AND upper_inf(a.period)
          AND a.geom_3857 && box) END
$$;

-- How a tile carries the columns of a table, and their kinds for TileJSON.
CREATE OR REPLACE FUNCTION custom_fields(shown tile_layer)
RETURNS TABLE (name text, expression text, kind text)
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp
AS $$
    SELECT a.attname::text,
           format(CASE WHEN a.atttypid = 'numeric'::regtype THEN 't.%1$I::float8 AS %1$I'
                       WHEN t.typcategory = 'D' OR a.atttypid = 'uuid'::regtype
                           THEN 't.%1$I::text AS %1$I'
                       ELSE 't.%1$I' END, a.attname),
           CASE t.typcategory WHEN 'N' THEN 'Number' WHEN 'B' THEN 'Boolean' ELSE 'String' END
    FROM pg_attribute AS a JOIN pg_type AS t ON t.oid = a.atttypid
    WHERE a.attrelid = to_regclass(format('%I.%I', shown.table_schema, shown.table_name))
      AND a.attnum > 0 AND a.attname = ANY (shown.fields)
    ORDER BY array_position(shown.fields, a.attname::text)
$$;

-- What a tile shows of a row's geometry: what lies on the ground, in the tile's units.
CREATE OR REPLACE FUNCTION custom_shape(
    shape geometry, whole boolean, ground geometry, z integer, x integer, y integer)
RETURNS geometry
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    own geometry := ST_Transform(shape, 3857);
BEGIN
    IF NOT whole AND NOT ST_CoveredBy(own, ground) THEN
        own := ST_CollectionExtract(
            ST_Intersection(ST_MakeValid(own), ground), ST_Dimension(own) + 1);
    END IF;
    IF ST_IsEmpty(own) THEN
        RETURN NULL;
    END IF;
    IF ST_GeometryType(own) = 'ST_Point' THEN
        RETURN tile_point(own, z, x, y);
    END IF;
    RETURN ST_AsMVTGeom(own, ST_TileEnvelope(z, x, y), 4096,
                        CASE ST_Dimension(own) WHEN 0 THEN 0 ELSE 64 END);
END
$$;

-- A tile of a registered table: of each row what lies on the caller's ground. NULL where the
-- caller has no such layer.
CREATE OR REPLACE FUNCTION tile_custom(z integer, x integer, y integer, only_name text)
RETURNS bytea
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    shown constant tile_layer := custom_layer(only_name);
    box constant geometry := ST_TileEnvelope(z, x, y, margin => 64.0 / 4096);
    ground geometry;
    there geometry;
    tile bytea;
BEGIN
    IF shown.name IS NULL THEN
        RETURN NULL;
    END IF;
    ground := own_ground(box);
    IF z < shown.min_zoom OR ground IS NULL OR ST_IsEmpty(ground) THEN
        RETURN '';
    END IF;
    -- Lines that are straight on one plane are bent on another: the box is made a little wider.
    there := ST_Transform(ST_Segmentize(box, 40075016.7 / 2.0 ^ z / 16), shown.srid);
    there := ST_Expand(there, (ST_XMax(there) - ST_XMin(there)) / 500);
    EXECUTE format($sql$
        SELECT ST_AsMVT(feature, %L, 4096, '__shape', '__id') FROM (
            SELECT t.%I::bigint AS __id, custom_shape(t.%I, $2, $3, $4, $5, $6) AS __shape %s
            FROM %I.%I AS t WHERE t.%I && $1
            ORDER BY __id) AS feature
        WHERE __shape IS NOT NULL $sql$,
        shown.name, shown.id_column, shown.geometry_column,
        (SELECT string_agg(', ' || f.expression, '') FROM custom_fields(shown) AS f),
        shown.table_schema, shown.table_name, shown.geometry_column)
    INTO tile USING there, scope_all(), ground, z, x, y;
    RETURN tile;
END
$$;

-- What TileJSON tells of a registered table; no row where the caller has no such layer.
CREATE OR REPLACE FUNCTION custom_described(only_name text)
RETURNS TABLE (
    title text, fields jsonb, min_zoom integer, max_zoom integer, bounds double precision[])
LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 1
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    shown constant tile_layer := custom_layer(only_name);
    extent geometry;
BEGIN
    IF shown.name IS NULL THEN
        RETURN;
    END IF;
    EXECUTE format('SELECT ST_SetSRID(ST_Extent(t.%I)::geometry, %s) FROM %I.%I AS t',
                   shown.geometry_column, shown.srid, shown.table_schema, shown.table_name)
    INTO extent;
    extent := ST_Transform(ST_Segmentize(extent, greatest(
        ST_XMax(extent) - ST_XMin(extent), ST_YMax(extent) - ST_YMin(extent), 1e-6) / 16), 4490);
    IF NOT scope_all() THEN
        extent := ST_Intersection(ST_Envelope(extent), (
            SELECT ST_SetSRID(ST_Extent(a.geom)::geometry, 4490) FROM area AS a
            WHERE a.identity_id = ANY ((SELECT scope_ids())::bigint[])
              AND upper_inf(a.period)));
    END IF;
    RETURN QUERY SELECT
        shown.title, (SELECT jsonb_object_agg(f.name, f.kind) FROM custom_fields(shown) AS f),
        shown.min_zoom::integer, shown.max_zoom::integer,
        CASE WHEN NOT ST_IsEmpty(extent) THEN ARRAY[
            ST_XMin(extent), ST_YMin(extent), ST_XMax(extent), ST_YMax(extent)] END;
END
$$;

-- Registers a table, as its owner alone may: whoever can call this could read it anyhow. In place
-- of what the name stood for, where that is wanted.
CREATE OR REPLACE FUNCTION register_tile_layer(wanted tile_layer, in_place boolean)
RETURNS tile_layer
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    fault constant text := custom_table_fault(
        wanted.table_schema, wanted.table_name, wanted.geometry_column, wanted.id_column,
        wanted.fields);
    kept tile_layer := wanted;
BEGIN
    IF fault IS NOT NULL THEN
        RAISE EXCEPTION '%', fault USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF in_place THEN
        DELETE FROM tile_layer AS t WHERE t.name = wanted.name;
    END IF;
    EXECUTE format('SELECT coalesce(max(nullif(ST_SRID(t.%1$I), 0)), max(%4$s))'
                   ' FROM (SELECT %1$I FROM %2$I.%3$I WHERE %1$I IS NOT NULL LIMIT 100) AS t',
                   wanted.geometry_column, wanted.table_schema, wanted.table_name,
                   Find_SRID(wanted.table_schema, wanted.table_name, wanted.geometry_column))
    INTO kept.srid;
    IF NOT EXISTS (SELECT FROM spatial_ref_sys AS r WHERE r.srid = kept.srid) THEN
        RAISE EXCEPTION 'its geometry tells no SRID: ST_SetSRID and a typed column help'
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    kept.registered_at := now();
    INSERT INTO tile_layer SELECT kept.*;
    RETURN kept;
END
$$;
