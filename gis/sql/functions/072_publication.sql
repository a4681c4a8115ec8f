-- Publication: versions of areas are staged with an empty period, which nobody sees, and put in
-- force together under the lock that intake shares. docs/decisions/083-publication.md tells why.

-- Whoever changes boundaries: a planner or an admin, or the owner at the command line.
CREATE OR REPLACE FUNCTION require_planner() RETURNS void
LANGUAGE plpgsql STABLE SET search_path = public, pg_temp
AS $$
BEGIN
    PERFORM require_scope();
    IF scope() IS NOT NULL AND coalesce(scope_role() NOT IN ('planner', 'admin'), true) THEN
        RAISE EXCEPTION 'boundaries are a planner''s to change'
            USING ERRCODE = 'insufficient_privilege';
    END IF;
END
$$;

-- Whoever takes in a report, or changes where a matter lies, shares the ground until the end of
-- the transaction; a publication has it alone. Clocks are read, and areas looked up, after this,
-- by statements of their own: a snapshot from before the lock would show the areas of before it.
CREATE OR REPLACE FUNCTION share_ground() RETURNS void
LANGUAGE plpgsql SET search_path = public, pg_temp
AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(hashtext('gridwall.ground'));
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE EXCEPTION 'reports and steps are written at isolation level read committed: a lasting'
                        ' snapshot may show areas that are no longer in force'
            USING ERRCODE = 'feature_not_supported';
    END IF;
END
$$;

-- The same for every INSERT of reports, as cheaply as can be: one expression, which plpgsql
-- evaluates without a plan, and no setting to be put back.
CREATE OR REPLACE FUNCTION ground_shared() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    IF pg_catalog.pg_advisory_xact_lock_shared(pg_catalog.hashtext('gridwall.ground')) IS NULL
       OR pg_catalog.current_setting('transaction_isolation') <> 'read committed' THEN
        PERFORM public.share_ground();
    END IF;
    RETURN NULL;
END
$$;

-- The ground alone for the rest of the transaction; the clock, read after that. A long load in
-- the way is not waited for while all others wait behind: it is tried again, and then given up.
CREATE OR REPLACE FUNCTION hold_ground(tries integer DEFAULT 20) RETURNS timestamptz
LANGUAGE plpgsql SET search_path = public, pg_temp
AS $$
DECLARE
    timeout_before constant text := current_setting('lock_timeout');
BEGIN
    FOR attempt IN 1 .. tries LOOP
        BEGIN
            PERFORM set_config('lock_timeout', '300ms', true);
            PERFORM pg_advisory_xact_lock(hashtext('gridwall.ground'));
            PERFORM set_config('lock_timeout', timeout_before, true);
            -- Never before what was received already, where a clock was set back a little.
            RETURN greatest(clock_timestamp(), (
                SELECT i.received_at + interval '1 microsecond' FROM incident AS i
                WHERE i.received_at <= clock_timestamp() + interval '1 second'
                ORDER BY i.received_at DESC LIMIT 1));
        EXCEPTION WHEN lock_not_available THEN
            PERFORM pg_sleep(0.2);
        END;
    END LOOP;
    RAISE EXCEPTION 'reports are being loaded at the moment: publish when that has ended'
        USING ERRCODE = 'lock_not_available';
END
$$;

-- Opens a publication: from here on nobody else changes areas or postings, until it is committed.
CREATE OR REPLACE FUNCTION begin_publication(
    of_scheme text, redraw_base timestamptz, called text, of_draft bigint, draft_version integer,
    undone bigint)
RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE
    timeout_before constant text := current_setting('lock_timeout');
    new_id bigint;
BEGIN
    PERFORM require_writing();
    PERFORM require_planner();
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE EXCEPTION 'a publication needs isolation level read committed'
            USING ERRCODE = 'feature_not_supported';
    END IF;
    -- The last for codes, as minting takes it.
    PERFORM set_config('lock_timeout', '5s', true);
    LOCK TABLE area, duty, given_code IN SHARE ROW EXCLUSIVE MODE;
    PERFORM set_config('lock_timeout', timeout_before, true);
    PERFORM hold_for_publication(of_draft, draft_version);
    INSERT INTO publication (scheme, base_at, account_id, name, draft_id, undoes)
    VALUES (of_scheme, redraw_base, scope_account_id(), coalesce(called, ''), of_draft, undone)
    RETURNING id INTO new_id;
    RETURN new_id;
