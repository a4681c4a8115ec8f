-- Sessions: opened, used, renewed by a new secret, ended.
--
-- A renewed session has two secrets for a while. The earlier one lives until the later one has
-- been used, for an answer may be lost on its way to the browser, and then for two minutes more,
-- for requests that are under way. Whoever comes with it after that has a copy: the session ends.

CREATE OR REPLACE FUNCTION open_session(
    who bigint, lifetime interval, from_address text, with_device text,
    by_issuer text DEFAULT NULL, hint text DEFAULT NULL)
RETURNS text
LANGUAGE plpgsql SET search_path = public, pg_temp
AS $$
DECLARE
    secret constant text := open_credential(who, 'session', least(lifetime, interval '31 days'));
BEGIN
    UPDATE credential AS c
    SET address = from_address, device = left(with_device, 300), issuer = by_issuer,
        logout_hint = hint, last_used_at = clock_timestamp()
    WHERE c.secret_hash = sha256(convert_to(secret, 'UTF8'));
    RETURN secret;
END
$$;

-- Of which credential a secret is or was, of which generation, and when it dies or died.
CREATE OR REPLACE FUNCTION find_secret(secret text)
RETURNS TABLE (credential_id bigint, generation integer, dies_at timestamptz)
LANGUAGE sql STABLE SET search_path = public, pg_temp
AS $$
    SELECT c.id, 0, c.dies_at FROM credential AS c
    WHERE c.secret_hash = sha256(convert_to(secret, 'UTF8'))
    UNION ALL
    SELECT s.credential_id, s.generation, s.dies_at FROM session_secret AS s
    WHERE s.secret_hash = sha256(convert_to(secret, 'UTF8'))
$$;

CREATE OR REPLACE FUNCTION is_living(c credential)
RETURNS boolean
LANGUAGE sql STABLE SET search_path = public, pg_temp
AS $$
    SELECT c.revoked_at IS NULL AND (c.expires_at IS NULL OR c.expires_at > clock_timestamp())
$$;

-- Notes that a credential is in use, at most once a minute; the first use of a renewed secret
-- lets the earlier ones die. Never waits: what is not noted now is noted a moment later.
CREATE OR REPLACE FUNCTION note_use(secret text, from_address text, with_device text)
RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE
    used record;
    held credential;
    at constant timestamptz := clock_timestamp();
    grace constant interval := interval '2 minutes';
BEGIN
    SELECT * INTO used FROM find_secret(secret);
    SELECT c.* INTO held FROM credential AS c WHERE c.id = used.credential_id;
    IF held.id IS NULL OR used.generation IS NULL
       OR used.generation <= held.generation AND held.last_used_at > at - interval '1 minute'
    THEN
        RETURN;
    END IF;
    SELECT c.* INTO held FROM credential AS c WHERE c.id = used.credential_id
    FOR UPDATE SKIP LOCKED;
    IF held.id IS NULL OR NOT is_living(held) OR used.dies_at <= at THEN
        RETURN;
    END IF;
    UPDATE credential AS c
    SET last_used_at = at, address = coalesce(from_address, c.address),
        device = coalesce(left(with_device, 300), c.device),
        generation = greatest(c.generation, used.generation),
        dies_at = CASE WHEN used.generation > 0 THEN coalesce(c.dies_at, at + grace)
                       ELSE c.dies_at END
    WHERE c.id = held.id;
    UPDATE session_secret AS s SET dies_at = at + grace
    WHERE s.credential_id = held.id AND s.generation < used.generation AND s.dies_at IS NULL;
END
$$;

-- A session in use goes on under a new secret: a wall that nobody touches must not be asked to
-- sign in again. NULL where the session has ended, or where a new one was handed out just now:
-- of requests that come together one brings it. Where nobody ever takes the new one, the next is
-- offered later and later.
CREATE OR REPLACE FUNCTION rotate_session(secret text, lifetime interval)
RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE
    used record;
    held credential;
    pending record;
    at constant timestamptz := clock_timestamp();
    fresh constant text := translate(encode(gen_random_bytes(32), 'base64'), '+/=', '-_');
BEGIN
    SELECT * INTO used FROM find_secret(secret);
    SELECT c.* INTO held FROM credential AS c
    WHERE c.id = used.credential_id AND c.kind = 'session' FOR UPDATE SKIP LOCKED;
    IF held.id IS NULL OR used.generation IS NULL OR used.dies_at IS NOT NULL
       OR NOT is_living(held)
    THEN
        RETURN NULL;
    END IF;
    SELECT count(*) AS offers, max(s.issued_at) AS issued_at, max(s.generation) AS generation
    INTO pending FROM session_secret AS s
    WHERE s.credential_id = held.id AND s.generation > used.generation;
    IF pending.issued_at > at - least(
        interval '10 seconds' * power(2, least(pending.offers - 1, 12)), interval '1 hour')
    THEN
        RETURN NULL;
    END IF;
    INSERT INTO session_secret (secret_hash, credential_id, generation, issued_at)
    VALUES (sha256(convert_to(fresh, 'UTF8')), held.id,
            greatest(pending.generation, held.generation) + 1, at);
    UPDATE credential AS c
    SET expires_at = greatest(c.expires_at, at + least(lifetime, interval '31 days'))
    WHERE c.id = held.id;
    DELETE FROM session_secret AS s
    WHERE s.credential_id = held.id AND s.dies_at < at - interval '7 days';
    RETURN fresh;
