-- The clock's worker: what is due, and what it does about it, once.

-- The limit of a stage: the category's own word, else its class's, else the city's; as
-- category_rules has it for the tier in which a matter begins.
CREATE OR REPLACE FUNCTION stage_limit(
    of_category text, at_tier text, OUT us bigint, OUT working boolean)
LANGUAGE sql STABLE
AS $$
    SELECT round(((l.stage ->> 'hours')::double precision * 3600000000)::numeric)::bigint,
           coalesce((l.stage ->> 'working')::boolean, false)
    FROM (SELECT 1) AS one
    LEFT JOIN category AS c ON c.code = of_category
    LEFT JOIN category AS p ON p.code = c.parent_code
    CROSS JOIN LATERAL (
        SELECT coalesce(
            c.stage_limits -> at_tier, p.stage_limits -> at_tier,
            (SELECT s.value -> at_tier FROM city_setting AS s WHERE s.name = 'stage_limits')
        ) AS stage) AS l
$$;

-- Microseconds of a clock between two instants: of working time, or around the clock.
CREATE OR REPLACE FUNCTION clock_us(since timestamptz, upto timestamptz, working boolean)
RETURNS bigint
LANGUAGE sql STABLE
AS $$
    SELECT CASE WHEN working THEN worked_us(upto) - worked_us(since)
                ELSE (extract(epoch FROM upto - since) * 1000000)::bigint END
$$;

-- The instant that lies so many microseconds of a clock before another.
CREATE OR REPLACE FUNCTION clock_before(upto timestamptz, us bigint, working boolean)
RETURNS timestamptz
LANGUAGE sql STABLE
AS $$
    SELECT CASE WHEN NOT working THEN upto - microseconds(us)
                -- Working time begins to be counted at the first span that is kept.
                WHEN worked_us(upto) > us THEN add_working('-infinity', worked_us(upto) - us)
                ELSE upto END
$$;

-- What the worker has yet to do about a matter, and when. A deadline is as old as the step that
-- set it: one that is moved by a rest is the same, one that is extended is another. Its warning
-- comes when all but the city's share of its time is left (warning_share, 0.8 by default), in
-- working time where the limit is.
CREATE OR REPLACE FUNCTION clock_dues(of_incident bigint)
RETURNS TABLE (clock text, kind text, set_by integer, due_at timestamptz)
LANGUAGE sql STABLE
AS $$
    WITH matter AS (
        SELECT i.* FROM incident AS i WHERE i.id = of_incident AND i.closed_at IS NULL
    ), told AS (
        SELECT s.number, s.action, s.at, c.clock, c.deadline_at, c.stage,
               lag(c.deadline_at) OVER w AS deadline_before, lag(c.stage) OVER w AS stage_before
        FROM matter AS m
        JOIN step AS s ON s.incident_id = m.id
        CROSS JOIN LATERAL (VALUES ('stage', s.stage_deadline_at, s.tier),
                                   ('whole', s.deadline_at, NULL)) AS c(clock, deadline_at, stage)
        WINDOW w AS (PARTITION BY c.clock ORDER BY s.number)
    ), made AS (
        SELECT DISTINCT ON (t.clock) t.clock, t.number AS set_by, t.at, t.deadline_at
        FROM told AS t
        WHERE t.action <> 'resume'
          AND (t.number = 1 OR t.deadline_at IS DISTINCT FROM t.deadline_before
               OR t.stage IS DISTINCT FROM t.stage_before)
        ORDER BY t.clock, t.number DESC
    ), running AS (
        SELECT d.clock, d.set_by, d.deadline_at AS first_deadline_at, d.at, w.working,
               CASE d.clock WHEN 'stage' THEN m.stage_deadline_at ELSE m.deadline_at END
                   AS deadline_at
        FROM matter AS m
        CROSS JOIN made AS d
        CROSS JOIN LATERAL (
            SELECT CASE d.clock
                WHEN 'stage' THEN (stage_limit(m.category_code, m.tier)).working
                ELSE coalesce((SELECT c.limit_working FROM category AS c
                               WHERE c.code = m.category_code), false) END AS working) AS w
        WHERE m.suspended_at IS NULL
    ), due AS (
        SELECT r.clock, 'breach' AS kind, r.set_by, r.deadline_at AS due_at
        FROM running AS r WHERE r.deadline_at IS NOT NULL
        UNION ALL
        SELECT r.clock, 'warning', r.set_by,
               clock_before(r.deadline_at, round(l.us * (1 - s.share))::bigint, r.working)
        FROM running AS r
        CROSS JOIN LATERAL clock_us(r.at, r.first_deadline_at, r.working) AS l(us)
        CROSS JOIN (SELECT least(greatest(setting_number('warning_share', 0.8), 0), 1)::numeric
                    AS share) AS s
        WHERE r.deadline_at IS NOT NULL AND l.us > 0 AND s.share < 1
        UNION ALL
        SELECT 'rest', 'resume', m.step_count, m.suspended_until
        FROM matter AS m
        WHERE m.suspended_at IS NOT NULL AND m.suspended_until IS NOT NULL
    )
    SELECT d.clock, d.kind, d.set_by, d.due_at
    FROM due AS d
    WHERE NOT EXISTS (
        SELECT FROM clock_mark AS k
        WHERE k.incident_id = of_incident AND k.clock = d.clock AND k.kind = d.kind
          AND k.set_by = d.set_by)
