-- Drafts: each operation is stored as it is made, with what it made of the areas. Who writes tells
-- which version they saw: NULL comes back where it is not the present one, and nothing is written.

-- Whether the caller may open a draft: a planner's work, on the ground that they stand for.
CREATE OR REPLACE FUNCTION sees_draft(d draft) RETURNS boolean
LANGUAGE sql STABLE SET search_path = public, pg_temp
AS $$
    SELECT coalesce(scope_role() IN ('planner', 'admin')
                    AND (scope_all() OR d.scope_ids && scope_ids()), false)
$$;

-- The draft, locked until the transaction's end, where it is open and still of that version.
CREATE OR REPLACE FUNCTION hold_draft(of_draft bigint, expected integer)
RETURNS draft
LANGUAGE plpgsql SET search_path = public, pg_temp
AS $$
DECLARE
    held draft;
BEGIN
    PERFORM require_writing();
    SELECT d.* INTO held FROM draft AS d WHERE d.id = of_draft FOR UPDATE;
    IF held.id IS NULL OR NOT sees_draft(held) THEN
        RAISE EXCEPTION 'no such draft, or not for you to see' USING ERRCODE = 'no_data_found';
    END IF;
    IF held.version <> expected OR held.state <> 'open' THEN
        RETURN NULL;
    END IF;
    RETURN held;
END
$$;

CREATE OR REPLACE FUNCTION audit_draft(did text, of_draft bigint, detail jsonb)
RETURNS void
LANGUAGE sql SET search_path = public, pg_temp
AS $$
    INSERT INTO audit (account_id, action, subject, detail)
    VALUES (scope_account_id(), 'draft_' || did, 'draft:' || of_draft, detail)
$$;

-- When the scheme's areas last changed: a publication still under way comes after it, whatever
-- its clock says, so that a draft's base is the same at every reading.
CREATE OR REPLACE FUNCTION scheme_changed_at(of_scheme text)
RETURNS timestamptz
LANGUAGE sql STABLE SET search_path = public, pg_temp
AS $$
    SELECT greatest(
        max(lower(a.period)) FILTER (WHERE isfinite(lower(a.period))),
        max(upper(a.period)) FILTER (WHERE isfinite(upper(a.period))),
        '1970-01-01T00:00:00Z')
    FROM area AS a WHERE a.scheme = of_scheme
$$;

-- The leaves in which a draft works, as they were at its base; `row_id` tells versions apart.
CREATE OR REPLACE FUNCTION draft_leaves(d draft, at timestamptz)
RETURNS TABLE (row_id bigint, identity_id bigint, code text, name text, parent_code text,
               parent_row_id bigint, geom geometry, residents integer, registered integer)
LANGUAGE sql STABLE SET search_path = public, pg_temp
AS $$
    SELECT a.id, a.identity_id, a.code, a.name, p.code, p.id, a.geom, a.actual_residents,
           a.registered_residents
    FROM area AS a
    LEFT JOIN area AS p ON p.identity_id = a.parent_id AND p.period @> at
    WHERE a.scheme = d.scheme AND a.level = d.level AND a.period @> at
      AND (d.area_identity_id IS NULL OR a.ancestor_ids @> ARRAY[d.area_identity_id])
    ORDER BY a.code
$$;

CREATE OR REPLACE FUNCTION open_draft(
    given_name text, in_scheme text, at_level text, in_area text)
RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE
    within area;
    made draft;
