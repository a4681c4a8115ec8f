-- Signing in through the city's identity provider.
--
-- The database can't verify the provider's signature. A server that has verified it vouches for
-- what it read with a key that comes from GRIDWALL_SECRET and that the server's role can't read:
-- whoever has only that role's connection can't make themselves anybody.

-- What the groups of somebody stand for: role, areas, unit; NULL where no mapping says anything.
CREATE OR REPLACE FUNCTION mapped_standing(groups text[], officer_code text)
RETURNS jsonb
LANGUAGE sql STABLE SET search_path = public, pg_temp
AS $$
    WITH fitting AS (
        SELECT m.* FROM group_mapping AS m WHERE m.group_name = ANY (groups)
    ), best AS (
        SELECT f.role, f.unit_id FROM fitting AS f ORDER BY f.rank, f.id LIMIT 1
    )
    SELECT jsonb_build_object(
        'role', b.role,
        -- A mapping to a role without an area is to the whole city, where the role has one.
        'areas', CASE WHEN b.role IN ('hall', 'planner', 'admin') AND EXISTS (
                           SELECT FROM fitting AS f
                           WHERE f.role = b.role AND f.area_identity_id IS NULL) THEN '[]'::jsonb
                 ELSE (SELECT coalesce(jsonb_agg(DISTINCT i.code), '[]')
                       FROM fitting AS f JOIN area_identity AS i ON i.id = f.area_identity_id
                       WHERE f.role = b.role) END,
        'unit', (SELECT u.unit_code FROM unit AS u WHERE u.id = b.unit_id),
        'officer', (SELECT o.officer_code FROM officer AS o
                    WHERE b.role = 'officer' AND o.officer_code = mapped_standing.officer_code))
    FROM best AS b
$$;

-- A name that nobody has yet: the one wished for, or that with a number.
CREATE OR REPLACE FUNCTION free_account_name(wished text)
RETURNS text
LANGUAGE sql STABLE SET search_path = public, pg_temp
AS $$
    SELECT n.name
    FROM (SELECT left(wished, 90) || CASE WHEN k > 1 THEN '-' || k ELSE '' END AS name, k
          FROM generate_series(1, 10000) AS k) AS n
    WHERE NOT EXISTS (SELECT FROM account AS a WHERE a.name = n.name)
    ORDER BY n.k LIMIT 1
$$;

-- Whether a server vouches for these words, now, and for the first time.
CREATE OR REPLACE FUNCTION is_vouched(words text, mac bytea)
RETURNS boolean
LANGUAGE plpgsql SET search_path = public, pg_temp
AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM provider_key AS k
        WHERE sha256(hmac(convert_to(words, 'UTF8'), k.key, 'sha256')) = sha256(mac))
       OR abs(extract(epoch FROM clock_timestamp()) - (words::jsonb ->> 'at')::double precision)
          > 300
    THEN
        RETURN false;
    END IF;
    DELETE FROM provider_sign_in AS p WHERE p.at < clock_timestamp() - interval '1 hour';
    INSERT INTO provider_sign_in (digest) VALUES (sha256(mac)) ON CONFLICT DO NOTHING;
    RETURN FOUND;
END
$$;

-- The account that issuer and subject mean, with the standing that its groups give it now; made
-- where there is none yet and a mapping says so. NULL where no mapping does.
CREATE OR REPLACE FUNCTION account_by_provider(told jsonb)
RETURNS bigint
LANGUAGE plpgsql SET search_path = public, pg_temp
AS $$
DECLARE
    standing constant jsonb := mapped_standing(
        ARRAY(SELECT jsonb_array_elements_text(told -> 'groups')), told ->> 'officer');
    who bigint;
    before jsonb;
BEGIN
    -- Two first sign-ins of one person make one account.
    PERFORM pg_advisory_xact_lock(hashtextextended(
        'account_link|' || (told ->> 'issuer') || '|' || (told ->> 'subject'), 0));
    SELECT l.account_id INTO who FROM account_link AS l
    WHERE l.issuer = told ->> 'issuer' AND l.subject = told ->> 'subject';
    IF standing IS NULL THEN
        -- Whom the provider puts in no group any more is not let on by an older session either.
        UPDATE credential AS c SET revoked_at = clock_timestamp()
        WHERE c.account_id = who AND c.revoked_at IS NULL;
        RETURN NULL;
    END IF;
    IF who IS NULL THEN
        INSERT INTO account (name, role)
        VALUES (free_account_name(told ->> 'name'), standing ->> 'role') RETURNING id INTO who;
        INSERT INTO account_link (issuer, subject, account_id)
        VALUES (told ->> 'issuer', told ->> 'subject', who);
        PERFORM place_account(who, standing);
        INSERT INTO audit (account_id, action, subject, detail)
        VALUES (who, 'account_made', 'account:' || named_by_id(who), jsonb_build_object(
            'issuer', told ->> 'issuer', 'subject', told ->> 'subject', 'after', standing));
    END IF;
    before := account_standing(who);
    PERFORM place_account(who, standing);
    UPDATE account AS a SET display_name = told ->> 'display_name' WHERE a.id = who;
    UPDATE account_link AS l SET used_at = clock_timestamp() WHERE l.account_id = who;
    IF account_standing(who) <> before THEN
        INSERT INTO audit (account_id, action, subject, detail)
        VALUES (who, 'account_remapped', 'account:' || named_by_id(who), jsonb_build_object(
            'before', before, 'after', account_standing(who)));
    END IF;
    RETURN who;
END
$$;

-- A session for whom the provider knows. Without one, `outcome` says why: `unvouched`,
-- `no_mapping` or `disabled`.
CREATE OR REPLACE FUNCTION sign_in_by_provider(
    words text, mac bytea, lifetime interval, from_address text, with_device text, hint text)
RETURNS TABLE (secret text, outcome text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE
    told jsonb;
    who bigint;
BEGIN
    PERFORM set_config('gridwall.origin', coalesce(from_address, ''), true);
    outcome := 'unvouched';
    IF is_vouched(words, mac) THEN
        told := words::jsonb;
        who := account_by_provider(told);
        outcome := CASE
            WHEN who IS NULL THEN 'no_mapping'
            WHEN EXISTS (SELECT FROM account AS a
                         WHERE a.id = who AND a.disabled_at IS NOT NULL) THEN 'disabled'
            ELSE 'signed_in' END;
    END IF;
    INSERT INTO audit (account_id, action, subject, detail)
    VALUES (who, CASE outcome WHEN 'signed_in' THEN 'sign_in' ELSE 'sign_in_refused' END,
            'account:' || coalesce(named_by_id(who), '?'), jsonb_build_object(
                'issuer', told ->> 'issuer', 'subject', told ->> 'subject',
                'groups', told -> 'groups', 'outcome', outcome));
    IF outcome = 'signed_in' THEN
        secret := open_session(who, lifetime, from_address, with_device, told ->> 'issuer', hint);
    END IF;
    RETURN NEXT;
END
$$;
