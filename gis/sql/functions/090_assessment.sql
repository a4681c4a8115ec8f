-- Assessment: what each incident adds to the counts, and the counts kept by the difference that
-- every change makes. Nothing is done in the statement that takes in a report: committed events
-- are read in their order, the incidents that they name are looked at anew, and what differs
-- from what was last counted is added. Read twice, an event changes nothing the second time.

-- The areas under the caller's own, ended ones too: whose counts may be seen.
CREATE OR REPLACE FUNCTION scope_under_ids() RETURNS bigint[]
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    SELECT ARRAY(SELECT DISTINCT a.identity_id FROM area AS a WHERE a.ancestor_ids && scope_ids())
$$;

CREATE OR REPLACE FUNCTION seconds_between(starts timestamptz, ends timestamptz)
RETURNS integer
LANGUAGE sql STABLE
RETURN least(extract(epoch FROM ends - starts), 2000000000)::integer;

-- What incidents add, at a moment. On time and late as gis/clocks.py has them: a suspended
-- matter's clock stands, rejected and merged ones count nowhere. One that several grids share
-- counts for the ground where it was reported; the others only have it in their lists.
CREATE OR REPLACE FUNCTION incident_facts(ids bigint[], moment timestamptz)
RETURNS SETOF assessment_fact
LANGUAGE sql STABLE SET search_path = public, pg_temp
AS $$
    SELECT i.id, i.received_at,
           (i.received_at AT TIME ZONE setting_text('time_zone', 'Asia/Shanghai'))::date,
           coalesce(e.own_scope_ids, i.scope_ids), i.officer_id, i.unit_id, i.class_rank,
           coalesce(c.kind = 'service', false), i.state, is_open, is_solved,
           is_solved AND i.closed_at <= coalesce(i.deadline_at, 'infinity'),
           is_solved AND i.closed_at > i.deadline_at,
           is_open AND coalesce(least(moment, i.suspended_at) > i.deadline_at, false),
           CASE WHEN is_solved THEN (array_position(
               ARRAY['grid', 'community', 'street', 'district', 'city'], i.tier) - 1)::smallint END,
           coalesce(s.reopened, false), coalesce(s.returned, false), r.rating,
           seconds_between(i.received_at, i.verified_at),
           seconds_between(coalesce(i.verified_at, i.received_at), i.dispatched_at),
           seconds_between(coalesce(i.dispatched_at, i.verified_at, i.received_at), i.handled_at),
           CASE WHEN is_solved THEN seconds_between(coalesce(i.handled_at, i.received_at),
                                                    i.closed_at) END,
           CASE WHEN is_solved THEN seconds_between(i.received_at, i.closed_at) END,
           CASE WHEN is_open AND i.suspended_at IS NULL THEN i.deadline_at END,
           CASE WHEN is_open AND i.suspended_at IS NULL AND i.deadline_at >= moment
                THEN i.deadline_at END,
           CASE WHEN e.incident_id IS NULL THEN '{}' ELSE ARRAY(
               SELECT unnest(i.scope_ids) EXCEPT SELECT unnest(e.own_scope_ids) ORDER BY 1) END
    FROM incident AS i
    LEFT JOIN extent AS e ON e.incident_id = i.id
    CROSS JOIN LATERAL (
        SELECT i.closed_at IS NULL AS is_open,
               i.closed_at IS NOT NULL AND i.state IN ('closed', 'assessed') AS is_solved) AS o
    LEFT JOIN category AS c ON c.code = i.category_code
    LEFT JOIN LATERAL (
        SELECT bool_or(s.action = 'reopen') AS reopened, bool_or(s.action = 'return') AS returned
        FROM step AS s WHERE s.incident_id = i.id AND i.step_count > 2) AS s ON true
    LEFT JOIN LATERAL (
        SELECT avg(g.score) AS rating FROM rating AS g WHERE g.incident_id = i.id) AS r ON true
    WHERE i.id = ANY (ids) AND i.merged_into_id IS NULL
$$;

-- Bucket 0 is under two minutes; each further one is the square root of two times as wide.
CREATE OR REPLACE FUNCTION time_bucket(seconds integer)
RETURNS smallint
LANGUAGE sql IMMUTABLE
RETURN CASE WHEN seconds < 120 THEN 0
            -- In double precision: the logarithm of a numeric takes twenty microseconds.
            ELSE 1 + floor(2 * (ln(seconds / 120.0::float) / ln(2::float))) END::smallint;