END
$$;

-- The draft that is published, locked: open, and of the version that was read.
CREATE OR REPLACE FUNCTION hold_for_publication(of_draft bigint, expected integer)
RETURNS void
LANGUAGE plpgsql SET search_path = public, pg_temp
AS $$
DECLARE
    held draft;
BEGIN
    SELECT d.* INTO held FROM draft AS d WHERE d.id = of_draft FOR UPDATE;
    IF of_draft IS NOT NULL AND NOT coalesce(scope() IS NULL OR sees_draft(held), false) THEN
        RAISE EXCEPTION 'no such draft, or not for you to see' USING ERRCODE = 'no_data_found';
    ELSIF held.state <> 'open' OR held.version <> expected THEN
        RAISE EXCEPTION 'the draft has moved on: it is % at version %', held.state, held.version
            USING ERRCODE = 'serialization_failure';
    END IF;
END
$$;

-- Who published: a name that planners are told, whatever accounts they see.
CREATE OR REPLACE FUNCTION publication_author(of_publication bigint) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    SELECT a.name FROM publication AS p JOIN account AS a ON a.id = p.account_id
    WHERE p.id = of_publication
      AND (scope_all() OR p.scope_ids && scope_ids()
           OR scope() IS NULL AND pg_has_role(session_user, current_user, 'USAGE'))
$$;

-- Every code that was ever given at a level, whose beginning is this.
CREATE OR REPLACE FUNCTION area_codes_given(of_scheme text, of_level text, stem text)
RETURNS SETOF text
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
BEGIN
    PERFORM require_planner();
    RETURN QUERY
    SELECT n.code FROM area_identity AS n
    WHERE (n.scheme = of_scheme OR of_level = 'grid') AND n.level = of_level
      AND starts_with(n.code, stem)
    UNION
    SELECT g.code FROM given_code AS g WHERE starts_with(g.code, stem);
END
$$;

-- The areas of a publication: `areas` holds key, code, level, name, parent_level, parent_code,
-- kind, before_id; `shapes` their EWKB in the same order, NULL for those that end; `strip` is the
-- ground that changes hands, NULL where none does.
CREATE OR REPLACE FUNCTION stage_publication(
    of_publication bigint, areas jsonb, shapes bytea[], strip bytea)
RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    p publication;
BEGIN
    p := own_publication(of_publication);
    INSERT INTO area_identity (scheme, level, code)
    SELECT p.scheme, g.level, g.code
    FROM jsonb_to_recordset(areas) AS g(kind text, level text, code text)
    WHERE g.kind = 'opened'
    ORDER BY g.code
    ON CONFLICT DO NOTHING;
    INSERT INTO given_code (code)
    SELECT g.code FROM jsonb_to_recordset(areas) AS g(key text, code text)
    WHERE starts_with(g.key, '+') ORDER BY g.code
    ON CONFLICT DO NOTHING;
    WITH given AS MATERIALIZED (
        SELECT n.id AS identity_id, g.*, CASE WHEN s.shape IS NOT NULL
                   THEN nextval(pg_get_serial_sequence('area', 'id')) END AS after_id,
               s.shape
        FROM ROWS FROM (jsonb_to_recordset(areas) AS (
                 key text, code text, level text, name text, parent_level text,
                 parent_code text, kind text, before_id bigint), unnest(shapes))
             AS s(key, code, level, name, parent_level, parent_code, kind, before_id, shape)
        CROSS JOIN LATERAL (SELECT s.key, s.code, s.level, s.name, s.parent_level, s.parent_code,
                                   s.kind, s.before_id) AS g
        JOIN area_identity AS n
            ON n.scheme = p.scheme AND n.level = s.level AND n.code = s.code
    ), staged AS (
        INSERT INTO area (id, identity_id, scheme, level, code, name, parent_id, period,
                          registered_residents, actual_residents, geom)
        OVERRIDING SYSTEM VALUE
        SELECT g.after_id, g.identity_id, p.scheme, g.level, g.code, g.name, n.id, 'empty',
               b.registered_residents, b.actual_residents,
               ST_Multi(ST_SetSRID(g.shape::geometry, 4490))
        FROM given AS g
        LEFT JOIN area_identity AS n
            ON n.scheme = p.scheme AND n.level = g.parent_level AND n.code = g.parent_code
        LEFT JOIN LATERAL (
            SELECT a.registered_residents, a.actual_residents FROM area AS a
            WHERE a.identity_id = g.identity_id ORDER BY upper(a.period) DESC LIMIT 1) AS b ON true
        WHERE g.shape IS NOT NULL
    )
    INSERT INTO publication_area (publication_id, identity_id, kind, key, before_id, after_id)
    SELECT p.id, g.identity_id, g.kind, g.key, g.before_id, g.after_id FROM given AS g;
    UPDATE publication AS n
    SET ground = ST_SetSRID(strip::geometry, 4490)
    WHERE n.id = p.id;
    PERFORM carry_residents(p.id);
    PERFORM stage_followers(p.id, p.scheme);
