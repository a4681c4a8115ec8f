-- Layer "buildings". ST_AsMVTGeom makes a shape valid on the tile's grid, which takes most of a
-- tile's time and comes out the same in every tile: a building keeps the outcome for the zooms
-- that show each one, in units of the zoom's whole grid, so that a tile only moves it.

-- A shape in EPSG:3857 on the grid of a zoom, y down; widened where it is too thin to be on it.
CREATE OR REPLACE FUNCTION building_shape(plane geometry, zoom integer) RETURNS geometry
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = public, pg_temp
AS $$
    SELECT coalesce(
        ST_AsMVTGeom(plane, ST_TileEnvelope(0, 0, 0), 4096 << zoom, 0, false),
        ST_AsMVTGeom(ST_Buffer(plane, 20037508.342789244 / (4096 << zoom), 'join=mitre'),
                     ST_TileEnvelope(0, 0, 0), 4096 << zoom, 0, false))
$$;

CREATE OR REPLACE FUNCTION building_shaped() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp
AS $$
DECLARE
    plane constant geometry := ST_Transform(NEW.geom, 3857);
BEGIN
    NEW.area_3857 := ST_Area(plane);
    NEW.shape_z14 := building_shape(plane, 14);
    NEW.shape_z15 := building_shape(plane, 15);
    NEW.shape_z16 := building_shape(plane, 16);
    RETURN NEW;
END
$$;

CREATE OR REPLACE TRIGGER building_shaped BEFORE INSERT OR UPDATE OF geom ON building
    FOR EACH ROW EXECUTE FUNCTION building_shaped();

-- All that reach into the tile from z14 on, exactly. One that the tile's buffer cuts is cut from
-- its exact shape; what lies in the buffer alone is the neighbour's. PL/pgSQL keeps its plans;
-- parallel workers would cost more than they bring.
CREATE OR REPLACE FUNCTION tile_buildings(z integer, x integer, y integer)
RETURNS bytea
LANGUAGE plpgsql STABLE PARALLEL SAFE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
SET plan_cache_mode = force_generic_plan
SET max_parallel_workers_per_gather = 0
AS $$
DECLARE
    bounds constant geometry := ST_TileEnvelope(z, x, y);
    around constant geometry := ST_TileEnvelope(z, x, y, margin => 64.0 / 4096);
    whole constant boolean := scope_library();
    own constant bigint[] := scope_ids();
    west constant double precision := -4096.0 * x;
    north constant double precision := -4096.0 * y;
    tile bytea;
BEGIN
    IF z < 14 THEN
        RETURN tile_tallest_buildings(z, x, y, whole, own);
    END IF;
    SELECT ST_AsMVT(shown, 'buildings', 4096, 'geom', 'id') INTO tile
    FROM (
        SELECT b.id, b.building_code AS code, b.name, b.kind, b.floors,
               round(10 * coalesce(b.height_m, 3.0 * b.floors)) / 10 AS height,
               coalesce(
                   CASE WHEN z <= 16 AND b.geom_3857 @ around THEN ST_TransScale(
                       CASE z WHEN 14 THEN b.shape_z14 WHEN 15 THEN b.shape_z15
                              ELSE b.shape_z16 END, west, north, 1, 1) END,
                   ST_AsMVTGeom(b.geom_3857, bounds, 4096, 64)) AS geom
        FROM building AS b
        WHERE b.geom_3857 && bounds AND (whole OR b.scope_ids && own)
        ORDER BY b.id
    ) AS shown;
    RETURN tile;
END
$$;

-- Below z14, of each of 16 by 16 parts of a tile the highest roof, and few more of the tallest and
-- the largest that cover two by two pixels of a 512-pixel tile or, in a slanted view, stand six
-- high: the skyline stays, and a tile has a bound. Parts do not cross tiles, and buildings are
-- ranked among all of their part (by the middle of their box), so that two tiles agree on what
-- lies between them. A tower that is narrower than a tile unit is shown two wide.
CREATE OR REPLACE FUNCTION tile_tallest_buildings(
    z integer, x integer, y integer, whole boolean, own bigint[])
RETURNS bytea
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, public, pg_temp
SET plan_cache_mode = force_generic_plan
SET max_parallel_workers_per_gather = 0
AS $$
DECLARE
    bounds constant geometry := ST_TileEnvelope(z, x, y);
    around constant geometry := ST_TileEnvelope(z, x, y, margin => 64.0 / 4096);
    near constant geometry := ST_TileEnvelope(z, x, y, margin => 1.0 / 16);
    part constant double precision := 40075016.685578488 / (16 * 2.0 ^ z);
    unit constant double precision := part / 256;
    pixel constant double precision := part / 32;
    tallest constant integer := 3;
    largest constant integer := 5;
    tile bytea;
BEGIN
    WITH place AS MATERIALIZED (
        SELECT b.id, b.geom_3857 && bounds AS inside,
               coalesce(b.height_m, 3.0 * b.floors, 0) AS height,
               coalesce(b.area_3857, ST_Area(b.geom_3857)) AS area,
               floor((ST_XMin(b.geom_3857) + ST_XMax(b.geom_3857)) / (2 * part)) AS part_x,
               floor((ST_YMin(b.geom_3857) + ST_YMax(b.geom_3857)) / (2 * part)) AS part_y
        FROM building AS b
        WHERE b.geom_3857 && near AND (whole OR b.scope_ids && own)
    ), ranked AS (
        SELECT place.id, place.inside,
               area >= 4 * pixel * pixel OR height >= 6 * pixel AS seen,
               row_number() OVER (PARTITION BY part_x, part_y
                                  ORDER BY height DESC, area DESC, id) AS by_height,
               row_number() OVER (PARTITION BY part_x, part_y
                                  ORDER BY area DESC, id) AS by_area
        FROM place
    )
    SELECT ST_AsMVT(shown, 'buildings', 4096, 'geom', 'id') INTO tile
    FROM (
        SELECT b.id, b.building_code AS code, b.name, b.kind, b.floors,
               round(10 * coalesce(b.height_m, 3.0 * b.floors)) / 10 AS height,
               coalesce(
                   ST_AsMVTGeom(b.geom_3857, bounds, 4096, 64),
                   CASE WHEN b.geom_3857 @ around THEN ST_AsMVTGeom(
                       ST_Expand(ST_Centroid(b.geom_3857), unit), bounds, 4096, 64) END) AS geom
        FROM ranked JOIN building AS b USING (id)
        WHERE ranked.inside AND (
            by_height = 1 OR ranked.seen AND (by_height <= tallest OR by_area <= largest))
        ORDER BY b.id
    ) AS shown;
    RETURN tile;
END
$$;
