-- Seals: heads of incidents, and rows of the audit log, anchored in batches that are chained.
-- gis/sealing.py verifies them, and says the same of every hash in Python; a test holds both equal.

-- root = sha256 of all heads in the order of their incidents, each head as its incident's number
-- (8 bytes, big-endian), its count of steps (4 bytes) and its last hash (32 bytes).
CREATE OR REPLACE FUNCTION seal_root(of_batch bigint)
RETURNS bytea
LANGUAGE sql STABLE
AS $$
    SELECT sha256(coalesce(string_agg(
        int8send(h.incident_id) || int4send(h.step_count) || h.hash, ''::bytea
        ORDER BY h.incident_id), ''::bytea))
    FROM seal_head AS h WHERE h.batch_number = of_batch
$$;

-- The same of audit rows: of each row its number (8 bytes) and the sha256 of its fields as JSON.
CREATE OR REPLACE FUNCTION audit_root(first_id bigint, last_id bigint)
RETURNS bytea
LANGUAGE sql STABLE
AS $$
    SELECT sha256(coalesce(string_agg(
        int8send(a.id) || digest(jsonb_build_array(
            step_microseconds(a.at), a.account_id, a.action, a.subject, a.origin, a.detail)::text,
            'sha256'), ''::bytea ORDER BY a.id), ''::bytea))
    FROM audit AS a WHERE a.id BETWEEN first_id AND last_id
$$;

-- hash = sha256(previous | sha256(fields) | root | audit_root), where | joins bytes, 32 zero
-- bytes stand before the first, and fields are number, time in microseconds, head count, and
-- first, last and count of the audit rows, joined by '|'.
CREATE OR REPLACE FUNCTION seal_hash(b seal_batch)
RETURNS bytea
LANGUAGE sql IMMUTABLE
AS $$
    SELECT sha256(
        coalesce(b.previous_hash,
                 '\x0000000000000000000000000000000000000000000000000000000000000000'::bytea)
        || digest(b.number || '|' || step_microseconds(b.sealed_at) || '|' || b.head_count || '|'
                  || coalesce(b.audit_from::text, '') || '|' || coalesce(b.audit_to::text, '')
                  || '|' || b.audit_count, 'sha256')
        || b.root || b.audit_root)
$$;

-- Audit rows since the last batch: with the table shared no number below the last can appear later.
-- Each report writes one, so short transactions are waited for; where a long one writes, the next
-- batch takes them, and nobody is held up meanwhile.
CREATE OR REPLACE FUNCTION seal_audit(INOUT b seal_batch)
LANGUAGE plpgsql SET search_path = public, pg_temp SET lock_timeout = '50ms'
AS $$
DECLARE
    sealed constant bigint := coalesce(
        (SELECT s.audit_to FROM seal_batch AS s WHERE s.number = b.number - 1), 0);
BEGIN
    b.audit_count := 0;
    IF EXISTS (SELECT FROM audit AS a WHERE a.id > sealed) THEN
        BEGIN
            LOCK TABLE audit IN SHARE MODE;
            SELECT min(a.id), max(a.id), count(*) INTO b.audit_from, b.audit_to, b.audit_count
            FROM audit AS a WHERE a.id > sealed;
        EXCEPTION WHEN lock_not_available THEN
            b.audit_count := 0;
        END;
    END IF;
    -- How far it went is carried on, so that the next need not look for it.
    b.audit_to := coalesce(b.audit_to, sealed);
    b.audit_root := audit_root(b.audit_from, b.audit_to);
END
$$;

-- Seals what has changed since the last batch and sets its clocks. One backend at a time; the
-- others, and whoever finds nothing changed, get NULL. All in this transaction: half is nothing.
CREATE OR REPLACE FUNCTION keep_changes(most integer DEFAULT 20000)
RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE
    b seal_batch;
    changed bigint[];
BEGIN
    IF NOT pg_try_advisory_xact_lock(hashtext('gridwall.keeper')) THEN
        RETURN NULL;
    END IF;
    WITH taken AS (
        DELETE FROM incident_change AS c
        WHERE c.ctid = ANY (ARRAY(SELECT ctid FROM incident_change LIMIT most))
        RETURNING c.incident_id
    )
    SELECT coalesce(array_agg(DISTINCT t.incident_id), '{}') INTO changed FROM taken AS t;
    PERFORM settle_clocks(changed);
    SELECT coalesce(max(s.number), 0) + 1 INTO b.number FROM seal_batch AS s;
    -- From here on nobody writes to the audit log, so that nothing may be waited for any more.
    b := seal_audit(b);
    IF changed = '{}' AND b.audit_count = 0 THEN
        RETURN NULL;
    END IF;
    INSERT INTO seal_head (batch_number, incident_id, step_count, hash)
    SELECT b.number, c.id, s.number, s.hash
    FROM unnest(changed) AS c(id)
    CROSS JOIN LATERAL (
        SELECT s.number, s.hash FROM step AS s WHERE s.incident_id = c.id
        ORDER BY s.number DESC LIMIT 1) AS s
    ORDER BY c.id;
    GET DIAGNOSTICS b.head_count = ROW_COUNT;
    b.sealed_at := clock_timestamp();
    b.root := seal_root(b.number);
    b.previous_hash := (SELECT s.hash FROM seal_batch AS s WHERE s.number = b.number - 1);
    b.hash := seal_hash(b);
    INSERT INTO seal_batch VALUES (b.*);
    RETURN b.number;
END
$$;

-- Has the keepers look at every matter that was never sealed, as after a load that went past
-- intake; how many. Whoever owns the data vouches for it from here on.
CREATE OR REPLACE FUNCTION take_in_unsealed()
RETURNS bigint
LANGUAGE sql SET search_path = public, pg_temp
AS $$
    WITH told AS (
        INSERT INTO incident_change (incident_id)
        SELECT i.id FROM incident AS i
        WHERE NOT EXISTS (SELECT FROM seal_head AS h WHERE h.incident_id = i.id)
          AND NOT EXISTS (SELECT FROM incident_change AS c WHERE c.incident_id = i.id)
        RETURNING 1
    )
    SELECT count(*) FROM told
$$;
