-- What a draft stands on: its areas, their parents, and what lies there. The draft's own ground is
-- the condition: who may open it sees what lies under it. STABLE, never IMMUTABLE: they read tables.

-- The draft, for reading; an error where the caller may not open it.
CREATE OR REPLACE FUNCTION seen_draft(of_draft bigint)
RETURNS draft
LANGUAGE plpgsql STABLE SET search_path = public, pg_temp
AS $$
DECLARE
    seen draft;
BEGIN
    SELECT d.* INTO seen FROM draft AS d WHERE d.id = of_draft;
    IF seen.id IS NULL
       OR NOT (sees_draft(seen) OR scope() IS NULL
               AND pg_has_role(session_user, current_user, 'USAGE')) THEN
        RAISE EXCEPTION 'no such draft, or not for you to see' USING ERRCODE = 'no_data_found';
    END IF;
    RETURN seen;
END
$$;

-- Codes of the draft's areas, and of their parents, that have changed since its base.
CREATE OR REPLACE FUNCTION draft_overtaken(d draft)
RETURNS text[]
LANGUAGE plpgsql STABLE SET search_path = public, pg_temp
AS $$
DECLARE
    changed_at constant timestamptz := scheme_changed_at(d.scheme);
BEGIN
    IF changed_at <= d.base_at OR d.state <> 'open' THEN
        RETURN '{}';
    END IF;
    RETURN ARRAY(
        SELECT DISTINCT coalesce(was.code, now_is.code)
        FROM draft_leaves(d, d.base_at) AS was
        FULL JOIN draft_leaves(d, changed_at) AS now_is ON now_is.row_id = was.row_id
        WHERE was.row_id IS NULL OR now_is.row_id IS NULL
           OR was.parent_row_id IS DISTINCT FROM now_is.parent_row_id
        ORDER BY 1);
END
$$;

-- Drafts that the caller may open, newest first: one, or those of a state.
CREATE OR REPLACE FUNCTION drafts_told(only_id bigint, only_state text)
RETURNS SETOF json
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    SELECT json_build_object(
        'id', d.id, 'name', d.name, 'state', d.state, 'scheme', d.scheme, 'level', d.level,
        'area', CASE WHEN a.id IS NOT NULL
                     THEN json_build_object('code', a.code, 'name', a.name) END,
        'owner', o.name, 'version', d.version, 'base_at', d.base_at, 'cursor', d.cursor,
        'operations_count', n.count, 'can_undo', d.cursor > 0 AND d.state = 'open',
        'can_redo', d.cursor < n.count AND d.state = 'open', 'rules', d.rules,
        'created_at', d.created_at, 'changed_at', d.changed_at,
        'newest_base_at', scheme_changed_at(d.scheme), 'overtaken', cardinality(t.codes) > 0, 'overtaken_codes', t.codes[:200])
    FROM draft AS d
    JOIN account AS o ON o.id = d.account_id
    LEFT JOIN area AS a ON a.identity_id = d.area_identity_id AND upper_inf(a.period)
    CROSS JOIN LATERAL (SELECT count(*)::integer AS count FROM draft_operation AS p
                        WHERE p.draft_id = d.id) AS n
    CROSS JOIN LATERAL (SELECT draft_overtaken(d) AS codes) AS t
    WHERE (only_id IS NULL OR d.id = only_id) AND (only_state IS NULL OR d.state = only_state)
      AND (sees_draft(d) OR scope() IS NULL AND pg_has_role(session_user, current_user, 'USAGE'))
    ORDER BY d.changed_at DESC, d.id DESC
    LIMIT 500
$$;

