-- Layer "buildings": all from z14 on; below it those that would cover two by two pixels of a
-- 512-pixel tile, and the tall ones, which a slanted view shows however narrow they are.
-- Where no height is known, three metres a floor.
CREATE OR REPLACE FUNCTION tile_buildings(z integer, x integer, y integer)
RETURNS bytea
LANGUAGE sql STABLE PARALLEL SAFE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
    WITH pixel AS (
        SELECT 40075016.685578488 / (512 * 2.0 ^ z) AS side
    ), feature AS (
        SELECT building.id AS feature_id, building.id, building.building_code AS code,
               building.name, building.kind, building.floors,
               round(coalesce(building.height_m, 3.0 * building.floors)::numeric, 1)
                   ::double precision AS height,
               ST_AsMVTGeom(building.geom_3857, ST_TileEnvelope(z, x, y), 4096, 64) AS geom
        FROM building, pixel
        WHERE building.geom_3857 && ST_TileEnvelope(z, x, y, margin => 64.0 / 4096)
          AND (z >= 14 OR ST_Area(building.geom_3857) >= 4 * pixel.side * pixel.side
               OR building.height_m >= 6 * pixel.side)
          AND ((SELECT scope_library()) OR building.scope_ids && (SELECT scope_ids()))
        ORDER BY building.id
    )
    SELECT ST_AsMVT(feature, 'buildings', 4096, 'geom', 'feature_id')
    FROM feature WHERE geom IS NOT NULL
$$;