BEGIN
    PERFORM require_writing();
    IF scope_role() IS NULL OR scope_role() NOT IN ('planner', 'admin') THEN
        RAISE EXCEPTION 'a planner opens drafts' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF in_area IS NOT NULL OR NOT scope_all() THEN
        SELECT a.* INTO within FROM area AS a
        WHERE a.scheme = in_scheme AND upper_inf(a.period) AND NOT a.leaf
          AND CASE WHEN in_area IS NULL THEN ARRAY[a.identity_id] = scope_ids()
                   ELSE a.code = in_area END
          AND (scope_all() OR a.ancestor_ids && scope_ids())
        ORDER BY cardinality(a.ancestor_ids) LIMIT 1;
        IF within.id IS NULL THEN
            RAISE EXCEPTION 'no such area, or not for you to redraw'
                USING ERRCODE = 'no_data_found';
        END IF;
    END IF;
    INSERT INTO draft (name, scheme, level, area_identity_id, account_id, base_at, scope_ids)
    VALUES (given_name, in_scheme, at_level, within.identity_id, scope_account_id(),
            scheme_changed_at(in_scheme), coalesce(within.ancestor_ids, '{}'))
    RETURNING * INTO made;
    IF NOT EXISTS (SELECT FROM draft_leaves(made, made.base_at)) THEN
        RAISE EXCEPTION 'no areas of that level there' USING ERRCODE = 'no_data_found';
    END IF;
    PERFORM audit_draft('opened', made.id, jsonb_build_object(
        'name', given_name, 'scheme', in_scheme, 'area', within.code));
    RETURN made.id;
END
$$;

-- One operation more; what was undone before it can't be redone any longer.
CREATE OR REPLACE FUNCTION store_draft_operation(
    of_draft bigint, expected integer, given jsonb, keys text[], names text[],
    parent_codes text[], shapes bytea[])
RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE
    held constant draft := hold_draft(of_draft, expected);
BEGIN
    IF held.id IS NULL THEN
        RETURN NULL;
    END IF;
    DELETE FROM draft_face AS f WHERE f.draft_id = held.id AND f.number > held.cursor;
    DELETE FROM draft_operation AS o WHERE o.draft_id = held.id AND o.number > held.cursor;
    INSERT INTO draft_operation (draft_id, number, operation, account_id)
    VALUES (held.id, held.cursor + 1, given, scope_account_id());
    INSERT INTO draft_face (draft_id, number, key, name, parent_code, geom)
    SELECT held.id, held.cursor + 1, f.key, f.name, f.parent_code, ST_GeomFromWKB(f.shape, 4490)
    FROM unnest(keys, names, parent_codes, shapes) AS f (key, name, parent_code, shape);
    UPDATE draft SET version = version + 1, cursor = cursor + 1, changed_at = now()
    WHERE id = held.id;
    PERFORM audit_draft('changed', held.id, jsonb_build_object(
        'version', held.version + 1, 'op', given ->> 'op', 'areas', keys[:50]));
    RETURN held.version + 1;
END
$$;

-- Undo (-1) or redo (1); NULL too where there is nothing to undo or redo.
CREATE OR REPLACE FUNCTION move_draft(of_draft bigint, expected integer, by integer)
RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE
    held constant draft := hold_draft(of_draft, expected);
BEGIN
    IF held.id IS NULL OR by NOT IN (-1, 1) OR NOT EXISTS (
        SELECT FROM draft_operation AS o
        WHERE o.draft_id = held.id AND o.number = held.cursor + (by + 1) / 2)
    THEN
        RETURN NULL;
    END IF;
    UPDATE draft SET version = version + 1, cursor = cursor + by, changed_at = now()
    WHERE id = held.id;
    PERFORM audit_draft(CASE by WHEN 1 THEN 'redone' ELSE 'undone' END, held.id,
                        jsonb_build_object('version', held.version + 1,
                                           'number', held.cursor + (by + 1) / 2));
    RETURN held.version + 1;
END
$$;

-- Onto a newer base. Without `kept` all operations stay as they are; with it these are all that
-- there are, each `{number, operation, faces: [{key, name, parent_code, shape}]}`: `number` what
-- it was, `shape` its WKB in hexadecimal digits.
CREATE OR REPLACE FUNCTION rebase_draft(
    of_draft bigint, expected integer, new_base_at timestamptz, kept jsonb)
RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE
    held constant draft := hold_draft(of_draft, expected);
