-- What lies in ground that changes hands: only that is looked at, and only rows that differ are
-- written. All of it is done before the ground is held: nothing that takes in a report reads it.

CREATE OR REPLACE FUNCTION ground_parts(ground geometry) RETURNS geometry[]
LANGUAGE sql IMMUTABLE SET search_path = public, pg_temp
AS $$
    SELECT ARRAY(SELECT s.part FROM ST_Subdivide(ST_CollectionExtract(ground, 3), 32) AS s(part)
                 WHERE NOT ST_IsEmpty(s.part))
$$;

-- Under which areas points will lie, as scope_ids_at() has it for those in force.
CREATE OR REPLACE FUNCTION future_scopes(
    of_publication bigint, point_ids bigint[], points geometry[])
RETURNS TABLE (id bigint, ids bigint[])
LANGUAGE plpgsql STABLE SET search_path = public, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    closing constant bigint[] := ARRAY(
        SELECT c.before_id FROM publication_area AS c
        WHERE c.publication_id = of_publication AND c.before_id IS NOT NULL);
    opening constant bigint[] := ARRAY(
        SELECT c.after_id FROM publication_area AS c
        WHERE c.publication_id = of_publication AND c.after_id IS NOT NULL);
BEGIN
    RETURN QUERY
    SELECT p.id, coalesce(array_agg(DISTINCT above.id) FILTER (WHERE above.id IS NOT NULL), '{}')
    FROM unnest(point_ids, points) AS p(id, point)
    LEFT JOIN LATERAL (
        SELECT a.ancestor_ids FROM area AS a
        WHERE a.leaf AND a.geom && p.point AND ST_Intersects(a.geom, p.point)
          AND (upper_inf(a.period) AND a.id <> ALL (closing) OR a.id = ANY (opening))
    ) AS a ON true
    LEFT JOIN LATERAL unnest(a.ancestor_ids) AS above(id) ON true
    GROUP BY p.id;
END
$$;

CREATE OR REPLACE FUNCTION settle_changed_places(of_publication bigint, ground geometry)
RETURNS jsonb
LANGUAGE plpgsql SET search_path = public, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    parts constant geometry[] := coalesce(ground_parts(ground), '{}');
    buildings bigint[];
    addresses bigint[];
BEGIN
    buildings := settle_changed_buildings(of_publication, parts);
    addresses := settle_changed_addresses(of_publication, parts, buildings);
    PERFORM settle_changed_library(of_publication, parts, buildings, addresses);
    UPDATE duty AS d SET scope_ids = b.scope_ids
    FROM building AS b
    WHERE d.building_id = ANY (buildings) AND b.id = d.building_id;
    UPDATE duty AS d SET scope_ids = a.ancestor_ids
    FROM publication_area AS c JOIN area AS a ON a.id = c.after_id
    WHERE c.publication_id = of_publication AND d.area_identity_id = c.identity_id
      AND d.scope_ids IS DISTINCT FROM a.ancestor_ids;
    RETURN jsonb_build_object('buildings', cardinality(buildings),
                              'addresses', cardinality(addresses));
END
$$;

-- The identities of buildings that come under other areas.
CREATE OR REPLACE FUNCTION settle_changed_buildings(of_publication bigint, parts geometry[])
RETURNS bigint[]
LANGUAGE plpgsql SET search_path = public, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    near bigint[];
    points geometry[];
    changed bigint[];
BEGIN
    SELECT array_agg(n.id), array_agg(n.point) INTO near, points
    FROM (
        SELECT DISTINCT ON (b.id) b.id, b.point
        FROM unnest(parts) AS g(part)
        CROSS JOIN LATERAL (
            SELECT o.id, ST_PointOnSurface(o.geom) AS point FROM building AS o
            WHERE o.geom && ST_Expand(g.part, 1e-8) OFFSET 0) AS b
        WHERE ST_DWithin(b.point, g.part, 1e-8)
    ) AS n;
    WITH written AS (
        UPDATE building AS b SET scope_ids = f.ids
        FROM future_scopes(of_publication, near, points) AS f
        WHERE b.id = f.id AND b.scope_ids IS DISTINCT FROM f.ids
        RETURNING b.id
    )
    SELECT coalesce(array_agg(w.id), '{}') INTO changed FROM written AS w;
    RETURN changed;
END
$$;

-- Addresses lie where their buildings do; those in no building where their point is.
CREATE OR REPLACE FUNCTION settle_changed_addresses(
    of_publication bigint, parts geometry[], buildings bigint[])
RETURNS bigint[]
LANGUAGE plpgsql SET search_path = public, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    near bigint[];
    points geometry[];
    changed bigint[];
BEGIN
    SELECT array_agg(n.id), array_agg(n.point) INTO near, points
    FROM (
        SELECT DISTINCT ON (d.id) d.id, d.geom AS point
        FROM unnest(parts) AS g(part)
        JOIN address AS d ON d.geom && ST_Expand(g.part, 1e-8) AND d.building_id IS NULL
        WHERE ST_DWithin(d.geom, g.part, 1e-8)
    ) AS n;
    WITH inside AS (
        SELECT d.id, b.scope_ids AS ids
        FROM building AS b JOIN address AS d ON d.building_id = b.id
        WHERE b.id = ANY (buildings)
        UNION ALL
        SELECT f.id, f.ids FROM future_scopes(of_publication, near, points) AS f
    ), written AS (
        UPDATE address AS d SET scope_ids = i.ids
        FROM inside AS i
        WHERE d.id = i.id AND d.scope_ids IS DISTINCT FROM i.ids
        RETURNING d.id
    )
    SELECT coalesce(array_agg(w.id), '{}') INTO changed FROM written AS w;
    RETURN changed;
