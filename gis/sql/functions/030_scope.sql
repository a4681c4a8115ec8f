-- Who is asking, and what they may see. The server's role hands over a secret; what it stands
-- for is read here, signed with a key that only the owner can read, and kept for one
-- transaction. A scope written by hand, or kept from another transaction, does not verify.

-- The session or token of a secret, while it lives. A session's secret changes as it is used:
-- later ones stand in session_secret, an earlier one lives on for a moment.
CREATE OR REPLACE FUNCTION credential_of(secret text)
RETURNS credential
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE
    hash constant bytea := sha256(convert_to(secret, 'UTF8'));
    found credential;
BEGIN
    SELECT c.* INTO found FROM credential AS c
    WHERE c.secret_hash = hash AND (c.dies_at IS NULL OR c.dies_at > clock_timestamp());
    IF found.id IS NULL THEN
        SELECT c.* INTO found
        FROM session_secret AS s
        JOIN credential AS c ON c.id = s.credential_id
        WHERE s.secret_hash = hash AND (s.dies_at IS NULL OR s.dies_at > clock_timestamp());
    END IF;
    IF found.id IS NULL OR found.revoked_at IS NOT NULL OR found.expires_at <= clock_timestamp()
    THEN
        RAISE EXCEPTION 'no such session or token, or it has ended'
            USING ERRCODE = 'invalid_authorization_specification';
    END IF;
    RETURN found;
END
$$;

-- For whom a credential stands, as narrow as it is: one that only files reports sees nothing.
CREATE OR REPLACE FUNCTION account_of(held credential)
RETURNS account
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE
    found account;
BEGIN
    SELECT a.* INTO found FROM account AS a
    WHERE a.id = held.account_id AND a.disabled_at IS NULL;
    IF found.id IS NULL THEN
        RAISE EXCEPTION 'no such session or token, or it has ended'
            USING ERRCODE = 'invalid_authorization_specification';
    END IF;
    found.whole := found.whole AND held.access <> 'file' AND held.area_identity_id IS NULL;
    IF held.access = 'file' THEN
        found.officer_id := NULL;
        found.unit_id := NULL;
    END IF;
    RETURN found;
END
$$;

-- The account of a secret that wants to change something.
CREATE OR REPLACE FUNCTION credential_account(secret text)
RETURNS account
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE
    held constant credential := credential_of(secret);
BEGIN
    IF held.access = 'read' THEN
        RAISE EXCEPTION 'this token only reads' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN account_of(held);
END
$$;

-- The ground of a credential: its account's areas, or the one of these that it is narrowed to.
CREATE OR REPLACE FUNCTION credential_ground(held credential)
RETURNS bigint[]
LANGUAGE sql STABLE SET search_path = public, pg_temp
AS $$
    SELECT CASE
        WHEN held.access = 'file' THEN '{}'
        WHEN held.area_identity_id IS NULL THEN own.ids
        WHEN a.whole OR EXISTS (
            SELECT FROM area AS v WHERE v.identity_id = held.area_identity_id
              AND upper_inf(v.period) AND v.ancestor_ids && own.ids)
        THEN ARRAY[held.area_identity_id]
        ELSE '{}' END
    FROM account AS a
    CROSS JOIN LATERAL (
        SELECT coalesce(array_agg(aa.area_identity_id), '{}') AS ids
        FROM account_area AS aa WHERE aa.account_id = a.id) AS own
    WHERE a.id = held.account_id
$$;

CREATE OR REPLACE FUNCTION scope_signature(payload text)
RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    SELECT encode(
        hmac(
            convert_to(
                pg_backend_pid() || '|' || extract(epoch FROM transaction_timestamp()) || '|'
                || payload,
                'UTF8'),
            key, 'sha256'),
        'hex')
    FROM scope_key
$$;

