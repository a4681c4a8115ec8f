-- Accounts and what belongs to them, as their owner and as an admin may see and change it.

-- Refuses whoever is neither an admin who has entered nor the database's owner at the command line.
CREATE OR REPLACE FUNCTION require_account_admin() RETURNS void
LANGUAGE plpgsql STABLE SET search_path = public, pg_temp
AS $$
BEGIN
    IF scope_role() IS DISTINCT FROM 'admin'
       AND NOT pg_has_role(session_user, current_user, 'USAGE')
    THEN
        RAISE EXCEPTION 'an admin sets this' USING ERRCODE = 'insufficient_privilege';
    END IF;
END
$$;

CREATE OR REPLACE FUNCTION named_account(account_name text) RETURNS account
LANGUAGE plpgsql STABLE SET search_path = public, pg_temp
AS $$
DECLARE
    found account;
BEGIN
    SELECT a.* INTO found FROM account AS a WHERE a.name = account_name;
    IF found.id IS NULL THEN
        RAISE EXCEPTION 'no such account' USING ERRCODE = 'no_data_found';
    END IF;
    RETURN found;
END
$$;

-- A session of somebody who is there: what a token must not do. NULL of nobody.
CREATE OR REPLACE FUNCTION own_session(secret text) RETURNS credential
LANGUAGE plpgsql STABLE SET search_path = public, pg_temp
AS $$
DECLARE
    held constant credential := credential_of(secret);
BEGIN
    IF held.kind <> 'session' OR held.account_id IS DISTINCT FROM scope_account_id() THEN
        RAISE EXCEPTION 'whoever has signed in does this, not a token'
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN held;
END
$$;

CREATE OR REPLACE FUNCTION credential_told(c credential, own_id bigint)
RETURNS jsonb
LANGUAGE sql STABLE SET search_path = public, pg_temp
AS $$
    SELECT jsonb_build_object(
        'id', c.id, 'kind', c.kind, 'name', c.name, 'access', c.access,
        'area', (SELECT i.code FROM area_identity AS i WHERE i.id = c.area_identity_id),
        'created_at', c.created_at, 'expires_at', c.expires_at, 'last_used_at', c.last_used_at,
        'address', c.address, 'device', c.device, 'provider', c.issuer IS NOT NULL,
        'this', c.id IS NOT DISTINCT FROM own_id)
$$;

-- The caller's account, sessions and tokens that live.
CREATE OR REPLACE FUNCTION own_account(secret text)
RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE
    held constant credential := credential_of(secret);
BEGIN
    IF held.account_id IS DISTINCT FROM scope_account_id() THEN
        RAISE EXCEPTION 'the secret is not of whoever has entered'
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN (
        SELECT account_told(a) || jsonb_build_object(
            'signed_in', held.kind = 'session',
            'credentials', (
                SELECT coalesce(jsonb_agg(credential_told(c, held.id)
                    ORDER BY c.last_used_at DESC NULLS LAST, c.id DESC), '[]')
                FROM credential AS c WHERE c.account_id = a.id AND is_living(c)))
        FROM account AS a WHERE a.id = held.account_id);
END
$$;

CREATE OR REPLACE FUNCTION account_told(a account)
RETURNS jsonb
LANGUAGE sql STABLE SET search_path = public, pg_temp
AS $$
    SELECT jsonb_build_object(
        'name', a.name, 'display_name', a.display_name, 'role', a.role, 'whole', a.whole,
        'areas', (
            SELECT coalesce(jsonb_agg(jsonb_build_object('code', i.code, 'name', v.name)
                            ORDER BY i.code), '[]')
            FROM account_area AS aa
            JOIN area_identity AS i ON i.id = aa.area_identity_id
            LEFT JOIN area AS v ON v.identity_id = i.id AND upper_inf(v.period)
            WHERE aa.account_id = a.id),
        'unit', (SELECT jsonb_build_object('code', u.unit_code, 'name', u.name)
                 FROM unit AS u WHERE u.id = a.unit_id),
        'officer', (SELECT jsonb_build_object('code', o.officer_code, 'name', o.name)
                    FROM officer AS o WHERE o.id = a.officer_id),
        'password', a.password_verifier IS NOT NULL, 'password_set_at', a.password_set_at,
        'must_change', a.must_change, 'created_at', a.created_at,
        'disabled_at', a.disabled_at,
        'provider', EXISTS (SELECT FROM account_link AS l WHERE l.account_id = a.id),
        'last_used_at', (SELECT max(c.last_used_at) FROM credential AS c
                         WHERE c.account_id = a.id),
        'sessions', (SELECT count(*) FROM credential AS c
                     WHERE c.account_id = a.id AND c.kind = 'session' AND is_living(c)),
        'tokens', (SELECT count(*) FROM credential AS c
                   WHERE c.account_id = a.id AND c.kind = 'token' AND is_living(c)))
$$;

-- Ends sessions of the caller: one by its number, or all but the one that asks; how many ended.
CREATE OR REPLACE FUNCTION end_own_sessions(secret text, only_id bigint)
RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE
    own constant credential := own_session(secret);
    ended integer;
