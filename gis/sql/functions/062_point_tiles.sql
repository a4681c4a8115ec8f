-- Vector tiles of what stands at points: incidents, addresses, places. Scope as in 060_tiles.sql.
-- A point is in the one tile that holds it, of every zoom: tiles have no margin of points, which
-- MapLibre would leave out and deck.gl would draw twice. Below zoom 14, where points lie closer
-- than anybody can tell apart, those in a cell of 64 of a tile's 512 pixels are one feature with
-- their `count`, at their middle. Its number is the cell's, whatever comes and goes in it.

-- A tile as a box of degrees, a little wider than it is.
CREATE OR REPLACE FUNCTION tile_degrees(z integer, x integer, y integer)
RETURNS geometry
LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 100
SET search_path = pg_catalog, public, pg_temp
AS $$ SELECT ST_Expand(ST_Transform(ST_TileEnvelope(z, x, y), 4490), 1e-8) $$;

-- A point of EPSG:4490 in units of a tile, rounded down; NULL where another tile holds it.
CREATE OR REPLACE FUNCTION tile_point(place geometry, z integer, x integer, y integer)
RETURNS geometry
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE STRICT COST 100
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    half constant double precision := 20037508.342789244;
    scale constant double precision := 4096 * 2.0 ^ z / (2 * half);
    flat constant geometry := ST_Transform(place, 3857);
    across constant double precision :=
        floor((ST_X(flat) + half) * scale) - x::double precision * 4096;
    down constant double precision :=
        floor((half - ST_Y(flat)) * scale) - y::double precision * 4096;
BEGIN
    IF across >= 0 AND across < 4096 AND down >= 0 AND down < 4096 THEN
        RETURN ST_MakePoint(across, down);
    END IF;
    RETURN NULL;
END
$$;

-- The number of the cell, of eight by eight in a tile, in which a point of the tile lies.
CREATE OR REPLACE FUNCTION tile_cell(point geometry, z integer, x integer, y integer)
RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
    SELECT (y::bigint * 8 + floor(ST_Y(point) / 512)::bigint) * (8::bigint << z)
        + x::bigint * 8 + floor(ST_X(point) / 512)::bigint
$$;

-- A category and all that are under it, by code or name.
CREATE OR REPLACE FUNCTION categories_under(category text)
RETURNS text[]
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, public, pg_temp
AS $$
    WITH RECURSIVE under AS (
        SELECT c.code FROM category AS c WHERE categories_under.category IN (c.code, c.name)
        UNION SELECT c.code FROM category AS c JOIN under AS u ON c.parent_code = u.code
    )
    SELECT coalesce(array_agg(under.code), '{}') FROM under
$$;

-- Layer "incidents": those that are open; with `since` or `until` all that were received between
-- them, open or closed; with `as_of` those that were open then, without what has changed since.
CREATE OR REPLACE FUNCTION tile_incidents(
    z integer, x integer, y integer, only_category text DEFAULT NULL,
    since timestamptz DEFAULT NULL, until timestamptz DEFAULT NULL,
    as_of timestamptz DEFAULT NULL)
