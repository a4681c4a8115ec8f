-- Areas: their place in the tree, and under which areas everything else lies.

-- Where a point lies, for keeping `scope_ids` of places: all ancestors, in all schemes.
CREATE OR REPLACE FUNCTION scope_ids_at(point geometry)
RETURNS bigint[]
LANGUAGE sql STABLE SET search_path = public, pg_temp
AS $$
    SELECT coalesce(array_agg(DISTINCT above.id), '{}')
    FROM area AS a, LATERAL unnest(a.ancestor_ids) AS above(id)
    WHERE a.leaf AND upper_inf(a.period) AND ST_Intersects(a.geom, point)
$$;

CREATE OR REPLACE FUNCTION building_placed() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp
AS $$
BEGIN
    NEW.scope_ids := scope_ids_at(ST_PointOnSurface(NEW.geom));
    RETURN NEW;
END
$$;

CREATE OR REPLACE FUNCTION address_placed() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp
AS $$
BEGIN
    NEW.scope_ids := coalesce(
        (SELECT b.scope_ids FROM building AS b WHERE b.id = NEW.building_id),
        scope_ids_at(NEW.geom));
    RETURN NEW;
END
$$;

CREATE OR REPLACE FUNCTION duty_placed() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp
AS $$
BEGIN
    NEW.scope_ids := coalesce(
        (SELECT b.scope_ids FROM building AS b WHERE b.id = NEW.building_id),
        (SELECT a.ancestor_ids FROM area AS a
         WHERE a.identity_id = NEW.area_identity_id AND upper_inf(a.period)),
        '{}');
    RETURN NEW;
END
$$;

-- After areas have changed: what lies where. Only rows that change are written.
CREATE OR REPLACE FUNCTION settle_places()
RETURNS void
LANGUAGE plpgsql SET search_path = public, pg_temp
AS $$
BEGIN
    PERFORM settle_buildings();
    PERFORM settle_addresses();
    PERFORM settle_duties();
    PERFORM settle_library();
END
$$;

CREATE OR REPLACE FUNCTION settle_buildings()
RETURNS void
LANGUAGE plpgsql SET search_path = public, pg_temp
AS $$
BEGIN
    UPDATE building AS b SET scope_ids = now_in.ids
    FROM (
        SELECT p.id, coalesce(array_agg(DISTINCT above.id) FILTER (WHERE above.id IS NOT NULL),
                              '{}') AS ids
        FROM (SELECT id, ST_PointOnSurface(geom) AS point FROM building) AS p
        LEFT JOIN area AS a
            ON a.leaf AND upper_inf(a.period) AND ST_Intersects(a.geom, p.point)
        LEFT JOIN LATERAL unnest(a.ancestor_ids) AS above(id) ON true
        GROUP BY p.id
    ) AS now_in
    WHERE now_in.id = b.id AND b.scope_ids IS DISTINCT FROM now_in.ids;
END
$$;

CREATE OR REPLACE FUNCTION settle_addresses()
RETURNS void
LANGUAGE plpgsql SET search_path = public, pg_temp
AS $$
BEGIN
    UPDATE address AS d SET scope_ids = b.scope_ids
    FROM building AS b
    WHERE b.id = d.building_id AND d.scope_ids IS DISTINCT FROM b.scope_ids;

    UPDATE address AS d SET scope_ids = now_in.ids
    FROM (
        SELECT p.id, coalesce(array_agg(DISTINCT above.id) FILTER (WHERE above.id IS NOT NULL),
                              '{}') AS ids
        FROM address AS p
        LEFT JOIN area AS a
            ON a.leaf AND upper_inf(a.period) AND ST_Intersects(a.geom, p.geom)
        LEFT JOIN LATERAL unnest(a.ancestor_ids) AS above(id) ON true
        WHERE p.building_id IS NULL
        GROUP BY p.id
    ) AS now_in
    WHERE now_in.id = d.id AND d.scope_ids IS DISTINCT FROM now_in.ids;
END
$$;

CREATE OR REPLACE FUNCTION settle_duties()
RETURNS void
LANGUAGE plpgsql SET search_path = public, pg_temp
AS $$
BEGIN
    UPDATE duty AS d SET scope_ids = a.ancestor_ids
    FROM area AS a
    WHERE a.identity_id = d.area_identity_id AND upper_inf(a.period)
      AND d.scope_ids IS DISTINCT FROM a.ancestor_ids;
    UPDATE duty AS d SET scope_ids = b.scope_ids
    FROM building AS b
    WHERE b.id = d.building_id AND d.scope_ids IS DISTINCT FROM b.scope_ids;
END
$$;

CREATE OR REPLACE FUNCTION settle_areas(changed_scheme text)
RETURNS void
LANGUAGE plpgsql SET search_path = public, pg_temp
AS $$
BEGIN
    WITH RECURSIVE current AS MATERIALIZED (
        SELECT id, identity_id, parent_id, level, code, name
        FROM area WHERE scheme = changed_scheme AND upper_inf(period)
    ), tree AS (
        SELECT c.id, c.identity_id, ARRAY[c.identity_id] AS ancestor_ids,
               jsonb_build_array(
                   jsonb_build_object('level', c.level, 'code', c.code, 'name', c.name)) AS path
        FROM current AS c
        WHERE c.parent_id IS NULL
           OR NOT EXISTS (SELECT FROM current AS p WHERE p.identity_id = c.parent_id)
        UNION ALL
        SELECT c.id, c.identity_id, t.ancestor_ids || c.identity_id,
               t.path || jsonb_build_object('level', c.level, 'code', c.code, 'name', c.name)
        FROM current AS c
        JOIN tree AS t ON t.identity_id = c.parent_id
    )
    UPDATE area AS a
    SET ancestor_ids = t.ancestor_ids, path = t.path, leaf = t.leaf
    FROM (
        SELECT tree.*,
               NOT EXISTS (SELECT FROM current AS c WHERE c.parent_id = tree.identity_id) AS leaf
        FROM tree
    ) AS t
    WHERE t.id = a.id
      AND (a.ancestor_ids, a.path, a.leaf) IS DISTINCT FROM (t.ancestor_ids, t.path, t.leaf);

    UPDATE scheme AS s SET active = EXISTS (
        SELECT FROM area AS a WHERE a.scheme = s.code AND a.leaf AND upper_inf(a.period))
    WHERE s.code = changed_scheme;
    PERFORM settle_places();
    INSERT INTO event_pending (kind, scope_ids, payload)
    SELECT 'area', coalesce(array_agg(DISTINCT above.id), '{}'),
           json_build_object('scheme', changed_scheme)::text
    FROM area AS a, LATERAL unnest(a.ancestor_ids) AS above(id)
    WHERE a.scheme = changed_scheme AND upper_inf(a.period);
END
$$;