END
$$;

-- Other names and objects, as settle_library() has them for all.
CREATE OR REPLACE FUNCTION settle_changed_library(
    of_publication bigint, parts geometry[], buildings bigint[], addresses bigint[])
RETURNS void
LANGUAGE plpgsql SET search_path = public, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    near bigint[];
    points geometry[];
BEGIN
    UPDATE other_name AS o SET scope_ids = a.scope_ids
    FROM address AS a
    WHERE o.address_id = ANY (addresses) AND a.id = o.address_id;
    UPDATE other_name AS o SET scope_ids = b.scope_ids
    FROM building AS b
    WHERE o.building_id = ANY (buildings) AND b.id = o.building_id;
    UPDATE other_name AS o SET scope_ids = a.ancestor_ids
    FROM publication_area AS c JOIN area AS a ON a.id = c.after_id
    WHERE c.publication_id = of_publication AND o.area_identity_id = c.identity_id
      AND o.scope_ids IS DISTINCT FROM a.ancestor_ids;
    -- The trigger places a common name anew where its buildings and sites lie.
    UPDATE other_name AS o SET standard = o.standard
    WHERE o.kind IN ('road', 'compound') AND o.standard IN (
        SELECT CASE o.kind WHEN 'road' THEN b.road ELSE b.compound END
        FROM building AS b WHERE b.id = ANY (buildings)
        UNION ALL
        SELECT CASE o.kind WHEN 'road' THEN d.road ELSE d.compound END
        FROM address AS d WHERE d.id = ANY (addresses) AND d.building_id IS NULL);
    SELECT array_agg(n.id), array_agg(n.point) INTO near, points
    FROM (
        SELECT DISTINCT ON (q.id) q.id, q.point
        FROM unnest(parts) AS g(part)
        CROSS JOIN LATERAL (
            SELECT o.id, ST_PointOnSurface(o.geom) AS point FROM place_object AS o
            WHERE o.geom && ST_Expand(g.part, 1e-8) OFFSET 0) AS q
        WHERE ST_DWithin(q.point, g.part, 1e-8)
    ) AS n;
    UPDATE place_object AS o SET scope_ids = f.ids
    FROM future_scopes(of_publication, near, points) AS f
    WHERE o.id = f.id AND o.scope_ids IS DISTINCT FROM f.ids;
END
$$;

-- Postings end and begin with the publication; officers' accounts come along to where they are
-- posted, and the accounts of an area that ends to whoever inherits its ground.
CREATE OR REPLACE FUNCTION put_postings(p publication, postings jsonb, moment timestamptz)
RETURNS void
LANGUAGE plpgsql SET search_path = public, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    bound jsonb;
BEGIN
    WITH closed AS (
        UPDATE duty AS d SET period = tstzrange(lower(d.period), moment)
        WHERE d.id IN (SELECT e.id::bigint FROM jsonb_array_elements_text(postings -> 'close') AS e(id))
          AND upper_inf(d.period)
        RETURNING d.id
    )
    INSERT INTO publication_duty (publication_id, duty_id, opened)
    SELECT p.id, c.id, false FROM closed AS c;
    WITH opened AS (
        INSERT INTO duty (officer_id, area_identity_id, role, line_code, shift_code, period)
        SELECT g.officer_id, n.id, g.role, g.line, g.shift, tstzrange(moment, NULL)
        FROM jsonb_to_recordset(postings -> 'open') AS g(
            level text, code text, officer_id bigint, role text, line text, shift text)
        JOIN area_identity AS n ON n.scheme = p.scheme AND n.level = g.level AND n.code = g.code
        RETURNING id
    )
    INSERT INTO publication_duty (publication_id, duty_id, opened)
    SELECT p.id, o.id, true FROM opened AS o;
    WITH wanted AS (
        SELECT a.id AS account_id, d.area_identity_id
        FROM publication_duty AS o
        JOIN duty AS d ON d.id = o.duty_id
        JOIN account AS a ON a.officer_id = d.officer_id AND a.role = 'officer' AND NOT a.whole
        WHERE o.publication_id = p.id AND o.opened
        UNION
        SELECT b.account_id, heir.id
        FROM jsonb_to_recordset(postings -> 'heirs') AS g(level text, code text, heir text)
        JOIN area_identity AS n ON n.scheme = p.scheme AND n.level = g.level AND n.code = g.code
        JOIN area_identity AS heir
            ON heir.scheme = p.scheme AND heir.level = g.level AND heir.code = g.heir
        JOIN account_area AS b ON b.area_identity_id = n.id
    ), put AS (
        INSERT INTO account_area (account_id, area_identity_id)
        SELECT w.account_id, w.area_identity_id FROM wanted AS w
        ON CONFLICT DO NOTHING
        RETURNING account_id, area_identity_id
    )
    SELECT jsonb_agg(jsonb_build_array(u.account_id, u.area_identity_id)) INTO bound FROM put AS u;
    -- Undone, what it had bound is bound no more.
    DELETE FROM account_area AS a
    USING publication AS u, jsonb_array_elements(u.detail -> 'bound') AS b(pair)
    WHERE u.id = p.undoes AND a.account_id = (b.pair ->> 0)::bigint
      AND a.area_identity_id = (b.pair ->> 1)::bigint;
    UPDATE publication AS n SET detail = jsonb_build_object('bound', coalesce(bound, '[]'))
    WHERE n.id = p.id;
END
$$;