END
$$;

-- What a server of an earlier release calls while this one is rolled out: the same secret goes on.
CREATE OR REPLACE FUNCTION renew_session(secret text, lifetime interval)
RETURNS boolean
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    WITH renewed AS (
        UPDATE credential AS c
        SET expires_at = greatest(
            c.expires_at, clock_timestamp() + least(lifetime, interval '31 days'))
        FROM find_secret(secret) AS f
        WHERE c.id = f.credential_id AND f.dies_at IS NULL AND c.kind = 'session'
          AND is_living(c)
        RETURNING 1
    )
    SELECT EXISTS (SELECT FROM renewed)
$$;

-- Whether a secret that was refused is one of a living session that died: somebody has a copy.
-- Whose it is can't be told, so the session ends for both.
CREATE OR REPLACE FUNCTION end_copied_session(secret text)
RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE
    copied credential;
BEGIN
    UPDATE credential AS c SET revoked_at = clock_timestamp()
    FROM find_secret(secret) AS f
    WHERE c.id = f.credential_id AND f.dies_at <= clock_timestamp() AND is_living(c)
    RETURNING c.* INTO copied;
    IF copied.id IS NULL THEN
        RETURN false;
    END IF;
    INSERT INTO audit (account_id, action, subject, detail)
    VALUES (copied.account_id, 'session_copied', 'session:' || copied.id,
            jsonb_build_object('last_address', copied.address));
    RETURN true;
END
$$;

-- A secret of a session that the server keeps to itself, for a stream that stays open while the
-- browser's secret changes; it ends with the session. NULL for a token, whose secret stays.
CREATE OR REPLACE FUNCTION hold_session(secret text)
RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE
    held constant credential := credential_of(secret);
    fresh constant text := translate(encode(gen_random_bytes(32), 'base64'), '+/=', '-_');
BEGIN
    IF held.kind <> 'session' THEN
        RETURN NULL;
    END IF;
    INSERT INTO session_secret (secret_hash, credential_id)
    VALUES (sha256(convert_to(fresh, 'UTF8')), held.id);
    RETURN fresh;
END
$$;

CREATE OR REPLACE FUNCTION release_session(secret text)
RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    DELETE FROM session_secret AS s
    WHERE s.secret_hash = sha256(convert_to(secret, 'UTF8')) AND s.generation IS NULL
$$;

-- Ends a session by one of its living secrets; tells the identity provider that let it in, and
-- the sealed hint by which that one knows whom to sign out.
CREATE OR REPLACE FUNCTION end_session(secret text)
RETURNS TABLE (issuer text, logout_hint text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    ended credential;
BEGIN
    UPDATE credential AS c SET revoked_at = clock_timestamp()
    FROM find_secret(secret) AS f
    WHERE c.id = f.credential_id AND c.kind = 'session' AND is_living(c)
      AND (f.dies_at IS NULL OR f.dies_at > clock_timestamp())
    RETURNING c.* INTO ended;
    IF ended.id IS NOT NULL THEN
        INSERT INTO audit (account_id, action, subject)
        VALUES (ended.account_id, 'sign_out', 'session:' || ended.id);
        RETURN QUERY SELECT ended.issuer, ended.logout_hint;
    END IF;
END
$$;

CREATE OR REPLACE FUNCTION sign_out(secret text)
RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp
AS $$ SELECT FROM end_session(secret) $$;

-- Who a secret stands for, and what it is; enters as `enter` does. `lasts_s` is for how many seconds
-- from now the secret lives at most: NULL where that is not known.
CREATE OR REPLACE FUNCTION who_is(secret text)
RETURNS TABLE (
    account_id bigint, name text, role text, whole boolean, area_codes text[],
    officer_id bigint, unit_id bigint, digest text, kind text, access text, must_change boolean,
    credential_id bigint, share text, lasts_s double precision)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    held constant credential := credential_of(secret);
BEGIN
    RETURN QUERY
    SELECT e.*, held.kind, held.access, a.must_change AND held.kind = 'session', held.id,
           tile_share(),
           (SELECT extract(epoch FROM least(held.expires_at, min(f.dies_at)) - clock_timestamp())
            FROM find_secret(secret) AS f)::double precision
    FROM enter(secret) AS e
    JOIN account AS a ON a.id = e.account_id;
END
$$;