RETURNS bytea
LANGUAGE sql STABLE PARALLEL SAFE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
    WITH chosen AS MATERIALIZED (
        -- A branch each, so that each has its index; those not asked for are never run.
        SELECT i.* FROM incident AS i
        WHERE since IS NULL AND until IS NULL AND as_of IS NULL
          AND i.closed_at IS NULL AND i.geom && tile_degrees(z, x, y)
        UNION ALL
        SELECT i.* FROM incident AS i
        WHERE (since IS NOT NULL OR until IS NOT NULL) AND as_of IS NULL
          AND i.received_at >= coalesce(since, '-infinity')
          AND i.received_at < coalesce(until, 'infinity') AND i.geom && tile_degrees(z, x, y)
        UNION ALL
        SELECT i.* FROM incident AS i
        WHERE as_of IS NOT NULL AND (i.closed_at IS NULL OR i.closed_at > as_of)
          AND i.received_at <= as_of
          AND i.received_at >= coalesce(since, '-infinity')
          AND i.received_at < coalesce(until, 'infinity') AND i.geom && tile_degrees(z, x, y)
    ), found AS MATERIALIZED (
        SELECT i.id, i.category_code AS category, class.code AS class,
               CASE WHEN as_of IS NULL THEN i.state END AS state,
               CASE WHEN as_of IS NULL THEN i.tier END AS tier, i.urgency, i.emergency,
               extract(epoch FROM i.received_at)::bigint AS received,
               CASE WHEN as_of IS NULL THEN extract(epoch FROM i.deadline_at)::bigint END
                   AS deadline,
               tile_point(i.geom, z, x, y) AS geom
        FROM chosen AS i
        LEFT JOIN category AS class
            ON class.class_rank = i.class_rank AND class.parent_code IS NULL
        WHERE i.merged_into_id IS NULL
          AND (only_category IS NULL
               OR i.category_code = ANY ((SELECT categories_under(only_category))::text[]))
          AND ((SELECT scope_all()) OR i.scope_ids && (SELECT scope_ids())
               OR i.unit_id = (SELECT scope_unit_id())
               OR i.officer_id = (SELECT scope_officer_id())
               OR i.category_code = ANY ((SELECT scope_categories())::text[])
                  AND i.scope_ids @> (SELECT scope_unit_ground())
               OR i.grid_id IS NULL AND i.closed_at IS NULL AND (SELECT scope_places())
               OR i.answerable_id = (SELECT scope_account_id())
                  AND (SELECT scope_role()) <> 'intake')
    ), feature AS (
        SELECT f.id AS feature_id, 1::bigint AS count, f.id, f.category, f.class, f.state, f.tier,
               f.urgency::integer, f.emergency, f.received, f.deadline, f.geom
        FROM found AS f WHERE z >= 14 AND f.geom IS NOT NULL
        UNION ALL
        -- Where all are alike that is told; the most urgent stands for all.
        SELECT cell.id, cell.count, CASE cell.count WHEN 1 THEN cell.lowest END,
               cell.category, cell.class, cell.state, cell.tier, cell.urgency, cell.emergency,
               cell.received, cell.deadline, cell.geom
        FROM (
            SELECT tile_cell(f.geom, z, x, y) AS id, count(*) AS count, min(f.id) AS lowest,
                   CASE WHEN min(f.category) = max(f.category) THEN min(f.category) END
                       AS category,
                   CASE WHEN min(f.class) = max(f.class) THEN min(f.class) END AS class,
                   CASE WHEN min(f.state) = max(f.state) THEN min(f.state) END AS state,
                   CASE WHEN min(f.tier) = max(f.tier) THEN min(f.tier) END AS tier,
                   max(f.urgency)::integer AS urgency, bool_or(f.emergency) AS emergency,
                   min(f.received) AS received, min(f.deadline) AS deadline,
                   ST_MakePoint(floor(avg(ST_X(f.geom))), floor(avg(ST_Y(f.geom)))) AS geom
            FROM found AS f WHERE z < 14 AND f.geom IS NOT NULL
            GROUP BY tile_cell(f.geom, z, x, y)) AS cell
        ORDER BY 1
    )
    SELECT ST_AsMVT(feature, 'incidents', 4096, 'geom', 'feature_id') FROM feature
$$;