END
$$;

-- A publication that this transaction has begun.
CREATE OR REPLACE FUNCTION own_publication(of_publication bigint) RETURNS publication
LANGUAGE plpgsql STABLE SET search_path = public, pg_temp
AS $$
DECLARE
    found publication;
BEGIN
    PERFORM require_writing();
    PERFORM require_planner();
    SELECT p.* INTO found FROM publication AS p
    WHERE p.id = of_publication AND p.detail = '{}' AND p.at >= transaction_timestamp()
      AND p.account_id IS NOT DISTINCT FROM scope_account_id();
    IF found.id IS NULL THEN
        RAISE EXCEPTION 'no publication % begun here', of_publication
            USING ERRCODE = 'no_data_found';
    END IF;
    RETURN found;
END
$$;

-- The areas of a scheme as they will be.
CREATE OR REPLACE FUNCTION future_areas(of_publication bigint, of_scheme text)
RETURNS SETOF area
LANGUAGE sql STABLE SET search_path = public, pg_temp
AS $$
    SELECT a.* FROM area AS a
    WHERE a.scheme = of_scheme AND upper_inf(a.period)
      AND NOT EXISTS (SELECT FROM publication_area AS c
                      WHERE c.publication_id = of_publication AND c.before_id = a.id)
    UNION ALL
    SELECT a.* FROM publication_area AS c JOIN area AS a ON a.id = c.after_id
    WHERE c.publication_id = of_publication
$$;

-- The tree as it will be: what was staged learns its ancestors; areas whose own ground stays, but
-- not what is above them or whether anything lies below, get a version too, so that the past is
-- told as it was.
CREATE OR REPLACE FUNCTION stage_followers(of_publication bigint, of_scheme text)
RETURNS void
LANGUAGE plpgsql SET search_path = public, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    orphan text;
BEGIN
    SELECT a.code INTO orphan
    FROM future_areas(of_publication, of_scheme) AS a
    WHERE a.parent_id IN (SELECT c.identity_id FROM publication_area AS c
                          WHERE c.publication_id = of_publication AND c.kind = 'closed')
    ORDER BY a.code LIMIT 1;
    IF orphan IS NOT NULL THEN
        RAISE EXCEPTION 'area % lies under one that ends: it needs another parent', orphan
            USING ERRCODE = 'check_violation';
    END IF;
    WITH RECURSIVE future AS MATERIALIZED (
        SELECT f.id, f.identity_id, f.parent_id, f.level, f.code, f.name
        FROM future_areas(of_publication, of_scheme) AS f
    ), tree AS (
        SELECT c.id, c.identity_id, ARRAY[c.identity_id] AS ancestor_ids,
               jsonb_build_array(
                   jsonb_build_object('level', c.level, 'code', c.code, 'name', c.name)) AS path
        FROM future AS c
        WHERE c.parent_id IS NULL
           OR NOT EXISTS (SELECT FROM future AS p WHERE p.identity_id = c.parent_id)
        UNION ALL
        SELECT c.id, c.identity_id, t.ancestor_ids || c.identity_id,
               t.path || jsonb_build_object('level', c.level, 'code', c.code, 'name', c.name)
        FROM future AS c
        JOIN tree AS t ON t.identity_id = c.parent_id
    ), wanted AS MATERIALIZED (
        SELECT t.*, NOT EXISTS (SELECT FROM future AS c WHERE c.parent_id = t.identity_id) AS leaf,
               s.after_id IS NOT NULL AS staged
        FROM tree AS t
        LEFT JOIN publication_area AS s
            ON s.publication_id = of_publication AND s.after_id = t.id
    ), told AS (
        UPDATE area AS a SET ancestor_ids = w.ancestor_ids, path = w.path, leaf = w.leaf
        FROM wanted AS w WHERE w.staged AND a.id = w.id
    ), following AS MATERIALIZED (
        SELECT w.*, nextval(pg_get_serial_sequence('area', 'id')) AS after_id
        FROM wanted AS w JOIN area AS a ON a.id = w.id
        WHERE NOT w.staged
          AND (a.ancestor_ids, a.path, a.leaf) IS DISTINCT FROM (w.ancestor_ids, w.path, w.leaf)
    ), copied AS (
        INSERT INTO area (id, identity_id, scheme, level, code, name, parent_id, ancestor_ids, path,
                          leaf, period, registered_residents, actual_residents, geom)
        OVERRIDING SYSTEM VALUE
        SELECT f.after_id, a.identity_id, a.scheme, a.level, a.code, a.name, a.parent_id,
               f.ancestor_ids, f.path, f.leaf, 'empty', a.registered_residents,
               a.actual_residents, a.geom
        FROM following AS f JOIN area AS a ON a.id = f.id
    )
    INSERT INTO publication_area (publication_id, identity_id, kind, key, before_id, after_id)
    SELECT of_publication, f.identity_id, 'followed', a.code, f.id, f.after_id
    FROM following AS f JOIN area AS a ON a.id = f.id;
