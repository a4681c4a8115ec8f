-- Vector tiles, one function a layer, over the stored geom_3857.
-- SECURITY DEFINER, because row-level security would switch GiST off (its operators are not
-- leakproof): the caller's scope stands here as an explicit condition instead, and a test holds
-- it equal to the policies. STABLE, never IMMUTABLE: they read tables.

-- Open incidents under each area, of every scheme and level, that the caller may see.
CREATE OR REPLACE FUNCTION open_load()
RETURNS TABLE (identity_id bigint, load integer)
LANGUAGE sql STABLE PARALLEL SAFE SECURITY DEFINER ROWS 700
SET search_path = pg_catalog, public, pg_temp
AS $$
    SELECT under.identity_id, count(*)::integer
    FROM incident, unnest(incident.scope_ids) AS under (identity_id)
    WHERE incident.closed_at IS NULL
      AND ((SELECT scope_all()) OR incident.scope_ids && (SELECT scope_ids())
           OR incident.unit_id = (SELECT scope_unit_id())
           OR incident.category_code = ANY ((SELECT scope_categories())::text[]))
    GROUP BY under.identity_id
$$;

-- Layer "areas": one level of one scheme as it stands, or stood at an instant, or its leaves, which
-- answer for points at whatever level they stand; `load` is the open incidents of now. Where the
-- coverage is generalised (059_coverages.sql) and the zoom shows no single vertex, its shapes.
DROP FUNCTION IF EXISTS tile_areas(integer, integer, integer, text, text);
CREATE OR REPLACE FUNCTION tile_areas(
    z integer, x integer, y integer, only_scheme text, only_level text,
    as_of timestamptz DEFAULT NULL)
RETURNS bytea
LANGUAGE sql STABLE PARALLEL SAFE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
    WITH coverage AS MATERIALIZED (
        SELECT c.id FROM area_coverage AS c
        WHERE c.scheme = only_scheme AND c.level = only_level AND c.in_force
          AND z < 14 AND as_of IS NULL
    ), found AS MATERIALIZED (
        SELECT area.id, area.identity_id, area.code, area.name, area.level,
               CASE WHEN NOT EXISTS (SELECT FROM coverage) THEN area.geom_3857
                    ELSE (SELECT s.geom_3857 FROM area_shape AS s
                          WHERE s.coverage_id = (SELECT coverage.id FROM coverage)
                            AND s.zoom = greatest(z, 5) AND s.area_id = area.id)
               END AS shape
        FROM area
        WHERE area.geom_3857 && ST_TileEnvelope(z, x, y, margin => 64.0 / 4096)
          AND area.scheme = only_scheme
          AND CASE WHEN as_of IS NULL THEN upper_inf(area.period) ELSE area.period @> as_of END
          AND CASE only_level WHEN 'leaf' THEN area.leaf ELSE area.level = only_level END
          AND ((SELECT scope_library()) OR area.ancestor_ids && (SELECT scope_ids())
               OR area.identity_id = ANY ((SELECT scope_above_ids())::bigint[]))
    ), drawn AS MATERIALIZED (
        SELECT c.area_id, c.geom
        FROM (SELECT array_agg(f.id) AS ids, array_agg(f.shape) AS shapes
              FROM found AS f WHERE f.shape IS NOT NULL) AS every,
             LATERAL tile_coverage(every.ids, every.shapes, z, x, y) AS c
    ), feature AS (
        SELECT shown.identity_id AS feature_id, shown.code AS id, shown.code, shown.name,
               shown.level,
               CASE WHEN as_of IS NULL THEN coalesce(open_load.load, 0) END AS load, drawn.geom
        FROM found AS shown JOIN drawn ON drawn.area_id = shown.id
        LEFT JOIN open_load() USING (identity_id)
        ORDER BY shown.code
    )
    SELECT ST_AsMVT(feature, 'areas', 4096, 'geom', 'feature_id') FROM feature
$$;

-- Layers "roads" and "ground": the basemap, the same for everyone who is signed in.
CREATE OR REPLACE FUNCTION tile_ground(z integer, x integer, y integer)
RETURNS bytea
LANGUAGE sql STABLE PARALLEL SAFE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
    WITH shown AS MATERIALIZED (
        SELECT ground.id, ground.kind, ground.road_class, ground.name, ground.width_m,
               -- By its side a lake's name is written sooner than a pond's.
               CASE WHEN ground.name IS NOT NULL AND ground.kind <> 'road'
                    THEN sqrt(ST_Area(ground.geom_3857))::integer END AS side_m,
               ST_AsMVTGeom(ground.geom_3857, ST_TileEnvelope(z, x, y), 4096, 64) AS geom
        FROM ground
        WHERE ground.geom_3857 && ST_TileEnvelope(z, x, y, margin => 64.0 / 4096)
          AND (ground.kind <> 'road' OR z >= 13
               OR ground.width_m >= CASE z WHEN 12 THEN 10 WHEN 11 THEN 18 ELSE 24 END)
        ORDER BY ground.id
    ), road AS (
        SELECT id AS feature_id, name, road_class AS class, width_m AS width, geom
        FROM shown WHERE kind = 'road' AND geom IS NOT NULL
    ), cover AS (
        SELECT id AS feature_id, kind, name, side_m, geom
        FROM shown WHERE kind <> 'road' AND geom IS NOT NULL
    )
    SELECT coalesce((SELECT ST_AsMVT(cover, 'ground', 4096, 'geom', 'feature_id') FROM cover), '')
        || coalesce((SELECT ST_AsMVT(road, 'roads', 4096, 'geom', 'feature_id') FROM road), '')
$$;

-- What the caller may see of a layer lies within these degrees: west, south, east, north. Their
-- ground, even where nothing of the layer lies on it yet; who has none, such as a department,
-- sees matters on anybody's.
CREATE OR REPLACE FUNCTION tile_bounds(layer text)
RETURNS double precision[]
LANGUAGE sql STABLE PARALLEL SAFE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
    SELECT ARRAY[ST_XMin(box), ST_YMin(box), ST_XMax(box), ST_YMax(box)]
    FROM (
        SELECT CASE layer
            WHEN 'ground' THEN (SELECT ST_Extent(ground.geom) FROM ground)
            ELSE (
                SELECT ST_Extent(area.geom) FROM area
                WHERE upper_inf(area.period)
                  AND ((SELECT scope_library()) OR area.ancestor_ids && (SELECT scope_ids())
                       OR layer = 'incidents' AND (SELECT scope_role()) = 'department'
                          AND area.ancestor_ids @> (SELECT scope_unit_ground())))
        END AS box
    ) AS extent
    WHERE box IS NOT NULL
$$;