$$;

CREATE OR REPLACE FUNCTION settle_clocks(incident_ids bigint[])
RETURNS void
LANGUAGE plpgsql SET search_path = public, pg_temp
AS $$
#variable_conflict use_column
BEGIN
    DELETE FROM clock_due AS d WHERE d.incident_id = ANY (incident_ids);
    INSERT INTO clock_due (incident_id, clock, kind, set_by, due_at)
    SELECT c.id, d.clock, d.kind, d.set_by, d.due_at
    FROM unnest(incident_ids) AS c(id)
    CROSS JOIN LATERAL clock_dues(c.id) AS d
    ON CONFLICT (incident_id, clock, kind)
        DO UPDATE SET set_by = excluded.set_by, due_at = excluded.due_at;
END
$$;

-- A matter whose rest has ended: both clocks go on with what was left, as gis/limits.py has it.
CREATE OR REPLACE FUNCTION resumed(matter incident, now timestamptz)
RETURNS incident
LANGUAGE plpgsql STABLE SET search_path = public, pg_temp
AS $$
BEGIN
    matter.stage_deadline_at := resumed_deadline(
        matter.stage_deadline_at, matter.suspended_at, now,
        (stage_limit(matter.category_code, matter.tier)).working);
    matter.deadline_at := resumed_deadline(
        matter.deadline_at, matter.suspended_at, now,
        (SELECT c.limit_working FROM category AS c WHERE c.code = matter.category_code));
    matter.suspended_at := NULL;
    matter.suspended_until := NULL;
    RETURN matter;
END
$$;

-- What the worker does: a matter whose rest has ended goes on, a warning urges, a breach goes to
-- the tier above, and at the top it urges too.
CREATE OR REPLACE FUNCTION clock_action(at_tier text, due_kind text)
RETURNS text
LANGUAGE sql STABLE
AS $$
    SELECT CASE
        WHEN due_kind = 'resume' THEN 'resume'
        WHEN due_kind = 'warning' OR array_position(t.tiers, at_tier)
             >= array_position(t.tiers, setting_text('top_tier', 'district')) THEN 'urge'
        ELSE 'escalate' END
    FROM (SELECT '{grid,community,street,district,city}'::text[] AS tiers) AS t
$$;

-- A matter one tier higher: on its desk anew, with the limit of that tier.
CREATE OR REPLACE FUNCTION escalated(matter incident, now timestamptz)
RETURNS incident
LANGUAGE plpgsql STABLE SET search_path = public, pg_temp
AS $$
DECLARE
    tiers constant text[] := '{grid,community,street,district,city}';
