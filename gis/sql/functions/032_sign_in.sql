-- Signing in by password, and how guessing is slowed down.
--
-- Guesses are counted by name and address together, by name, and by address, under a keyed hash.
-- A name that has come in from this address within thirty days is held up only by the guesses
-- made from here, so that nobody locks somebody else out from elsewhere. Names that do not exist
-- are counted and answered in the same way.

-- The salt of a name; for a name that does not exist a lasting false one, so that nobody can
-- tell the two apart.
CREATE OR REPLACE FUNCTION sign_in_salt(account_name text)
RETURNS bytea
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    SELECT coalesce(
        (SELECT a.password_salt FROM account AS a WHERE a.name = account_name),
        (SELECT substr(hmac(convert_to(account_name, 'UTF8'), k.key, 'sha256'), 1, 16)
         FROM scope_key AS k))
$$;

-- Under which keys guesses are counted, how many are free, and how long is waited at most.
CREATE OR REPLACE FUNCTION try_keys(account_name text, network text)
RETURNS TABLE (kind text, key_hash bytea, free integer, longest interval)
LANGUAGE sql STABLE SET search_path = public, pg_temp
AS $$
    SELECT t.kind, hmac(convert_to(t.kind || '|' || t.told, 'UTF8'), k.key, 'sha256'),
           t.free, t.longest
    FROM scope_key AS k, (VALUES
        ('pair', length(account_name) || '|' || account_name || '|' || coalesce(network, ''),
         5, interval '5 minutes'),
        ('name', account_name, 20, interval '1 minute'),
        ('address', coalesce(network, ''), 50, interval '15 minutes')
    ) AS t(kind, told, free, longest)
$$;

-- Whether a name has come in from an address lately.
CREATE OR REPLACE FUNCTION is_known_place(account_name text, from_address text)
RETURNS boolean
LANGUAGE sql STABLE SET search_path = public, pg_temp
AS $$
    SELECT EXISTS (
        SELECT FROM account AS a
        JOIN credential AS c ON c.account_id = a.id
        WHERE a.name = account_name AND c.kind = 'session' AND c.address = from_address
          AND c.last_used_at > clock_timestamp() - interval '30 days')
$$;

-- For how many seconds tries of a name from an address are not taken; 0 when they are.
CREATE OR REPLACE FUNCTION sign_in_wait(account_name text, from_address text, network text)
RETURNS double precision
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    SELECT coalesce(greatest(0, max(extract(
        epoch FROM t.blocked_until - clock_timestamp()))::double precision), 0)
    FROM try_keys(account_name, network) AS k
    JOIN sign_in_try AS t ON t.key_hash = k.key_hash
    WHERE k.kind = 'pair' OR NOT is_known_place(account_name, from_address)
$$;

-- Counts one try, before it is known whether it is right; the keys stay locked until the end of
-- the transaction, so that tries that come together are counted one by one. From a known place
-- it counts there alone.
CREATE OR REPLACE FUNCTION count_try(account_name text, network text, known boolean)
RETURNS void
LANGUAGE plpgsql SET search_path = public, pg_temp
AS $$
DECLARE
    at constant timestamptz := clock_timestamp();
BEGIN
    UPDATE sign_in_try AS t
    SET failed = n.failed, last_at = at,
        blocked_until = CASE WHEN n.failed >= k.free THEN at + least(
            k.longest, interval '1 second' * power(2, least(n.failed - k.free, 20))) END
    FROM try_keys(account_name, network) AS k
    JOIN sign_in_try AS o ON o.key_hash = k.key_hash
    CROSS JOIN LATERAL (SELECT CASE WHEN o.last_at < at - interval '1 hour' THEN 1
                                    ELSE o.failed + 1 END AS failed) AS n
    WHERE t.key_hash = k.key_hash AND (k.kind = 'pair' OR NOT known);
END
$$;

CREATE OR REPLACE FUNCTION lock_tries(account_name text, network text)
RETURNS void
LANGUAGE plpgsql SET search_path = public, pg_temp
AS $$
BEGIN
    INSERT INTO sign_in_try (key_hash, failed, last_at)
    SELECT k.key_hash, 0, clock_timestamp() FROM try_keys(account_name, network) AS k
    ORDER BY k.key_hash
    ON CONFLICT DO NOTHING;
    PERFORM FROM sign_in_try AS t
    WHERE t.key_hash IN (SELECT k.key_hash FROM try_keys(account_name, network) AS k)
    ORDER BY t.key_hash FOR UPDATE;
END
$$;

-- A try was right: what was guessed from here at this name is forgotten, and the try itself is
-- not counted against the name or the address; what others guessed there stays.
CREATE OR REPLACE FUNCTION forgive_try(account_name text, network text, known boolean)
RETURNS void
LANGUAGE sql SET search_path = public, pg_temp
AS $$
    UPDATE sign_in_try AS t
    SET failed = CASE WHEN k.kind = 'pair' THEN 0 ELSE greatest(t.failed - 1, 0) END,
        blocked_until = NULL
    FROM try_keys(account_name, network) AS k
    WHERE t.key_hash = k.key_hash AND (k.kind = 'pair' OR NOT known)
$$;

-- What has been over for long is thrown away, now and then.
CREATE OR REPLACE FUNCTION forget_old_tries()
RETURNS void
LANGUAGE sql SET search_path = public, pg_temp
AS $$
    DELETE FROM sign_in_try AS t WHERE t.last_at < clock_timestamp() - interval '1 day';
    DELETE FROM credential AS c
    WHERE c.kind = 'session'
      AND coalesce(c.revoked_at, c.expires_at) < clock_timestamp() - interval '31 days';
$$;

-- A session for whoever can prove the password. Without one, `wait_s` tells whether the try was
-- not taken, and for how long. A name that nobody has may be a password in the wrong field: it is
-- not written down.
CREATE OR REPLACE FUNCTION sign_in_from(
    account_name text, proof bytea, lifetime interval, from_address text, network text,
    with_device text)
RETURNS TABLE (secret text, wait_s double precision)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    known constant boolean := is_known_place(account_name, from_address);
    named bigint;
    who bigint;
BEGIN
    PERFORM set_config('gridwall.origin', coalesce(from_address, ''), true);
    IF random() < 0.01 THEN
        PERFORM forget_old_tries();
    END IF;
    PERFORM lock_tries(account_name, network);
    wait_s := sign_in_wait(account_name, from_address, network);
    IF wait_s > 0 THEN
        RETURN NEXT;
        RETURN;
    END IF;
    PERFORM count_try(account_name, network, known);
    SELECT a.id, CASE WHEN a.disabled_at IS NULL AND a.password_verifier = sha256(proof)
                      THEN a.id END
    INTO named, who FROM account AS a WHERE a.name = account_name;
    INSERT INTO audit (account_id, action, subject)
    VALUES (who, CASE WHEN who IS NULL THEN 'sign_in_refused' ELSE 'sign_in' END,
            CASE WHEN named IS NULL THEN 'account:?' ELSE 'account:' || account_name END);
    IF who IS NOT NULL THEN
        PERFORM forgive_try(account_name, network, known);
        secret := open_session(who, coalesce(lifetime, interval '31 days'), from_address,
                               with_device);
    END IF;
    RETURN NEXT;
END
$$;

-- What a server of an earlier release calls while this one is rolled out.
CREATE OR REPLACE FUNCTION sign_in(account_name text, proof bytea, lifetime interval)
RETURNS text
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    SELECT s.secret FROM sign_in_from(account_name, proof, lifetime, NULL, NULL, NULL) AS s
$$;