END
$$;

-- Puts a staged publication in force. Places are settled first, since no report asks them; then
-- the ground is held, the clock read, and all else done by that instant. Commit at once.
-- `postings`: {"close": [ids], "open": [{level, code, officer_id, role, line, shift}],
-- "heirs": [{level, code, heir}]}: heirs take the accounts bound to what ends.
CREATE OR REPLACE FUNCTION put_in_force(of_publication bigint, postings jsonb DEFAULT '{}')
RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    p publication;
    places jsonb;
    moment timestamptz;
    held_at timestamptz;
    moved integer;
    told jsonb;
BEGIN
    p := own_publication(of_publication);
    p.scope_ids := changed_scope(p.id);
    IF NOT (scope() IS NULL OR scope_all()) AND EXISTS (
        SELECT FROM publication_area AS c JOIN area AS a ON a.id IN (c.before_id, c.after_id)
        WHERE c.publication_id = p.id AND NOT a.ancestor_ids && scope_ids()) THEN
        RAISE EXCEPTION 'not all of these areas are yours to redraw'
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    places := settle_changed_places(p.id, p.ground);
    moment := hold_ground();
    held_at := clock_timestamp();
    moment := greatest(moment, (
        SELECT max(lower(a.period)) + interval '1 microsecond'
        FROM publication_area AS c JOIN area AS a ON a.id = c.before_id
        WHERE c.publication_id = p.id AND NOT lower_inf(a.period)
          AND lower(a.period) > '-infinity'));
    UPDATE area AS a SET period = tstzrange(lower(a.period), moment)
    FROM publication_area AS c WHERE c.publication_id = p.id AND c.before_id = a.id;
    UPDATE area AS a SET period = tstzrange(moment, NULL)
    FROM publication_area AS c WHERE c.publication_id = p.id AND c.after_id = a.id;
    UPDATE scheme AS s SET active = true
    WHERE s.code = p.scheme AND NOT s.active AND EXISTS (
        SELECT FROM area AS a WHERE a.scheme = s.code AND a.leaf AND upper_inf(a.period));
    PERFORM put_postings(p, postings, moment);
    moved := move_matters(matters_in_ground(p), p.scheme, moment, p.id);
    told := publication_told(p.id) || places || jsonb_build_object('matters', moved);
    UPDATE publication AS n
    SET at = moment, scope_ids = p.scope_ids,
        detail = n.detail || told || jsonb_build_object(
            'held_ms', round(extract(epoch FROM clock_timestamp() - held_at) * 1000, 1))
    WHERE n.id = p.id
    RETURNING n.* INTO p;
    UPDATE draft AS d SET state = 'published', changed_at = moment WHERE d.id = p.draft_id;
    PERFORM tell_publication(p);
    RETURN p.detail || jsonb_build_object('id', p.id, 'at', p.at, 'scheme', p.scheme);
END
$$;

-- The identities above, and of, all that a publication changes.
CREATE OR REPLACE FUNCTION changed_scope(of_publication bigint) RETURNS bigint[]
LANGUAGE sql STABLE SET search_path = public, pg_temp
AS $$
    SELECT coalesce(array_agg(DISTINCT above.id), '{}')
    FROM publication_area AS c
    JOIN area AS a ON a.id IN (c.before_id, c.after_id),
    LATERAL unnest(a.ancestor_ids) AS above(id)
    WHERE c.publication_id = of_publication
