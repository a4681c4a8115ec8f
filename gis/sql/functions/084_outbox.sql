-- The outbox: committed rows get their number, one after the other.

CREATE OR REPLACE FUNCTION new_epoch() RETURNS text
LANGUAGE sql SET search_path = public, pg_temp
AS $$
    INSERT INTO event_head (id, epoch, sequence)
    VALUES (1, to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYMMDDHH24MISS')
               || encode(gen_random_bytes(2), 'hex'), 0)
    ON CONFLICT (id) DO UPDATE SET epoch = excluded.epoch
    RETURNING epoch
$$;

-- Gives committed rows of the outbox their number. One backend at a time: the others get NULL.
CREATE OR REPLACE FUNCTION sequence_events() RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE
    head bigint;
    moved bigint;
BEGIN
    IF NOT pg_try_advisory_xact_lock(hashtext('gridwall.sequencer')) THEN
        RETURN NULL;
    END IF;
    SELECT h.sequence INTO head FROM event_head AS h;
    IF NOT EXISTS (SELECT FROM event_pending) THEN
        RETURN head;
    END IF;
    WITH taken AS (
        DELETE FROM event_pending AS p
        WHERE p.id IN (SELECT id FROM event_pending ORDER BY id LIMIT 5000)
        RETURNING p.*
    )
    INSERT INTO event (sequence, at, kind, scope_ids, payload)
    SELECT head + row_number() OVER (ORDER BY t.id), t.at, t.kind, t.scope_ids, t.payload
    FROM taken AS t;
    GET DIAGNOSTICS moved = ROW_COUNT;
    UPDATE event_head SET sequence = head + moved;
    RETURN head + moved;
END
$$;
