-- Accounts as an admin sets them, on the page or at the command line. Each change is noted with
-- what was before and after.

CREATE OR REPLACE FUNCTION list_accounts()
RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
BEGIN
    PERFORM require_account_admin();
    RETURN (SELECT coalesce(jsonb_agg(account_told(a) ORDER BY a.name), '[]') FROM account AS a);
END
$$;

-- The living tokens and sessions of one account, or of all.
CREATE OR REPLACE FUNCTION list_credentials(of_name text, of_kind text)
RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
BEGIN
    PERFORM require_account_admin();
    RETURN (
        SELECT coalesce(jsonb_agg(
            credential_told(c, NULL) || jsonb_build_object('account', a.name, 'role', a.role)
            ORDER BY a.name, c.id), '[]')
        FROM credential AS c JOIN account AS a ON a.id = c.account_id
        WHERE is_living(c) AND (of_name IS NULL OR a.name = of_name)
          AND (of_kind IS NULL OR c.kind = of_kind));
END
$$;

-- What an account stands for, as it is written down before and after a change.
CREATE OR REPLACE FUNCTION account_standing(of_account bigint)
RETURNS jsonb
LANGUAGE sql STABLE SET search_path = public, pg_temp
AS $$
    SELECT jsonb_build_object(
        'role', a.role, 'whole', a.whole, 'disabled', a.disabled_at IS NOT NULL,
        'areas', (SELECT coalesce(jsonb_agg(i.code ORDER BY i.code), '[]')
                  FROM account_area AS aa JOIN area_identity AS i ON i.id = aa.area_identity_id
                  WHERE aa.account_id = a.id),
        'unit', (SELECT u.unit_code FROM unit AS u WHERE u.id = a.unit_id),
        'officer', (SELECT o.officer_code FROM officer AS o WHERE o.id = a.officer_id))
    FROM account AS a WHERE a.id = of_account
$$;

-- The identity of an area by its code, the base scheme's before others.
CREATE OR REPLACE FUNCTION area_of_code(area_code text)
RETURNS bigint
LANGUAGE plpgsql STABLE SET search_path = public, pg_temp
AS $$
DECLARE
    found bigint;
BEGIN
    SELECT i.id INTO found
    FROM area_identity AS i JOIN scheme AS s ON s.code = i.scheme
    WHERE i.code = area_code
    ORDER BY i.scheme <> 'base', s.rank, i.level LIMIT 1;
    IF found IS NULL THEN
        RAISE EXCEPTION 'no area has the code %', left(area_code, 60)
            USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN found;
END
$$;

-- Gives an account its role and ground. `standing`: role, areas (codes), unit and officer (codes).
CREATE OR REPLACE FUNCTION place_account(of_account bigint, standing jsonb)
RETURNS void
LANGUAGE plpgsql SET search_path = public, pg_temp
AS $$
DECLARE
    areas constant bigint[] := ARRAY(
        SELECT DISTINCT area_of_code(t.code)
        FROM jsonb_array_elements_text(coalesce(standing -> 'areas', '[]')) AS t(code));
    its_unit bigint;
    its_officer bigint;
BEGIN
    SELECT u.id INTO its_unit FROM unit AS u WHERE u.unit_code = standing ->> 'unit';
    SELECT o.id INTO its_officer FROM officer AS o WHERE o.officer_code = standing ->> 'officer';
    IF standing ->> 'unit' IS NOT NULL AND its_unit IS NULL
       OR standing ->> 'officer' IS NOT NULL AND its_officer IS NULL
    THEN
        RAISE EXCEPTION 'no such unit or officer' USING ERRCODE = 'foreign_key_violation';
    END IF;
    UPDATE account AS a
    SET role = standing ->> 'role', unit_id = its_unit, officer_id = its_officer,
        whole = standing ->> 'role' IN ('hall', 'planner', 'admin') AND areas = '{}'
    WHERE a.id = of_account;
    DELETE FROM account_area AS aa
    WHERE aa.account_id = of_account AND aa.area_identity_id <> ALL (areas);
    INSERT INTO account_area (account_id, area_identity_id)
    SELECT of_account, id FROM unnest(areas) AS id
    ON CONFLICT DO NOTHING;
END
$$;

CREATE OR REPLACE FUNCTION add_account(
    account_name text, standing jsonb, salt bytea, verifier bytea, to_change boolean)
RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE
    made bigint;
BEGIN
    PERFORM require_writing();
    PERFORM require_account_admin();
    INSERT INTO account (name, role, password_salt, password_verifier, must_change,
                         password_set_at)
    VALUES (account_name, standing ->> 'role', salt, verifier, to_change,
            CASE WHEN verifier IS NOT NULL THEN clock_timestamp() END)
    RETURNING id INTO made;
    PERFORM place_account(made, standing);
    INSERT INTO audit (account_id, action, subject, detail)
    VALUES (scope_account_id(), 'account_made', 'account:' || account_name,
            jsonb_build_object('after', account_standing(made)));
    RETURN made;
END
$$;

-- Sets what an account stands for, and whether it is open; nobody does that to themselves.
CREATE OR REPLACE FUNCTION change_account(account_name text, standing jsonb, disable boolean)
RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE
    changed account;
    before jsonb;