-- Takes facts out of the counts of whoever they belong to, and puts others in: of all areas
-- above, the whole, the officer, the unit; by day first, and from the days by month and ever.
CREATE OR REPLACE FUNCTION count_facts(gone assessment_fact[], come assessment_fact[])
RETURNS void
LANGUAGE sql SET search_path = public, pg_temp SET work_mem = '64MB'
AS $$
    WITH placed AS MATERIALIZED (
        SELECT s.subject, s.key_id, f.day, f.class_rank, f.service, f.sign, f.open, f.overdue,
               f.solved, f.on_time, f.late, f.closed_rank, f.reopened, f.returned, f.rating,
               time_bucket(f.whole_s) AS bucket
        FROM (SELECT -1 AS sign, f.* FROM unnest(gone) AS f
              UNION ALL SELECT 1, f.* FROM unnest(come) AS f) AS f
        CROSS JOIN LATERAL (
            SELECT 'whole' AS subject, 0::bigint AS key_id
            UNION ALL SELECT n.level, n.id FROM area_identity AS n WHERE n.id = ANY (f.scope_ids)
            UNION ALL SELECT 'officer', f.officer_id WHERE f.officer_id IS NOT NULL
            UNION ALL SELECT 'unit', f.unit_id WHERE f.unit_id IS NOT NULL) AS s
    ), times AS (
        INSERT INTO assessment_time AS t (subject, grain, starts, key_id, bucket, solved)
        SELECT p.subject, g.grain, g.starts, p.key_id, p.bucket, sum(p.solved)
        FROM (SELECT subject, key_id, day, bucket, sum(sign)::integer AS solved
              FROM placed WHERE bucket IS NOT NULL
              GROUP BY 1, 2, 3, 4 HAVING sum(sign) <> 0) AS p
        CROSS JOIN LATERAL (
            VALUES ('day', p.day), ('month', date_trunc('month', p.day)::date)) AS g (grain, starts)
        GROUP BY 1, 2, 3, 4, 5 HAVING sum(p.solved) <> 0
        ORDER BY 1, 2, 3, 4, 5
        ON CONFLICT (subject, grain, starts, key_id, bucket)
            DO UPDATE SET solved = t.solved + excluded.solved
    ), daily AS MATERIALIZED (
        SELECT subject, key_id, day, class_rank, service, sum(sign)::integer AS reported,
               sum(sign * open::integer)::integer AS open,
               sum(sign * overdue::integer)::integer AS overdue,
               sum(sign * solved::integer)::integer AS solved,
               sum(sign * (NOT open AND NOT solved)::integer)::integer AS rejected,
               sum(sign * on_time::integer)::integer AS on_time,
               sum(sign * late::integer)::integer AS late,
               sum(sign * coalesce(closed_rank = 0, false)::integer)::integer AS in_grid,
               sum(sign * coalesce(closed_rank = 1, false)::integer)::integer AS in_community,
               sum(sign * coalesce(closed_rank = 2, false)::integer)::integer AS in_street,
               sum(sign * reopened::integer)::integer AS reopened,
               sum(sign * returned::integer)::integer AS returned,
               sum(sign * (rating IS NOT NULL)::integer)::integer AS rated,
               sum(sign * coalesce(rating, 0)) AS rating_sum
        FROM placed GROUP BY 1, 2, 3, 4, 5
    )
    INSERT INTO assessment_count AS c
    SELECT d.subject, g.grain, g.starts, d.key_id, d.class_rank, d.service, sum(d.reported),
           sum(d.open), sum(d.overdue), sum(d.solved), sum(d.rejected), sum(d.on_time),
           sum(d.late), sum(d.in_grid), sum(d.in_community), sum(d.in_street), sum(d.reopened),
           sum(d.returned), sum(d.rated), sum(d.rating_sum)
    FROM daily AS d
    CROSS JOIN LATERAL (
        VALUES ('day', d.day), ('month', date_trunc('month', d.day)::date),
               ('ever', date '1970-01-01')) AS g (grain, starts)
    -- A step that counts nowhere, such as a dispatch, leaves the counts alone.
    WHERE (d.reported, d.open, d.overdue, d.solved, d.rejected, d.on_time, d.late, d.in_grid,
           d.in_community, d.in_street, d.reopened, d.returned, d.rated, d.rating_sum)
          <> (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
    GROUP BY 1, 2, 3, 4, 5, 6
    -- Rows that are read together lie together.
    ORDER BY 1, 2, 3, 4, 5, 6
    ON CONFLICT (subject, grain, starts, key_id, class_rank, service) DO UPDATE SET
        reported = c.reported + excluded.reported, open = c.open + excluded.open,
        overdue = c.overdue + excluded.overdue, solved = c.solved + excluded.solved,
        rejected = c.rejected + excluded.rejected, on_time = c.on_time + excluded.on_time,
        late = c.late + excluded.late, in_grid = c.in_grid + excluded.in_grid,
        in_community = c.in_community + excluded.in_community,
        in_street = c.in_street + excluded.in_street, reopened = c.reopened + excluded.reopened,
        returned = c.returned + excluded.returned, rated = c.rated + excluded.rated,
        rating_sum = c.rating_sum + excluded.rating_sum
$$;

-- Where incidents stand in the lists, from facts that are new or differ.
CREATE OR REPLACE FUNCTION list_facts(gone assessment_fact[], come assessment_fact[])
RETURNS void
LANGUAGE sql SET search_path = public, pg_temp
AS $$
    WITH now_under AS (
        SELECT f.*, above.id AS identity_id
        FROM unnest(come) AS f
        CROSS JOIN LATERAL (
            SELECT 0 AS id UNION SELECT unnest(f.scope_ids || f.assist_ids)) AS above
    ), unlisted AS (
        DELETE FROM incident_area AS a
        WHERE a.incident_id IN (SELECT g.incident_id FROM unnest(gone) AS g)
          AND NOT EXISTS (SELECT FROM now_under AS n
                          WHERE n.incident_id = a.incident_id AND n.identity_id = a.identity_id)
    )
    INSERT INTO incident_area (incident_id, identity_id, received_at, open, class_rank, state,
                               clock_at)
    SELECT n.incident_id, n.identity_id, n.received_at, n.open, n.class_rank, n.state, n.clock_at
    FROM now_under AS n
    ON CONFLICT (incident_id, identity_id) DO UPDATE SET
        received_at = excluded.received_at, open = excluded.open,
        class_rank = excluded.class_rank, state = excluded.state, clock_at = excluded.clock_at
$$;

-- Looks at incidents anew and counts what differs. Only one at a time: see fold_matters_at.
CREATE OR REPLACE FUNCTION recount_incidents(ids bigint[], moment timestamptz)
RETURNS void
LANGUAGE plpgsql SET search_path = public, pg_temp
AS $$
DECLARE
    gone assessment_fact[];
    come assessment_fact[];
BEGIN
    WITH before AS (
        SELECT f.incident_id, f AS fact FROM assessment_fact AS f WHERE f.incident_id = ANY (ids)
    ), after AS (
        SELECT f.incident_id, f AS fact FROM incident_facts(ids, moment) AS f
    )
    SELECT array_agg(b.fact) FILTER (WHERE b.incident_id IS NOT NULL),
           array_agg(a.fact) FILTER (WHERE a.incident_id IS NOT NULL)
    INTO gone, come
    FROM before AS b FULL JOIN after AS a USING (incident_id)
    WHERE b.fact IS DISTINCT FROM a.fact;
    IF gone IS NULL AND come IS NULL THEN
        RETURN;
    END IF;
    DELETE FROM assessment_fact AS f
    WHERE f.incident_id IN (SELECT g.incident_id FROM unnest(gone) AS g);
    INSERT INTO assessment_fact SELECT (unnest(come)).*;
    PERFORM list_facts(gone, come);
    PERFORM count_facts(gone, come);
END
$$;

-- Counts what committed events tell, and what has become overdue; how many events wait still.
CREATE OR REPLACE FUNCTION fold_matters_at(moment timestamptz, most integer DEFAULT 5000)
RETURNS bigint
LANGUAGE plpgsql SET search_path = public, pg_temp
AS $$
DECLARE
    reached bigint;
    target bigint;
    ids bigint[];
BEGIN
    SELECT h.sequence INTO target FROM event_head AS h;
    IF EXISTS (SELECT FROM assessment_head AS h WHERE h.sequence = target)
       -- The least by the index's order: a plan for any moment would read the whole table.
       AND coalesce((SELECT f.due_at FROM assessment_fact AS f WHERE f.due_at IS NOT NULL
                     ORDER BY f.due_at LIMIT 1) >= moment, true) THEN
        RETURN 0;
    END IF;
    SELECT h.sequence INTO reached FROM assessment_head AS h FOR UPDATE;
    SELECT h.sequence INTO target FROM event_head AS h;
    SELECT array_agg(DISTINCT (e.payload::jsonb ->> 'id')::bigint) INTO ids
    FROM event AS e
    WHERE e.sequence > reached AND e.sequence <= least(target, reached + most)
      AND e.kind = 'incident';
    ids := coalesce(ids, '{}') || ARRAY(
        SELECT f.incident_id FROM assessment_fact AS f
        WHERE f.due_at < moment ORDER BY f.due_at LIMIT most);
    IF ids <> '{}' THEN
        PERFORM recount_incidents(ids, moment);
    END IF;
    UPDATE assessment_head SET sequence = least(target, reached + most);
    RETURN target - least(target, reached + most);
END
$$;

CREATE OR REPLACE FUNCTION fold_matters() RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp
AS $$ SELECT fold_matters_at(clock_timestamp()) $$;

-- All of it from nothing, in the order of time: after a bulk load that told no events. The lists'
-- indexes are made when their rows are there, which takes a fraction of keeping them meanwhile.
CREATE OR REPLACE FUNCTION recount_matters(moment timestamptz DEFAULT clock_timestamp())
RETURNS void
LANGUAGE plpgsql SET search_path = public, pg_temp SET work_mem = '64MB'
AS $$
DECLARE
    chunk bigint[];
    come assessment_fact[];
    made_after text[];
    statement text;
BEGIN
    INSERT INTO assessment_head (id, sequence) VALUES (1, 0) ON CONFLICT DO NOTHING;
    PERFORM FROM assessment_head FOR UPDATE;
    TRUNCATE incident_area, assessment_fact, assessment_count, assessment_time;
    UPDATE assessment_head SET sequence = (SELECT h.sequence FROM event_head AS h);
    FOR chunk IN
        SELECT array_agg(id) FROM (
            SELECT i.id, (row_number() OVER (ORDER BY i.received_at, i.id) - 1) / 50000 AS part
            FROM incident AS i) AS numbered
        GROUP BY part ORDER BY part
    LOOP
        come := ARRAY(SELECT f FROM incident_facts(chunk, moment) AS f);
        INSERT INTO assessment_fact SELECT (unnest(come)).*;
        PERFORM count_facts(NULL, come);
    END LOOP;
    SELECT array_agg(pg_get_indexdef(x.indexrelid)), string_agg(x.indexrelid::regclass::text, ', ')
    INTO made_after, statement
    FROM pg_index AS x WHERE x.indrelid = 'incident_area'::regclass AND NOT x.indisprimary;
    EXECUTE 'DROP INDEX ' || statement;
    INSERT INTO incident_area (incident_id, identity_id, received_at, open, class_rank, state,
                               clock_at)
    SELECT f.incident_id, above.id, f.received_at, f.open, f.class_rank, f.state, f.clock_at
    FROM assessment_fact AS f
    CROSS JOIN LATERAL (
        SELECT 0 AS id UNION SELECT unnest(f.scope_ids || f.assist_ids) ORDER BY id) AS above;
    FOREACH statement IN ARRAY made_after LOOP
        EXECUTE statement;
    END LOOP;
END
$$;

-- How content whoever asked or checked was, 1 to 5: of an incident in the caller's scope, or of
-- the caller's own report.
CREATE OR REPLACE FUNCTION rate_incident(
    secret text, of_incident bigint, given_score integer, given_note text)
RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE
    caller constant account := entered_account(secret);
    matter incident;
    of_own boolean;
BEGIN
    SELECT EXISTS (SELECT FROM report AS r WHERE r.id = of_incident AND r.caller_id = caller.id)
    INTO of_own;
    SELECT i.* INTO matter FROM incident AS i
    WHERE i.id = of_incident
      AND (of_own OR scope_all()
           OR caller.role IN ('street', 'community') AND i.scope_ids && scope_ids());
    IF matter.id IS NULL THEN
        RAISE EXCEPTION 'no incident %, or not for this caller to rate', of_incident
            USING ERRCODE = 'no_data_found';
    END IF;
    IF matter.state NOT IN ('closed', 'assessed') THEN
        RAISE EXCEPTION 'incident % is not closed: nothing is there to rate', of_incident
            USING ERRCODE = 'serialization_failure';
    END IF;
    INSERT INTO rating (incident_id, account_id, reporter, score, note)
    VALUES (of_incident, caller.id, of_own, given_score, given_note);
    INSERT INTO audit (account_id, action, subject, detail)
    VALUES (caller.id, 'rate', 'incident:' || of_incident,
            jsonb_build_object('score', given_score, 'reporter', of_own));
    INSERT INTO event_pending (kind, scope_ids, payload)
    SELECT 'incident', matter.scope_ids, incident_event(
        matter.id, ST_X(matter.geom), ST_Y(matter.geom), matter.class_rank, matter.urgency,
        matter.state, a.code, a.name, matter.received_at, matter.summary)
    FROM (SELECT 1) AS one
    LEFT JOIN area AS a ON a.identity_id = matter.grid_id AND upper_inf(a.period);
END
$$;

-- The matters of a period that lie on today's ground of areas whose ground has changed, whatever
-- they were counted under when they came in; one on a border is the lowest code's. Candidates
-- come from every version, past ones too, that meets the ground.
CREATE OR REPLACE FUNCTION ground_matters(ids bigint[], since timestamptz, until timestamptz)
RETURNS TABLE (key_id bigint, incident_id bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    WITH asked AS (
        SELECT a.identity_id, a.code, a.scheme, a.level, a.geom FROM area AS a
        WHERE a.identity_id = ANY (ids) AND upper_inf(a.period)
          AND (scope_all() OR a.ancestor_ids && scope_ids())
    ), near AS (
        SELECT DISTINCT n.identity_id, o.identity_id AS other_id
        FROM asked AS n
        JOIN area AS o ON o.scheme = n.scheme AND o.level = n.level
                      AND ST_Intersects(o.geom, n.geom)
    )
    SELECT DISTINCT ON (i.id) n.identity_id, i.id
    FROM near AS n
    JOIN asked AS a ON a.identity_id = n.identity_id
    JOIN incident_area AS l ON l.identity_id = n.other_id AND l.open = ANY ('{t,f}')
                           AND l.received_at >= since AND l.received_at < until
    JOIN incident AS i ON i.id = l.incident_id AND ST_Intersects(a.geom, i.geom)
    ORDER BY i.id, a.code
$$;

-- Counts of areas by today's ground, in the shape of assessment_count summed over a period.
CREATE OR REPLACE FUNCTION ground_counts(ids bigint[], since timestamptz, until timestamptz)
RETURNS TABLE (
    key_id bigint, reported bigint, open bigint, overdue bigint, solved bigint, rejected bigint,
    on_time bigint, late bigint, in_grid bigint, in_community bigint, in_street bigint,
    reopened bigint, returned bigint, rated bigint, rating_sum double precision, buckets jsonb)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    WITH facts AS MATERIALIZED (
        SELECT g.key_id, f.*, time_bucket(f.whole_s) AS bucket
        FROM ground_matters(ids, since, until) AS g JOIN assessment_fact AS f USING (incident_id)
    )
    SELECT f.key_id, count(*), count(*) FILTER (WHERE f.open), count(*) FILTER (WHERE f.overdue),
           count(*) FILTER (WHERE f.solved), count(*) FILTER (WHERE NOT f.open AND NOT f.solved),
           count(*) FILTER (WHERE f.on_time), count(*) FILTER (WHERE f.late),
           count(*) FILTER (WHERE f.closed_rank = 0), count(*) FILTER (WHERE f.closed_rank = 1),
           count(*) FILTER (WHERE f.closed_rank = 2), count(*) FILTER (WHERE f.reopened),
           count(*) FILTER (WHERE f.returned), count(f.rating),
           coalesce(sum(f.rating), 0),
           (SELECT jsonb_object_agg(t.bucket, t.solved)
            FROM (SELECT h.bucket, count(*) AS solved FROM facts AS h
                  WHERE h.key_id = f.key_id AND h.bucket IS NOT NULL GROUP BY 1) AS t)
    FROM facts AS f GROUP BY f.key_id
$$;

-- Whether a part of the score counts a matter, and whether that cost points.
CREATE OR REPLACE FUNCTION part_of_fact(part text, f assessment_fact, tier_rank integer)
RETURNS TABLE (counts boolean, cost boolean)
LANGUAGE sql IMMUTABLE
AS $$
    SELECT CASE part
               WHEN 'in_tier' THEN f.solved
               WHEN 'on_time' THEN f.on_time OR f.late OR f.overdue
               WHEN 'reopened' THEN f.reopened
               WHEN 'speed' THEN f.whole_s IS NOT NULL
               WHEN 'satisfaction' THEN f.rating IS NOT NULL
               ELSE true END,
           CASE part
               WHEN 'in_tier' THEN coalesce(f.closed_rank > tier_rank, false)
               WHEN 'on_time' THEN NOT f.on_time
               WHEN 'reopened' THEN f.reopened
               WHEN 'satisfaction' THEN coalesce(f.rating < 4, false)
               ELSE false END
$$;