-- `origin`, the address that asks, is noted in whatever this transaction writes to the audit log.
CREATE OR REPLACE FUNCTION enter(secret text, origin text DEFAULT NULL)
RETURNS TABLE (
    account_id bigint, name text, role text, whole boolean, area_codes text[],
    officer_id bigint, unit_id bigint, digest text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE
    held constant credential := credential_of(secret);
    who account := account_of(held);
    ground constant bigint[] := credential_ground(held);
    area_ids bigint[];
    above_ids bigint[];
    codes text[];
    payload text;
BEGIN
    SELECT coalesce(array_agg(i.id ORDER BY i.id), '{}'),
           coalesce(array_agg(i.code ORDER BY i.id), '{}')
    INTO area_ids, codes
    FROM area_identity AS i WHERE i.id = ANY (ground);
    SELECT coalesce(array_agg(DISTINCT above.id), '{}')
    INTO above_ids
    FROM area AS a, LATERAL unnest(a.ancestor_ids) AS above(id)
    WHERE a.identity_id = ANY (area_ids) AND upper_inf(a.period);
    -- An admin's token for one area keeps no accounts and reads no log: with these it would be as
    -- wide as it liked. It plans there.
    IF who.role = 'admin' AND held.area_identity_id IS NOT NULL THEN
        who.role := 'planner';
    END IF;
    -- An officer who is a member of a unit acts for it too.
    who.unit_id := coalesce(
        who.unit_id, (SELECT o.unit_id FROM officer AS o WHERE o.id = who.officer_id));
    payload := jsonb_build_object(
        -- One that only files is nobody of its role's: it sees not even what has no ground yet.
        'account', who.id, 'credential', held.id, 'access', held.access,
        'role', CASE held.access WHEN 'file' THEN 'filing' ELSE who.role END,
        'whole', who.whole, 'areas', area_ids,
        'above', above_ids, 'officer', who.officer_id, 'unit', who.unit_id)::text;
    PERFORM set_config('gridwall.scope', scope_signature(payload) || payload, true),
            set_config('gridwall.origin', coalesce(origin, ''), true);
    RETURN QUERY SELECT
        who.id, who.name, who.role, who.whole, codes, who.officer_id, who.unit_id,
        md5(concat_ws('|', who.role, CASE held.access WHEN 'file' THEN 'filing' END, who.whole,
                      area_ids::text, who.officer_id, who.unit_id));
END
$$;

-- The verified scope of this transaction; NULL where nobody has entered or it was tampered with.
CREATE OR REPLACE FUNCTION scope()
RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE
    set_scope constant text := current_setting('gridwall.scope', true);
BEGIN
    IF set_scope IS NULL OR set_scope = ''
       OR left(set_scope, 64) <> scope_signature(substr(set_scope, 65)) THEN
        RETURN NULL;
    END IF;
    RETURN substr(set_scope, 65)::jsonb;
END
$$;

CREATE OR REPLACE FUNCTION scope_all() RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$ SELECT coalesce((scope() ->> 'whole')::boolean, false) $$;

CREATE OR REPLACE FUNCTION scope_ids() RETURNS bigint[]
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$ SELECT ARRAY(SELECT jsonb_array_elements_text(scope() -> 'areas')::bigint) $$;

-- The areas above one's own: seen, so that a breadcrumb can be drawn, but not what lies in them.
CREATE OR REPLACE FUNCTION scope_above_ids() RETURNS bigint[]
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$ SELECT ARRAY(SELECT jsonb_array_elements_text(scope() -> 'above')::bigint) $$;

CREATE OR REPLACE FUNCTION scope_role() RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$ SELECT scope() ->> 'role' $$;

CREATE OR REPLACE FUNCTION scope_account_id() RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$ SELECT (scope() ->> 'account')::bigint $$;

CREATE OR REPLACE FUNCTION scope_unit_id() RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$ SELECT (scope() ->> 'unit')::bigint $$;

CREATE OR REPLACE FUNCTION scope_officer_id() RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$ SELECT (scope() ->> 'officer')::bigint $$;

-- The classes and sub-classes of the caller's unit; its members see what is sent to it, no more.
CREATE OR REPLACE FUNCTION scope_categories() RETURNS text[]
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    SELECT coalesce(array_agg(c.code), '{}')
    FROM unit AS u
    JOIN category AS c ON c.code = ANY (u.categories) OR c.parent_code = ANY (u.categories)
    WHERE u.id = scope_unit_id() AND scope_role() = 'department'
$$;

-- The ground of the caller's unit, to which its categories are bound; empty where it has none.
CREATE OR REPLACE FUNCTION scope_unit_ground() RETURNS bigint[]
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    SELECT ARRAY(SELECT u.area_identity_id FROM unit AS u
                 WHERE u.id = scope_unit_id() AND u.area_identity_id IS NOT NULL)
$$;

-- Whether the caller finds places for matters that came with words only.
CREATE OR REPLACE FUNCTION scope_places() RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$ SELECT coalesce(scope_role() IN ('intake', 'hall'), false) $$;

-- Whether the caller reads the whole library, whatever their ground, to tell what words mean:
-- names and places of areas, buildings and addresses, and never who or what is in them.
CREATE OR REPLACE FUNCTION scope_library() RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$ SELECT coalesce(scope_all() OR scope_role() = 'intake', false) $$;

-- Whether the caller sees a matter: the same as its policy, for functions with the owner's rights.
CREATE OR REPLACE FUNCTION sees_matter(m incident) RETURNS boolean
LANGUAGE sql STABLE SET search_path = public, pg_temp
AS $$
    SELECT coalesce(
        scope_all() OR m.scope_ids && scope_ids() OR m.unit_id = scope_unit_id()
        OR m.officer_id = scope_officer_id()
        OR m.category_code = ANY (scope_categories()) AND m.scope_ids @> scope_unit_ground()
        OR m.grid_id IS NULL AND m.closed_at IS NULL AND scope_places()
        OR m.answerable_id = scope_account_id() AND scope_role() <> 'intake', false)
$$;

-- For what any signed-in caller may ask, whatever their ground: refuses who has not entered.
-- Called with the owner's rights; who has these at the session's start need not enter.
CREATE OR REPLACE FUNCTION require_scope() RETURNS void
LANGUAGE plpgsql STABLE SET search_path = public, pg_temp
AS $$
BEGIN
    IF scope() IS NULL AND NOT pg_has_role(session_user, current_user, 'USAGE') THEN
        RAISE EXCEPTION 'nobody has entered' USING ERRCODE = 'insufficient_privilege';
    END IF;
END
$$;

-- Refuses who has entered with a token that only reads; each door that changes something asks.
CREATE OR REPLACE FUNCTION require_writing() RETURNS void
LANGUAGE plpgsql STABLE SET search_path = public, pg_temp
AS $$
BEGIN
    IF scope() ->> 'access' = 'read' THEN
        RAISE EXCEPTION 'this token only reads' USING ERRCODE = 'insufficient_privilege';
    END IF;
END
$$;

-- A new session or token of an account, and its secret, which is kept nowhere.
CREATE OR REPLACE FUNCTION open_credential(
    who bigint, credential_kind text, lifetime interval)
RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE
    secret constant text := translate(encode(gen_random_bytes(32), 'base64'), '+/=', '-_');
BEGIN
    INSERT INTO credential (secret_hash, account_id, kind, expires_at)
    VALUES (sha256(convert_to(secret, 'UTF8')), who, credential_kind,
            clock_timestamp() + lifetime);
    RETURN secret;
END
$$;