BEGIN
    PERFORM require_writing();
    PERFORM require_account_admin();
    -- Two admins who disable each other: the second one waits, and finds itself the last.
    LOCK TABLE account IN SHARE ROW EXCLUSIVE MODE;
    changed := named_account(account_name);
    IF changed.id = scope_account_id() THEN
        RAISE EXCEPTION 'another admin does this' USING ERRCODE = 'insufficient_privilege';
    END IF;
    before := account_standing(changed.id);
    IF standing IS NOT NULL THEN
        PERFORM place_account(changed.id, standing);
    END IF;
    UPDATE account AS a
    SET disabled_at = CASE WHEN disable THEN coalesce(a.disabled_at, clock_timestamp()) END
    WHERE a.id = changed.id AND disable IS NOT NULL;
    IF changed.role = 'admin' AND NOT EXISTS (
        SELECT FROM account AS a WHERE a.role = 'admin' AND a.disabled_at IS NULL)
    THEN
        RAISE EXCEPTION 'the last admin stays' USING ERRCODE = 'check_violation';
    END IF;
    INSERT INTO audit (account_id, action, subject, detail)
    VALUES (scope_account_id(), CASE WHEN disable THEN 'account_disabled'
                                     WHEN NOT disable THEN 'account_enabled'
                                     ELSE 'account_changed' END,
            'account:' || account_name,
            jsonb_build_object('before', before, 'after', account_standing(changed.id)));
END
$$;

-- A password for somebody else; their sessions end. `to_change`: good for choosing another only.
CREATE OR REPLACE FUNCTION reset_password(
    account_name text, salt bytea, verifier bytea, to_change boolean)
RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE
    changed account;
BEGIN
    PERFORM require_writing();
    PERFORM require_account_admin();
    changed := named_account(account_name);
    UPDATE account AS a
    SET password_salt = salt, password_verifier = verifier, must_change = to_change,
        password_set_at = clock_timestamp()
    WHERE a.id = changed.id;
    INSERT INTO audit (account_id, action, subject)
    VALUES (scope_account_id(), 'password_reset', 'account:' || account_name);
    PERFORM end_sessions(account_name);
END
$$;

CREATE OR REPLACE FUNCTION end_sessions(account_name text)
RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE
    changed account;
    ended integer;
BEGIN
    PERFORM require_writing();
    PERFORM require_account_admin();
    changed := named_account(account_name);
    UPDATE credential AS c SET revoked_at = clock_timestamp()
    WHERE c.account_id = changed.id AND c.kind = 'session' AND c.revoked_at IS NULL;
    GET DIAGNOSTICS ended = ROW_COUNT;
    INSERT INTO audit (account_id, action, subject, detail)
    VALUES (scope_account_id(), 'sessions_ended', 'account:' || account_name,
            jsonb_build_object('ended', ended));
    RETURN ended;
END
$$;

-- A token for a program, of an account that an admin has made for it.
CREATE OR REPLACE FUNCTION make_token(
    account_name text, token_name text, token_access text, lifetime interval)
RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE
    its account;
BEGIN
    PERFORM require_writing();
    PERFORM require_account_admin();
    its := named_account(account_name);
    -- A person acts for themselves: an admin must not come in as somebody else.
    IF its.password_verifier IS NOT NULL
       OR EXISTS (SELECT FROM account_link AS l WHERE l.account_id = its.id)
    THEN
        RAISE EXCEPTION 'a person makes their own tokens'
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN open_token(its.id, token_name, token_access, NULL, lifetime);
END
$$;

CREATE OR REPLACE FUNCTION list_mappings()
RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
BEGIN
    PERFORM require_account_admin();
    RETURN (
        SELECT coalesce(jsonb_agg(jsonb_build_object(
            'id', m.id, 'group', m.group_name, 'role', m.role, 'area', i.code,
            'area_name', v.name, 'unit', u.unit_code, 'rank', m.rank)
            ORDER BY m.rank, m.group_name, m.id), '[]')
        FROM group_mapping AS m
        LEFT JOIN area_identity AS i ON i.id = m.area_identity_id
        LEFT JOIN area AS v ON v.identity_id = i.id AND upper_inf(v.period)
        LEFT JOIN unit AS u ON u.id = m.unit_id);
END
$$;

CREATE OR REPLACE FUNCTION add_mapping(
    named_group text, its_role text, area_code text, unit_code text, its_rank smallint)
RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE
    made bigint;
    its_unit bigint;
BEGIN
    PERFORM require_writing();
    PERFORM require_account_admin();
    SELECT u.id INTO its_unit FROM unit AS u WHERE u.unit_code = add_mapping.unit_code;
    IF add_mapping.unit_code IS NOT NULL AND its_unit IS NULL THEN
        RAISE EXCEPTION 'no such unit' USING ERRCODE = 'foreign_key_violation';
    END IF;
    INSERT INTO group_mapping (group_name, role, area_identity_id, unit_id, rank)
    VALUES (named_group, its_role,
            CASE WHEN area_code IS NOT NULL THEN area_of_code(area_code) END, its_unit, its_rank)
    RETURNING id INTO made;
    INSERT INTO audit (account_id, action, subject, detail)
    VALUES (scope_account_id(), 'group_mapped', 'group:' || named_group, jsonb_build_object(
        'mapping', made, 'role', its_role, 'area', area_code, 'unit', add_mapping.unit_code,
        'rank', its_rank));
    RETURN made;
END
$$;

CREATE OR REPLACE FUNCTION remove_mapping(of_id bigint)
RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE
    gone group_mapping;
BEGIN
    PERFORM require_writing();
    PERFORM require_account_admin();
    DELETE FROM group_mapping AS m WHERE m.id = of_id RETURNING m.* INTO gone;
    IF gone.id IS NULL THEN
        RAISE EXCEPTION 'no such mapping' USING ERRCODE = 'no_data_found';
    END IF;
    INSERT INTO audit (account_id, action, subject, detail)
    VALUES (scope_account_id(), 'group_unmapped', 'group:' || gone.group_name,
            jsonb_build_object('before', to_jsonb(gone)));
END
$$;
