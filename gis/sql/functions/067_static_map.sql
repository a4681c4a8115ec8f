-- A shape as SVG path in pixels from a box's north-west corner, on quarters of a pixel.
CREATE OR REPLACE FUNCTION svg_path(shape geometry, box geometry, pixel_m double precision)
RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
    -- Between shapes of different kinds PostGIS writes what a path has no word for.
    SELECT replace(ST_AsSVG(ST_SnapToGrid(ST_TransScale(
        shape, -ST_XMin(box), -ST_YMax(box), 1 / pixel_m, 1 / pixel_m), 0.25), 0, 2), ';', ' ')
$$;

-- What a still picture of a box shows, as SVG paths in its pixels from the north-west corner.
-- As for tiles, the caller's scope stands here as a condition, since policies would switch GiST
-- off. Corners are put on quarters of a pixel one by one: neighbours that share a corner go on
-- sharing it, so that no gap opens between them.
CREATE OR REPLACE FUNCTION map_shapes(
    west double precision, south double precision, east double precision,
    north double precision, pixel_m double precision, only_scheme text, only_level text,
    named_level text, narrowest_road_m double precision, layers text[])
RETURNS TABLE (
    kind text, code text, name text, width_m double precision, load integer, d text,
    label_x double precision, label_y double precision, angle double precision,
    extent_px double precision)
LANGUAGE sql STABLE PARALLEL SAFE SECURITY DEFINER ROWS 500
SET search_path = pg_catalog, public, pg_temp
AS $$
    WITH box AS (
        -- Wider than the picture, so that no cut edge is drawn at its border.
        SELECT ST_MakeEnvelope(west, south, east, north, 3857) AS shape,
               ST_Expand(ST_MakeEnvelope(west, south, east, north, 3857), 8 * pixel_m) AS wider
        WHERE (SELECT scope()) IS NOT NULL
    ), covered AS MATERIALIZED (
        SELECT ground.kind, ground.name, ground.width_m, ground.road_class,
               ST_ClipByBox2D(ground.geom_3857, box.wider) AS part, box.shape
        FROM ground, box
        WHERE 'ground' = ANY (layers) AND ground.geom_3857 && box.wider
          AND (ground.kind <> 'road' OR coalesce(ground.width_m, 4) >= narrowest_road_m)
    ), built AS MATERIALIZED (
        SELECT building.name, building.geom_3857 AS part, ST_Area(building.geom_3857) AS size
        FROM building, box
        WHERE 'buildings' = ANY (layers) AND building.geom_3857 && box.wider
          AND ST_Area(building.geom_3857) >= 4 * pixel_m * pixel_m
          AND ((SELECT scope_all()) OR building.scope_ids && (SELECT scope_ids()))
        ORDER BY size DESC LIMIT 40000
    ), owned AS MATERIALIZED (
        SELECT area.identity_id, area.code, area.name,
               CASE only_level WHEN 'leaf' THEN area.leaf ELSE area.level = only_level END AS fills,
               CASE named_level WHEN 'leaf' THEN area.leaf ELSE area.level = named_level END
                   AS named,
               ST_ClipByBox2D(area.geom_3857, box.wider) AS part, box.shape
        FROM area, box
        WHERE 'areas' = ANY (layers) AND area.geom_3857 && box.wider
          AND area.scheme = only_scheme AND upper_inf(area.period)
          AND (area.level IN (only_level, named_level)
               OR area.leaf AND 'leaf' IN (only_level, named_level))
          AND ((SELECT scope_all()) OR area.ancestor_ids && (SELECT scope_ids())
               OR area.identity_id = ANY ((SELECT scope_above_ids())::bigint[]))
    ), drawn AS (
        SELECT covered.kind, NULL::text AS code, covered.road_class AS name, covered.width_m,
               NULL::integer AS load, string_agg(path.d, ' ') AS d, NULL::geometry AS named
        FROM covered, box, LATERAL svg_path(covered.part, box.shape, pixel_m) AS path (d)
        WHERE NOT ST_IsEmpty(covered.part)
        GROUP BY covered.kind, covered.road_class, covered.width_m
        UNION ALL
        SELECT 'building', NULL, NULL, NULL, NULL,
               string_agg(svg_path(built.part, box.shape, pixel_m), ' '), NULL
        FROM built, box HAVING count(*) > 0
        UNION ALL
        SELECT 'area', owned.code, owned.name, NULL, coalesce(open_load.load, 0),
               svg_path(owned.part, owned.shape, pixel_m), NULL
        FROM owned LEFT JOIN open_load() USING (identity_id)
        WHERE owned.fills AND NOT ST_IsEmpty(owned.part)
        UNION ALL
        SELECT 'area_name', owned.code, owned.name, NULL, NULL,
               CASE WHEN NOT owned.fills THEN svg_path(owned.part, owned.shape, pixel_m) END,
               ST_ClipByBox2D(owned.part, owned.shape)
        FROM owned WHERE owned.named AND NOT ST_IsEmpty(owned.part)
        UNION ALL
        -- Names: of a street once, where the longest piece of it is seen.
        (SELECT DISTINCT ON (covered.kind, covered.name)
                covered.kind || '_name', NULL, covered.name, covered.width_m, NULL,
                NULL, ST_ClipByBox2D(covered.part, covered.shape)
         FROM covered WHERE covered.name <> '' AND covered.part && covered.shape
         ORDER BY covered.kind, covered.name, ST_Length(covered.part) DESC,
                  ST_Area(covered.part) DESC)
        UNION ALL
        (SELECT 'building_name', NULL, built.name, NULL, NULL, NULL, built.part
         FROM built, box
         WHERE built.name <> '' AND built.size > 400 * pixel_m * pixel_m
           AND ST_Within(built.part, box.shape)
         ORDER BY built.size DESC LIMIT 300)
    )
    SELECT drawn.kind, drawn.code, drawn.name, drawn.width_m, drawn.load,
           drawn.d, (ST_X(at.middle) - west) / pixel_m, (north - ST_Y(at.middle)) / pixel_m,
           -- As SVG turns: clockwise, and never upside down.
           CASE WHEN ST_Dimension(drawn.named) = 1
                THEN degrees(atan(-(ST_Y(at.later) - ST_Y(at.sooner))
                                  / nullif(ST_X(at.later) - ST_X(at.sooner), 0))) END,
           CASE WHEN ST_Dimension(drawn.named) = 1 THEN ST_Length(at.line)
                ELSE sqrt(ST_Area(drawn.named)) END / pixel_m
    FROM drawn, LATERAL (
        SELECT CASE WHEN ST_Dimension(drawn.named) = 1 THEN (
            SELECT piece.geom FROM ST_Dump(drawn.named) AS piece
            ORDER BY ST_Length(piece.geom) DESC LIMIT 1) END AS line) AS longest, LATERAL (
        SELECT longest.line, ST_LineInterpolatePoint(longest.line, 0.4) AS sooner,
               ST_LineInterpolatePoint(longest.line, 0.6) AS later,
               CASE WHEN drawn.named IS NULL OR ST_IsEmpty(drawn.named) THEN NULL
                    WHEN ST_Dimension(drawn.named) = 1
                        THEN ST_LineInterpolatePoint(longest.line, 0.5)
                    ELSE ST_PointOnSurface(drawn.named) END AS middle) AS at
    WHERE drawn.d <> '' OR at.middle IS NOT NULL
    ORDER BY array_position(ARRAY['green', 'plaza', 'water'], drawn.kind) NULLS LAST,
             drawn.width_m, drawn.code, drawn.name
$$;