$$;

-- Codes by what became of them.
CREATE OR REPLACE FUNCTION publication_told(of_publication bigint) RETURNS jsonb
LANGUAGE sql STABLE SET search_path = public, pg_temp
AS $$
    SELECT coalesce(jsonb_object_agg(k.kind, k.codes), '{}')
           || jsonb_build_object('minted', coalesce(
               (SELECT jsonb_object_agg(c.key, n.code)
                FROM publication_area AS c JOIN area_identity AS n ON n.id = c.identity_id
                WHERE c.publication_id = of_publication AND starts_with(c.key, '+')), '{}'))
    FROM (SELECT c.kind, jsonb_agg(n.code ORDER BY n.code) AS codes
          FROM publication_area AS c JOIN area_identity AS n ON n.id = c.identity_id
          WHERE c.publication_id = of_publication GROUP BY c.kind) AS k
$$;

-- Word to the outbox and the audit log.
CREATE OR REPLACE FUNCTION tell_publication(p publication) RETURNS void
LANGUAGE sql SET search_path = public, pg_temp
AS $$
    INSERT INTO event_pending (kind, scope_ids, payload)
    SELECT 'areas', p.scope_ids, json_build_object(
        'publication', p.id, 'scheme', p.scheme, 'at', p.at,
        'codes', (SELECT json_agg(n.code ORDER BY n.code)
                  FROM publication_area AS c JOIN area_identity AS n ON n.id = c.identity_id
                  WHERE c.publication_id = p.id AND c.kind <> 'followed'),
        'bbox', (SELECT json_build_array(ST_XMin(e.box), ST_YMin(e.box),
                                         ST_XMax(e.box), ST_YMax(e.box))
                 FROM (SELECT ST_Extent(a.geom) AS box
                       FROM publication_area AS c
                       JOIN area AS a ON a.id IN (c.before_id, c.after_id)
                       WHERE c.publication_id = p.id AND c.kind <> 'followed') AS e))::text;
    INSERT INTO audit (account_id, action, subject, detail)
    SELECT p.account_id, 'area_' || c.kind, 'area:' || p.scheme || '/' || n.level || '/' || n.code,
           jsonb_build_object('publication', p.id, 'before', c.before_id, 'after', c.after_id)
    FROM publication_area AS c JOIN area_identity AS n ON n.id = c.identity_id
    WHERE c.publication_id = p.id
    ORDER BY n.level, n.code;
    INSERT INTO audit (account_id, action, subject, detail)
    SELECT p.account_id, CASE WHEN d.opened THEN 'duty_opened' ELSE 'duty_closed' END,
           'duty:' || d.duty_id, jsonb_build_object('publication', p.id)
    FROM publication_duty AS d WHERE d.publication_id = p.id ORDER BY d.duty_id;
    INSERT INTO audit (account_id, action, subject, detail)
    VALUES (p.account_id, CASE WHEN p.undoes IS NULL THEN 'areas_published'
                               ELSE 'publication_undone' END,
            'publication:' || p.id,
            jsonb_strip_nulls(jsonb_build_object('draft', p.draft_id, 'undoes', p.undoes))
            || p.detail)
$$;

-- What a redraw would move besides areas: counted, for whoever is about to publish it.
CREATE OR REPLACE FUNCTION publication_outlook(strip bytea)
RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE
    parts geometry[];
BEGIN
    PERFORM require_planner();
    parts := ground_parts(ST_SetSRID(strip::geometry, 4490));
    RETURN (
        SELECT jsonb_build_object(
            'matters', (SELECT count(*) FROM incident AS i
                        WHERE i.closed_at IS NULL AND EXISTS (
                            SELECT FROM unnest(parts) AS g WHERE ST_DWithin(i.geom, g, 1e-8))),
            'buildings', (SELECT count(DISTINCT b.id) FROM unnest(parts) AS g
                          JOIN building AS b ON b.geom && ST_Expand(g, 1e-8)
                          WHERE ST_DWithin(ST_PointOnSurface(b.geom), g, 1e-8)),
            'addresses', (SELECT count(DISTINCT d.id) FROM unnest(parts) AS g
                          JOIN address AS d ON d.geom && ST_Expand(g, 1e-8)
                          WHERE ST_DWithin(d.geom, g, 1e-8))));
END
$$;