BEGIN
    UPDATE credential AS c SET revoked_at = clock_timestamp()
    WHERE c.account_id = own.account_id AND c.kind = 'session' AND c.revoked_at IS NULL
      AND CASE WHEN only_id IS NULL THEN c.id <> own.id ELSE c.id = only_id END;
    GET DIAGNOSTICS ended = ROW_COUNT;
    IF only_id IS NOT NULL AND ended = 0 THEN
        RAISE EXCEPTION 'no such session' USING ERRCODE = 'no_data_found';
    END IF;
    INSERT INTO audit (account_id, action, subject, detail)
    VALUES (own.account_id, 'sessions_ended', 'account:' || named_by_id(own.account_id),
            jsonb_build_object('session', only_id, 'ended', ended));
    RETURN ended;
END
$$;

CREATE OR REPLACE FUNCTION named_by_id(of_account bigint) RETURNS text
LANGUAGE sql STABLE SET search_path = public, pg_temp
AS $$ SELECT a.name FROM account AS a WHERE a.id = of_account $$;

-- Another password for the caller, who proves the one before; all other sessions end. `wait_s` is
-- above 0 where guessing was stopped.
CREATE OR REPLACE FUNCTION change_own_password(
    secret text, old_proof bytea, new_salt bytea, new_verifier bytea, network text)
RETURNS TABLE (changed boolean, wait_s double precision)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    own constant credential := own_session(secret);
    called constant text := named_by_id(own.account_id);
BEGIN
    PERFORM lock_tries(called, network);
    wait_s := sign_in_wait(called, own.address, network);
    changed := false;
    IF wait_s = 0 THEN
        PERFORM count_try(called, network, true);
        UPDATE account AS a
        SET password_salt = new_salt, password_verifier = new_verifier, must_change = false,
            password_set_at = clock_timestamp()
        WHERE a.id = own.account_id AND a.password_verifier = sha256(old_proof);
        changed := FOUND;
        INSERT INTO audit (account_id, action, subject)
        VALUES (own.account_id, CASE WHEN changed THEN 'password_changed'
                                     ELSE 'password_change_refused' END, 'account:' || called);
    END IF;
    IF changed THEN
        PERFORM forgive_try(called, network, true);
        UPDATE credential AS c SET revoked_at = clock_timestamp()
        WHERE c.account_id = own.account_id AND c.kind = 'session' AND c.id <> own.id
          AND c.revoked_at IS NULL;
    END IF;
    RETURN NEXT;
END
$$;

-- A token of the caller's, as wide as they are or narrower; its secret is told once.
CREATE OR REPLACE FUNCTION make_own_token(
    secret text, token_name text, token_access text, area_code text, lifetime interval)
RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE
    own constant credential := own_session(secret);
    area_id bigint;
BEGIN
    IF (SELECT a.must_change FROM account AS a WHERE a.id = own.account_id) THEN
        RAISE EXCEPTION 'the password is changed first' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF area_code IS NOT NULL THEN
        SELECT v.identity_id INTO area_id
        FROM area AS v
        JOIN scheme AS s ON s.code = v.scheme
        WHERE v.code = area_code AND upper_inf(v.period)
          AND (scope_all() OR v.ancestor_ids && scope_ids())
        ORDER BY v.scheme <> 'base', s.rank, v.level LIMIT 1;
        IF area_id IS NULL THEN
            RAISE EXCEPTION 'no such area' USING ERRCODE = 'no_data_found';
        END IF;
    END IF;
    RETURN open_token(own.account_id, token_name, token_access, area_id, lifetime);
END
$$;

CREATE OR REPLACE FUNCTION open_token(
    of_account bigint, token_name text, token_access text, area_id bigint, lifetime interval)
RETURNS text
LANGUAGE plpgsql SET search_path = public, pg_temp
AS $$
DECLARE
    made constant text := open_credential(of_account, 'token', lifetime);
    number bigint;
BEGIN
    UPDATE credential AS c
    SET name = token_name, access = token_access, area_identity_id = area_id
    WHERE c.secret_hash = sha256(convert_to(made, 'UTF8'))
    RETURNING c.id INTO number;
    INSERT INTO audit (account_id, action, subject, detail)
    VALUES (scope_account_id(), 'token_made', 'account:' || named_by_id(of_account),
            jsonb_build_object('token', number, 'name', token_name, 'access', token_access,
                               'area', (SELECT i.code FROM area_identity AS i
                                        WHERE i.id = area_id),
                               'expires_at', clock_timestamp() + lifetime));
    RETURN made;
END
$$;

-- Takes a token away: one's own, or as an admin anybody's.
CREATE OR REPLACE FUNCTION revoke_token(of_id bigint)
RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE
    gone credential;
BEGIN
    PERFORM require_writing();
    UPDATE credential AS c SET revoked_at = clock_timestamp()
    WHERE c.id = of_id AND c.kind = 'token' AND c.revoked_at IS NULL
      AND (c.account_id = scope_account_id() OR scope_role() = 'admin'
           OR pg_has_role(session_user, current_user, 'USAGE'))
    RETURNING c.* INTO gone;
    IF gone.id IS NULL THEN
        RAISE EXCEPTION 'no such token' USING ERRCODE = 'no_data_found';
    END IF;
    INSERT INTO audit (account_id, action, subject, detail)
    VALUES (scope_account_id(), 'token_revoked', 'account:' || named_by_id(gone.account_id),
            jsonb_build_object('token', gone.id, 'name', gone.name));
END
$$;