BEGIN
    IF held.id IS NULL OR new_base_at IS DISTINCT FROM scheme_changed_at(held.scheme) THEN
        RETURN NULL;
    END IF;
    IF kept IS NOT NULL THEN
        DELETE FROM draft_face AS f WHERE f.draft_id = held.id;
        UPDATE draft_operation SET number = -number WHERE draft_id = held.id;
        INSERT INTO draft_operation (draft_id, number, operation, account_id, at)
        SELECT held.id, k.place, k.told -> 'operation', o.account_id, o.at
        FROM jsonb_array_elements(kept) WITH ORDINALITY AS k (told, place)
        JOIN draft_operation AS o
            ON o.draft_id = held.id AND o.number = -(k.told ->> 'number')::integer;
        DELETE FROM draft_operation AS o WHERE o.draft_id = held.id AND o.number < 0;
        INSERT INTO draft_face (draft_id, number, key, name, parent_code, geom)
        SELECT held.id, k.place, f.key, f.name, f.parent_code,
               ST_GeomFromWKB(decode(f.shape, 'hex'), 4490)
        FROM jsonb_array_elements(kept) WITH ORDINALITY AS k (told, place),
            jsonb_to_recordset(k.told -> 'faces')
            AS f (key text, name text, parent_code text, shape text);
        UPDATE draft SET cursor = jsonb_array_length(kept) WHERE id = held.id;
    END IF;
    UPDATE draft SET version = version + 1, base_at = new_base_at, changed_at = now()
    WHERE id = held.id;
    PERFORM audit_draft('rebased', held.id, jsonb_build_object(
        'version', held.version + 1, 'base_at', new_base_at, 'was', held.base_at,
        'operations', jsonb_array_length(kept)));
    RETURN held.version + 1;
END
$$;

CREATE OR REPLACE FUNCTION set_draft_rules(of_draft bigint, expected integer, given jsonb)
RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE
    held constant draft := hold_draft(of_draft, expected);
BEGIN
    IF held.id IS NULL THEN
        RETURN NULL;
    END IF;
    UPDATE draft SET version = version + 1, rules = given, changed_at = now() WHERE id = held.id;
    PERFORM audit_draft('rules_set', held.id, jsonb_build_object(
        'version', held.version + 1, 'rules', given));
    RETURN held.version + 1;
END
$$;

CREATE OR REPLACE FUNCTION rename_draft(of_draft bigint, expected integer, new_name text)
RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE
    held constant draft := hold_draft(of_draft, expected);
BEGIN
    IF held.id IS NULL THEN
        RETURN NULL;
    END IF;
    UPDATE draft SET version = version + 1, name = new_name, changed_at = now()
    WHERE id = held.id;
    PERFORM audit_draft('renamed', held.id, jsonb_build_object(
        'version', held.version + 1, 'name', new_name, 'was', held.name));
    RETURN held.version + 1;
END
$$;

-- Given up by who opened it, or by an admin; its operations are kept.
CREATE OR REPLACE FUNCTION abandon_draft(of_draft bigint, expected integer)
RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE
    held constant draft := hold_draft(of_draft, expected);
BEGIN
    IF held.id IS NULL THEN
        RETURN NULL;
    END IF;
    IF held.account_id <> scope_account_id() AND scope_role() <> 'admin' THEN
        RAISE EXCEPTION 'who opened a draft gives it up' USING ERRCODE = 'insufficient_privilege';
    END IF;
    UPDATE draft SET version = version + 1, state = 'abandoned', changed_at = now()
    WHERE id = held.id;
    PERFORM audit_draft('abandoned', held.id, '{}');
    RETURN held.version + 1;
END
$$;

-- What a city holds all drafts of a scheme to, until a draft says otherwise.
CREATE OR REPLACE FUNCTION set_plan_rules(of_scheme text, given jsonb)
RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
BEGIN
    PERFORM require_admin();
    UPDATE city_setting SET value = value || jsonb_build_object(of_scheme, given)
    WHERE name = 'plan_rules';
    INSERT INTO audit (account_id, action, subject, detail)
    VALUES (scope_account_id(), 'plan_rules_set', 'scheme:' || of_scheme, given);
END
$$;
