-- The desk's ground: shapes and buildings near a place.
-- SECURITY DEFINER, because row-level security would switch GiST off: the caller's scope stands
-- here as an explicit condition instead. STABLE, never IMMUTABLE: they read tables.

-- The areas that a desk draws at a place, as SVG paths in tenths of a metre of Web Mercator from
-- the north-west of its bounds: the place itself with what lies right under it, or, where nothing
-- does, its neighbours; and what lies on the ground there. Shown are the caller's own areas and
-- what encloses them; a unit, which has no ground of its own, sees the areas where it works.
CREATE OR REPLACE FUNCTION desk_map(of_identity bigint, with_buildings boolean)
RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    WITH caller AS MATERIALIZED (
        SELECT scope_all() AS whole, scope_above_ids() AS above_ids, scope_ids() || ARRAY(
                   SELECT u.area_identity_id FROM unit AS u
                   WHERE u.id = scope_unit_id() AND u.area_identity_id IS NOT NULL) AS ids
    ), here AS (
        SELECT a.identity_id, a.code, a.scheme, a.parent_id, a.leaf, a.geom_3857,
               a.ancestor_ids
        FROM area AS a, caller
        WHERE a.identity_id = of_identity AND upper_inf(a.period)
          AND (caller.whole OR a.ancestor_ids && caller.ids
               OR a.identity_id = ANY (caller.above_ids))
    ), extent AS (
        SELECT ST_Envelope(geom_3857) AS box, floor(ST_XMin(geom_3857)) AS west,
               ceil(ST_YMax(geom_3857)) AS north, ceil(ST_XMax(geom_3857)) AS east,
               floor(ST_YMin(geom_3857)) AS south,
               -- A pixel of a map some 500 wide: what is finer can't be seen there.
               greatest(ST_XMax(geom_3857) - ST_XMin(geom_3857),
                        ST_YMax(geom_3857) - ST_YMin(geom_3857)) / 900 AS pixel
        FROM here
    ), near AS (
        SELECT box, west, north, east, south, pixel,
               ST_Expand(box, (east - west) * 0.25, (north - south) * 0.25) AS around
        FROM extent
    ), shown AS (
        SELECT a.code, a.name, a.level, a.geom_3857, a.parent_id = here.identity_id AS inner
        FROM here CROSS JOIN caller
        JOIN area AS a ON a.scheme = here.scheme AND upper_inf(a.period)
            AND (a.parent_id = here.identity_id OR here.leaf AND a.parent_id = here.parent_id)
        WHERE caller.whole OR a.ancestor_ids && caller.ids
           OR a.identity_id = ANY (caller.above_ids)
        UNION ALL
        SELECT here.code, NULL, NULL, here.geom_3857, NULL FROM here WHERE NOT here.leaf
    ), drawn AS (
        SELECT s.code, s.name, s.level, s.inner,
               ST_AsSVG(ST_Translate(ST_SimplifyPreserveTopology(s.geom_3857, near.pixel),
                                     -near.west, -near.north), 1, 1) AS d,
               ST_X(label) - near.west AS x, near.north - ST_Y(label) AS y
        FROM shown AS s CROSS JOIN near
        CROSS JOIN LATERAL ST_PointOnSurface(s.geom_3857) AS label
    ), land AS (
        SELECT g.kind, g.road_class, ST_AsSVG(ST_Translate(ST_Simplify(
                   ST_ClipByBox2D(g.geom_3857, near.around), near.pixel),
                   -near.west, -near.north), 1, 0) AS d
        FROM near JOIN ground AS g ON g.geom_3857 && near.around
        -- Roads a third of a pixel wide and more; what else is some pixels large.
        WHERE CASE WHEN g.kind = 'road' THEN coalesce(g.width_m, 6) >= 2.2 * near.pixel
                   ELSE ST_Area(g.geom_3857) >= 60 * near.pixel ^ 2 END
    ), block AS (
        SELECT b.building_code AS code, b.name, ST_AsSVG(ST_Translate(
                   b.geom_3857, -near.west, -near.north), 1, 1) AS d
        FROM here CROSS JOIN near CROSS JOIN caller
        JOIN building AS b ON b.geom_3857 && near.box
        WHERE with_buildings AND b.scope_ids @> ARRAY[here.identity_id]
          AND (caller.whole OR b.scope_ids && caller.ids)
        ORDER BY b.id LIMIT 3000
    )
    SELECT json_build_object(
        'width', near.east - near.west, 'height', near.north - near.south,
        'west', near.west, 'north', near.north,
        'areas', coalesce((SELECT json_agg(json_strip_nulls(json_build_object(
            'code', code, 'name', name, 'level', level, 'inner', drawn.inner, 'd', d,
            'x', round(x), 'y', round(y))) ORDER BY drawn.inner DESC NULLS FIRST, code)
            FROM drawn), '[]'),
        'ground', coalesce((SELECT json_agg(json_build_object(
            'kind', kind, 'class', road_class, 'd', d)) FROM land WHERE d <> ''), '[]'),
        'buildings', coalesce((SELECT json_agg(json_build_object(
            'code', code, 'name', name, 'd', d)) FROM block), '[]'))::text
    FROM near
$$;

-- The buildings of an area, by name, with their households' number.
CREATE OR REPLACE FUNCTION desk_buildings(of_identity bigint, after_id bigint, most integer)
RETURNS TABLE (id bigint, code text, name text, kind text, floors integer, houses bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    SELECT b.id, b.building_code, coalesce(b.name, b.building_code), b.kind, b.floors,
           (SELECT count(*) FROM address AS d
            WHERE d.building_id = b.id AND d.house_code IS NOT NULL)
    FROM area AS a
    JOIN building AS b ON b.geom && a.geom AND b.scope_ids @> ARRAY[of_identity]
    WHERE a.identity_id = of_identity AND upper_inf(a.period) AND b.id > after_id
      AND ((SELECT scope_all()) OR b.scope_ids && (SELECT scope_ids()))
    ORDER BY b.id
    LIMIT least(most, 1000)
$$;

-- Who takes a list out of the house, when, and how much of what; its number in the audit log is
-- printed on what they take.
CREATE OR REPLACE FUNCTION note_export(what text, row_count integer)
RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE
    number bigint;
BEGIN
    PERFORM require_scope();
    INSERT INTO audit (account_id, action, subject, detail)
    VALUES (scope_account_id(), 'export', left(what, 300), jsonb_build_object('rows', row_count))
    RETURNING id INTO number;
    RETURN number;
END
$$;