BEGIN
    matter.tier := tiers[array_position(tiers, matter.tier) + 1];
    IF matter.state <> 'reported' THEN
        matter.state := 'verified';
        matter.verified_at := coalesce(matter.verified_at, now);
    END IF;
    matter.officer_id := NULL;
    matter.unit_id := NULL;
    matter.pending := NULL;
    matter.stage_deadline_at := (
        SELECT deadline(now, l.us, l.working)
        FROM stage_limit(matter.category_code, matter.tier) AS l);
    -- A stage ends with the whole at the latest, unless the whole was over when it began.
    IF matter.deadline_at > now THEN
        matter.stage_deadline_at := least(matter.stage_deadline_at, matter.deadline_at);
    END IF;
    RETURN matter;
END
$$;

-- One thing that is due, done: the mark and the step together, or neither where it was done, is
-- no longer due, or somebody is at the matter just now (who leaves it to the next look).
CREATE OR REPLACE FUNCTION act_on_clock(due clock_due, now timestamptz)
RETURNS boolean
LANGUAGE plpgsql SET search_path = public, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    before incident;
    after incident;
    taken text;
    step_at timestamptz;
BEGIN
    SELECT i.* INTO before FROM incident AS i
    WHERE i.id = due.incident_id FOR UPDATE SKIP LOCKED;
    IF before.id IS NULL THEN
        RETURN false;
    END IF;
    -- Both clocks may run out at one instant: that is one thing to do, and both are marked.
    INSERT INTO clock_mark (incident_id, clock, kind, set_by, due_at, acted_at, step_number)
    SELECT before.id, d.clock, d.kind, d.set_by, d.due_at, now, before.step_count + 1
    FROM clock_dues(before.id) AS d
    WHERE d.kind = due.kind AND d.due_at = due.due_at AND d.due_at <= now;
    IF NOT FOUND THEN
        PERFORM settle_clocks(ARRAY[before.id]);
        RETURN false;
    END IF;
    -- A step never lies before the last, whatever clock wrote that.
    step_at := greatest(now, (SELECT s.at FROM step AS s WHERE s.incident_id = before.id
                              AND s.number = before.step_count));
    taken := clock_action(before.tier, due.kind);
    after := CASE taken WHEN 'escalate' THEN escalated(before, step_at)
                        WHEN 'resume' THEN resumed(before, step_at) ELSE before END;
    PERFORM store_step(
        before, NULL, 'system',
        jsonb_build_object(
            'action', taken, 'at', step_at, 'tier', after.tier, 'state', after.state,
            'note', due.clock || ' ' || due.kind, 'stage_deadline_at', after.stage_deadline_at,
            'deadline_at', after.deadline_at),
        to_jsonb(after));
    INSERT INTO event_pending (kind, scope_ids, payload)
    VALUES ('clock', before.scope_ids, json_build_object(
        'id', before.id, 'clock', due.clock, 'kind', due.kind, 'action', taken,
        'tier', after.tier, 'due_at', date_trunc('second', due.due_at))::text);
    PERFORM settle_clocks(ARRAY[before.id]);
    RETURN true;
END
$$;

-- All that is due at an instant: only the owner says what time it is. How many were acted on.
CREATE OR REPLACE FUNCTION escalate_at(now timestamptz, most integer DEFAULT 500)
RETURNS integer
LANGUAGE plpgsql SET search_path = public, pg_temp
AS $$
DECLARE
    due clock_due;
    acted integer := 0;
BEGIN
    FOR due IN
        SELECT d.* FROM clock_due AS d
        WHERE d.due_at <= now
        ORDER BY d.due_at, d.kind DESC, d.incident_id
        LIMIT most
        FOR UPDATE SKIP LOCKED
    LOOP
        -- What can't be done to one matter does not hold up the others.
        BEGIN
            acted := acted + act_on_clock(due, now)::integer;
        EXCEPTION WHEN data_exception OR integrity_constraint_violation THEN
            RAISE WARNING 'the clock of incident %: %', due.incident_id, SQLERRM;
        END;
    END LOOP;
    RETURN acted;
END
$$;

-- The same by the database's own clock, for the server.
CREATE OR REPLACE FUNCTION escalate_due(most integer DEFAULT 500)
RETURNS integer
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp
AS $$ SELECT escalate_at(clock_timestamp(), most) $$;