-- Layer "addresses": none below zoom 14, each by itself from zoom 16 on; between them those that
-- stand in the same unit of the tile, as all houses of a building do, are one with their `count`.
CREATE OR REPLACE FUNCTION tile_addresses(z integer, x integer, y integer)
RETURNS bytea
LANGUAGE sql STABLE PARALLEL SAFE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
    WITH found AS MATERIALIZED (
        SELECT a.id, a.house_code, a.text, a.building_id, tile_point(a.geom, z, x, y) AS geom
        FROM address AS a
        WHERE z >= 14 AND a.geom && tile_degrees(z, x, y)
          AND ((SELECT scope_library()) OR a.scope_ids && (SELECT scope_ids()))
    ), feature AS (
        SELECT f.id AS feature_id, f.id, 1::bigint AS count, f.house_code AS code, f.text,
               f.building_id AS building, f.geom
        FROM found AS f WHERE z >= 16 AND f.geom IS NOT NULL
        UNION ALL
        SELECT min(f.id), CASE count(*) WHEN 1 THEN min(f.id) END, count(*),
               CASE count(*) WHEN 1 THEN min(f.house_code) END,
               CASE count(*) WHEN 1 THEN min(f.text) END,
               CASE WHEN min(f.building_id) = max(f.building_id) THEN min(f.building_id) END,
               f.geom
        FROM found AS f WHERE z < 16 AND f.geom IS NOT NULL
        GROUP BY f.geom
        ORDER BY 1
    )
    SELECT ST_AsMVT(feature, 'addresses', 4096, 'geom', 'feature_id') FROM feature
$$;

-- Layer "places": place objects, points and footprints from zoom 14 on, below it counted by cell.
-- Never their `detail`, and no name of what is a person: tiles are kept, and names are not needed
-- to see where help may be.
CREATE OR REPLACE FUNCTION tile_places(
    z integer, x integer, y integer, only_category text DEFAULT NULL)
RETURNS bytea
LANGUAGE sql STABLE PARALLEL SAFE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
    WITH found AS MATERIALIZED (
        SELECT p.id, p.object_code AS code, p.category_code AS category, c.element,
               CASE WHEN c.element <> 'person' THEN p.name END AS name,
               CASE WHEN z < 14 THEN tile_point(ST_PointOnSurface(p.geom), z, x, y)
                    WHEN ST_GeometryType(p.geom) = 'ST_Point' THEN tile_point(p.geom, z, x, y)
                    ELSE ST_AsMVTGeom(ST_Transform(p.geom, 3857), ST_TileEnvelope(z, x, y),
                                      4096, 64) END AS geom
        FROM place_object AS p JOIN place_category AS c ON c.code = p.category_code
        -- A margin for footprints, where there are any; that of the whole world would turn round it.
        WHERE p.geom && CASE WHEN z < 14 THEN tile_degrees(z, x, y) ELSE
              ST_Transform(ST_TileEnvelope(z, x, y, margin => 64.0 / 4096), 4490) END
          AND (only_category IS NULL OR only_category IN (c.code, c.name, c.element))
          AND ((SELECT scope_all()) OR p.scope_ids && (SELECT scope_ids()))
    ), feature AS (
        SELECT f.id AS feature_id, f.id, 1::bigint AS count, f.code, f.category, f.element,
               f.name, f.geom
        FROM found AS f WHERE z >= 14 AND f.geom IS NOT NULL
        UNION ALL
        SELECT cell.number, CASE cell.count WHEN 1 THEN cell.id END, cell.count,
               CASE cell.count WHEN 1 THEN cell.code END, cell.category, cell.element,
               CASE cell.count WHEN 1 THEN cell.name END, cell.geom
        FROM (
            SELECT tile_cell(f.geom, z, x, y) AS number, count(*) AS count, min(f.id) AS id,
                   min(f.code) AS code, min(f.name) AS name,
                   CASE WHEN min(f.category) = max(f.category) THEN min(f.category) END
                       AS category,
                   CASE WHEN min(f.element) = max(f.element) THEN min(f.element) END AS element,
                   ST_MakePoint(floor(avg(ST_X(f.geom))), floor(avg(ST_Y(f.geom)))) AS geom
            FROM found AS f WHERE z < 14 AND f.geom IS NOT NULL
            GROUP BY tile_cell(f.geom, z, x, y)) AS cell
        ORDER BY 1
    )
    SELECT ST_AsMVT(feature, 'places', 4096, 'geom', 'feature_id') FROM feature
$$;
