-- Generalised coverages of areas: what is due, what it is made of, and putting it in force.
-- gis/generalise.py does the geometry. Without a coverage in force tiles show exact shapes.

-- Areas (EPSG:3857) in units of a tile, cut to it and its margin. Rounded by itself each polygon
-- would part from its neighbours (as ST_AsMVTGeom leaves them), and rounded vertex by vertex an
-- edge could come to lie on the wrong side of a neighbour's corner. So all their lines are rounded
-- together: where two meet or one passes a corner closely, both have a vertex there (snap
-- rounding). The faces between the lines go to the areas in which they lie, each whole. Areas that
-- don't overlap and leave no gap do neither in the tile, exactly, and have the same vertices on
-- the edges that they share.
CREATE OR REPLACE FUNCTION tile_coverage(
    ids bigint[], shapes geometry[], z integer, x integer, y integer)
RETURNS TABLE (area_id bigint, geom geometry)
LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 10000 ROWS 100
SET search_path = pg_catalog, public, pg_temp
AS $$
    WITH plane AS (
        SELECT 4096 * 2.0 ^ z / 40075016.685578488 AS scale,
               ST_MakeEnvelope(-64, -64, 4160, 4160)::box2d AS margin
    ), cut AS MATERIALIZED (
        SELECT source.id, ST_ClipByBox2D(ST_SetSRID(ST_Affine(
                   source.shape, plane.scale, 0, 0, -plane.scale,
                   2048 * 2.0 ^ z - x::double precision * 4096,
                   2048 * 2.0 ^ z - y::double precision * 4096), 0), plane.margin) AS shape
        FROM unnest(ids, shapes) AS source (id, shape), plane
    ), line AS (
        -- The first rounding leaves out what no unit tells apart, for speed.
        SELECT ST_UnaryUnion(ST_Collect(ST_SnapToGrid(ST_Boundary(cut.shape), 1)), 1) AS shape
        FROM cut
    ), face AS MATERIALIZED (
        SELECT row_number() OVER () AS number, part.geom, ST_PointOnSurface(part.geom) AS inside
        FROM line, LATERAL ST_Polygonize(ARRAY[line.shape]) AS faces, ST_Dump(faces) AS part
    ), owned AS MATERIALIZED (
        SELECT face.number, cut.id FROM face JOIN cut ON cut.shape && face.inside
            AND ST_Contains(cut.shape, face.inside)
    ), given AS (
        SELECT owned.id, face.geom FROM owned JOIN face USING (number)
        UNION ALL
        -- A face as thin as the rounding may have its point on an edge.
        SELECT (SELECT min(cut.id) FROM cut WHERE ST_Intersects(cut.shape, face.inside)),
               face.geom
        FROM face WHERE face.number NOT IN (SELECT owned.number FROM owned)
    )
    SELECT given.id, ST_ForcePolygonCCW(CASE count(*)
        WHEN 1 THEN (array_agg(given.geom))[1] ELSE ST_UnaryUnion(ST_Collect(given.geom)) END)
    FROM given WHERE given.id IS NOT NULL
    GROUP BY given.id
$$;
DROP FUNCTION IF EXISTS tile_shape(geometry, integer, integer, integer);

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
    PERFORM tell_coverage(made);
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
