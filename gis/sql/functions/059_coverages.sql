-- Generalised coverages of areas: what is due, what it is made of, and putting it in force.
-- gis/generalise.py does the geometry. Without a coverage in force tiles show exact shapes.

-- A geometry of EPSG:3857 in units of a tile, cut to it and its margin. Every vertex is rounded
-- by itself to the zoom's grid, which all tiles share, before anything is cut: neighbours whose
-- edges have the same vertices keep them, in this tile and across to the next one. (ST_AsMVTGeom
-- simplifies each polygon by itself, and neighbours part.)
CREATE OR REPLACE FUNCTION tile_shape(shape geometry, z integer, x integer, y integer)
RETURNS geometry
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE STRICT COST 1000
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    extent constant integer := 4096;
    half constant double precision := 20037508.342789244;
    scale constant double precision := extent * 2.0 ^ z / (2 * half);
    margin constant geometry := ST_MakeEnvelope(-64, -64, extent + 64, extent + 64);
    found geometry;
BEGIN
    found := ST_SetSRID(ST_Translate(ST_SnapToGrid(ST_Affine(
        shape, scale, 0, 0, -scale, half * scale, half * scale), 1),
        -x::double precision * extent, -y::double precision * extent), 0);
    IF found IS NULL OR ST_IsEmpty(found) THEN
        RETURN NULL;
    END IF;
    IF NOT ST_IsValid(found) THEN
        found := ST_CollectionExtract(ST_MakeValid(found), 3);
    END IF;
    IF NOT margin ~ found THEN
        -- Which end of an edge a cut is reckoned from must not decide how it is rounded.
        found := ST_SnapToGrid(ST_SnapToGrid(
            ST_ClipByBox2D(found, margin::box2d), 1.0 / 1024), 1);
    END IF;
    found := ST_ForcePolygonCCW(ST_CollectionExtract(found, 3));
    RETURN CASE WHEN NOT ST_IsEmpty(found) THEN found END;
END
$$;

-- The areas that a coverage is made of; `leaf` are those that answer for points.
CREATE OR REPLACE FUNCTION coverage_members(only_scheme text, only_level text)
RETURNS TABLE (area_id bigint, version text, shape geometry)
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp
AS $$
    SELECT area.id, area.id || ':' || area.xmin, area.geom_3857
    FROM area
    WHERE area.scheme = only_scheme AND upper_inf(area.period)
      AND CASE only_level WHEN 'leaf' THEN area.leaf ELSE area.level = only_level END
    ORDER BY area.id
$$;

-- Schemes and levels that have areas and no coverage in force.
CREATE OR REPLACE FUNCTION coverages_due()
RETURNS TABLE (scheme text, level text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
AS $$
    SELECT there.scheme, there.level
    FROM (SELECT area.scheme, area.level FROM area WHERE upper_inf(area.period)
          UNION
          SELECT area.scheme, 'leaf' FROM area WHERE upper_inf(area.period) AND area.leaf) AS there
    WHERE NOT EXISTS (
        SELECT FROM area_coverage AS c
        WHERE c.scheme = there.scheme AND c.level = there.level AND c.in_force)
    ORDER BY there.scheme, there.level
$$;

-- Shapes only, neither names nor codes: the keeper has nobody's scope.
CREATE OR REPLACE FUNCTION coverage_shapes(only_scheme text, only_level text)
RETURNS TABLE (area_id bigint, version text, shape bytea)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
AS $$
    SELECT m.area_id, m.version, ST_AsBinary(m.shape)
    FROM coverage_members(only_scheme, only_level) AS m
$$;

-- Puts a coverage in force, unless its areas have changed since they were read.
CREATE OR REPLACE FUNCTION store_coverage(
    only_scheme text, only_level text, versions text[], zooms smallint[], area_ids bigint[],
    shapes bytea[])
RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp SET lock_timeout = '2s'
AS $$
DECLARE
    made bigint;
BEGIN
    INSERT INTO area_coverage (scheme, level) VALUES (only_scheme, only_level)
    RETURNING id INTO made;
    INSERT INTO area_shape (coverage_id, zoom, area_id, geom_3857)
    SELECT made, s.zoom, s.area_id, ST_Multi(ST_GeomFromWKB(s.shape, 3857))
    FROM unnest(zooms, area_ids, shapes) AS s (zoom, area_id, shape);
    -- Before any row that a change of areas locks: whoever changes areas has these first.
    LOCK TABLE area IN SHARE MODE;
    IF versions IS DISTINCT FROM ARRAY(
        SELECT m.version FROM coverage_members(only_scheme, only_level) AS m) THEN
        DELETE FROM area_coverage WHERE id = made;
        RETURN false;
    END IF;
    DELETE FROM area_coverage AS c
    WHERE c.scheme = only_scheme AND c.level = only_level AND c.id <> made;
    UPDATE area_coverage SET in_force = true WHERE id = made;
    RETURN true;
END
$$;

CREATE OR REPLACE FUNCTION coverages_outdated()
RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    UPDATE area_coverage SET in_force = false WHERE in_force;
    RETURN NULL;
END
$$;

CREATE OR REPLACE TRIGGER coverages_outdated
    AFTER INSERT OR UPDATE OF scheme, level, geom, period, leaf OR DELETE OR TRUNCATE ON area
    FOR EACH STATEMENT EXECUTE FUNCTION coverages_outdated();
