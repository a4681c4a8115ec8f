-- What lies within a box of Web Mercator metres, as SVG paths from the box's north-west corner:
-- for the small maps of pages and printouts. As for tiles, the caller's scope stands here as a
-- condition, since policies would switch GiST off.
CREATE OR REPLACE FUNCTION surroundings(
    west double precision, south double precision, east double precision,
    north double precision, area_level text, narrowest_road_m double precision,
    with_buildings boolean)
RETURNS TABLE (
    kind text, code text, name text, width_m double precision, d text,
    label_x double precision, label_y double precision)
LANGUAGE sql STABLE PARALLEL SAFE SECURITY DEFINER ROWS 500
SET search_path = pg_catalog, public, pg_temp
AS $$
    WITH box AS (
        SELECT ST_MakeEnvelope(west, south, east, north, 3857) AS shape
    ), shown AS (
        SELECT 1 AS layer, ground.id, ground.kind, NULL AS code, ground.name, ground.width_m,
               ground.geom_3857
        FROM ground, box
        WHERE (SELECT scope()) IS NOT NULL AND ground.geom_3857 && box.shape
          AND (ground.kind <> 'road' OR coalesce(ground.width_m, 0) >= narrowest_road_m)
        UNION ALL
        (SELECT 2, building.id, 'building', building.building_code, building.name, NULL,
                building.geom_3857
         FROM building, box
         WHERE with_buildings AND building.geom_3857 && box.shape
           AND ((SELECT scope_all()) OR building.scope_ids && (SELECT scope_ids()))
         -- More than a small map can show, or a phone should load.
         LIMIT 4000)
        UNION ALL
        SELECT 3, area.id, 'area', area.code, area.name, NULL, area.geom_3857
        FROM area, box
        WHERE area.scheme = 'base' AND upper_inf(area.period) AND area.geom_3857 && box.shape
          AND CASE area_level WHEN 'leaf' THEN area.leaf ELSE area.level = area_level END
          AND ((SELECT scope_all()) OR area.ancestor_ids && (SELECT scope_ids())
               OR area.identity_id = ANY ((SELECT scope_above_ids())::bigint[]))
    ), cut AS (
        -- Wider than the box, so that no cut edge is drawn at its border.
        SELECT shown.*, ST_ClipByBox2D(shown.geom_3857, ST_Expand(box.shape, 100)) AS part,
               ST_ClipByBox2D(shown.geom_3857, box.shape) AS within
        FROM shown, box
    )
    SELECT cut.kind, cut.code, cut.name, cut.width_m,
           ST_AsSVG(ST_Translate(cut.part, -west, -north), 0, 1),
           ST_X(point.label) - west, north - ST_Y(point.label)
    FROM cut, LATERAL (
        SELECT CASE WHEN ST_IsEmpty(cut.within) THEN NULL
                    WHEN ST_Dimension(cut.within) = 1
                        THEN ST_LineInterpolatePoint(ST_GeometryN(cut.within, 1), 0.5)
                    ELSE ST_PointOnSurface(cut.within) END AS label) AS point
    WHERE NOT ST_IsEmpty(cut.part)
    ORDER BY cut.layer, cut.kind = 'road', cut.id
$$;