-- The areas as of the draft's base or another moment, with who is on duty there now.
CREATE OR REPLACE FUNCTION draft_areas(of_draft bigint, at timestamptz)
RETURNS TABLE (code text, name text, parent_code text, shape bytea, actual_residents integer,
               registered_residents integer, officers integer, leaf boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    SELECT l.code, l.name, l.parent_code, ST_AsBinary(l.geom), l.residents, l.registered,
           (SELECT count(DISTINCT p.officer_id)::integer FROM duty AS p
            JOIN role_order USING (role)
            WHERE p.area_identity_id = l.identity_id AND p.period @> clock_timestamp()),
           NOT EXISTS (SELECT FROM area AS c WHERE c.parent_id = l.identity_id
                       AND c.period @> coalesce(at, d.base_at))
    FROM seen_draft(of_draft) AS d, draft_leaves(d, coalesce(at, d.base_at)) AS l
$$;

CREATE OR REPLACE FUNCTION draft_parents(of_draft bigint, at timestamptz)
RETURNS TABLE (code text, name text, shape bytea)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    WITH above AS MATERIALIZED (
        SELECT DISTINCT l.parent_row_id AS id
        FROM seen_draft(of_draft) AS d, draft_leaves(d, coalesce(at, d.base_at)) AS l
    )
    SELECT p.code, p.name, ST_AsBinary(p.geom)
    FROM above JOIN area AS p ON p.id = above.id
    ORDER BY p.code
$$;

-- What operations made of areas, oldest first, up to the cursor or to all that can be redone.
CREATE OR REPLACE FUNCTION draft_faces(of_draft bigint, undone_too boolean)
RETURNS TABLE (number integer, key text, name text, parent_code text, shape bytea)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    SELECT f.number, f.key, f.name, f.parent_code, ST_AsBinary(f.geom)
    FROM seen_draft(of_draft) AS d
    JOIN draft_face AS f ON f.draft_id = d.id AND (undone_too OR f.number <= d.cursor)
    ORDER BY f.number, f.key
$$;

-- All operations, who made them and when.
CREATE OR REPLACE FUNCTION draft_operations(of_draft bigint)
RETURNS TABLE (number integer, operation jsonb, who text, at timestamptz, applied boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    SELECT o.number, o.operation, a.name, o.at, o.number <= d.cursor
    FROM seen_draft(of_draft) AS d
    JOIN draft_operation AS o ON o.draft_id = d.id
    JOIN account AS a ON a.id = o.account_id
    ORDER BY o.number
$$;

-- One row a building, and one an address that is in none: what counts for the figures.
-- A household is a dwelling that is not known to stand empty; houses of other uses are none.
CREATE OR REPLACE FUNCTION draft_points(of_draft bigint)
RETURNS TABLE (lon double precision, lat double precision, compound text, addresses integer,
               households integer, actual_residents integer, registered_residents integer)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    WITH d AS MATERIALIZED (
        SELECT s.area_identity_id AS within FROM seen_draft(of_draft) AS s
    ), house AS (
        SELECT a.building_id, CASE WHEN a.building_id IS NULL THEN a.id END AS loose_id,
               count(*)::integer AS addresses,
               (count(*) FILTER (WHERE w.use = 'residential'
                                 AND w.occupancy IS DISTINCT FROM 'vacant'))::integer
                   AS households,
               coalesce(sum(w.actual_residents), 0)::integer AS actual,
               coalesce(sum(w.registered_residents), 0)::integer AS registered
        FROM d
        JOIN address AS a ON d.within IS NULL OR a.scope_ids @> ARRAY[d.within]
        LEFT JOIN dwelling AS w ON w.address_id = a.id
        GROUP BY 1, 2
    )
    SELECT ST_X(p.point), ST_Y(p.point), b.compound, coalesce(h.addresses, 0),
           coalesce(h.households, 0), coalesce(h.actual, 0), coalesce(h.registered, 0)
    FROM d
    JOIN building AS b ON d.within IS NULL OR b.scope_ids @> ARRAY[d.within]
    CROSS JOIN LATERAL (SELECT ST_PointOnSurface(b.geom) AS point) AS p
    LEFT JOIN house AS h ON h.building_id = b.id
    UNION ALL
    SELECT ST_X(a.geom), ST_Y(a.geom), NULL, h.addresses, h.households, h.actual, h.registered
    FROM house AS h JOIN address AS a ON a.id = h.loose_id
$$;

-- Where open matters lie on the draft's ground.
CREATE OR REPLACE FUNCTION draft_open_incidents(of_draft bigint)
RETURNS TABLE (lon double precision, lat double precision)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    SELECT ST_X(i.geom), ST_Y(i.geom)
    FROM seen_draft(of_draft) AS d
    JOIN incident AS i ON i.closed_at IS NULL AND i.geom IS NOT NULL
        AND (d.area_identity_id IS NULL OR i.scope_ids @> ARRAY[d.area_identity_id])
$$;

-- Streets and buildings of the draft's ground, or of a part of it.
CREATE OR REPLACE FUNCTION draft_ground(
    of_draft bigint, west double precision, south double precision, east double precision,
    north double precision)
RETURNS TABLE (kind text, id bigint, class text, name text, width_m double precision,
               shape bytea)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    WITH d AS MATERIALIZED (
        SELECT s.area_identity_id AS within,
               ST_MakeEnvelope(west, south, east, north, 4490) AS box
        FROM seen_draft(of_draft) AS s
    ), wide AS MATERIALIZED (
        SELECT ST_Transform(box, 3857) AS box FROM d
    )
    (SELECT 'street', g.id, g.road_class, g.name, g.width_m, ST_AsBinary(g.geom)
     FROM wide JOIN ground AS g ON g.geom_3857 && wide.box
     WHERE g.kind = 'road' AND ST_Dimension(g.geom) = 1
     ORDER BY g.id)
    UNION ALL
    (SELECT 'building', b.id, b.kind, coalesce(b.name, b.compound), NULL, ST_AsBinary(b.geom)
     FROM d JOIN building AS b ON b.geom && d.box
     WHERE d.within IS NULL OR b.scope_ids @> ARRAY[d.within]
     ORDER BY b.id)
$$;

CREATE OR REPLACE FUNCTION plan_rules_of(of_scheme text)
RETURNS jsonb
LANGUAGE sql STABLE SET search_path = public, pg_temp
AS $$
    SELECT coalesce(c.value -> '*', '{}') || coalesce(c.value -> of_scheme, '{}')
    FROM city_setting AS c WHERE c.name = 'plan_rules'
$$;
