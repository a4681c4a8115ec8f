-- Intake: whatever inserts a report, in the same transaction it gets its incident, the first
-- step, an assignment in every scheme, and a line in the outbox.

-- What is wrong with a report, and what would be right; NULL where it can be taken.
CREATE OR REPLACE FUNCTION report_fault(r report)
RETURNS text
LANGUAGE sql STABLE
RETURN CASE
    WHEN r.channel NOT IN ('officer', 'resident', 'property', 'hotline', 'department', 'device',
                           'import')
        THEN 'channel is officer, resident, property, hotline, department, device or import'
    WHEN r.datum NOT IN ('wgs84', 'cgcs2000', 'gcj02', 'bd09')
        THEN 'datum is wgs84, cgcs2000, gcj02 or bd09'
    WHEN (r.lon IS NULL) <> (r.lat IS NULL) THEN 'lon and lat come together'
    WHEN r.lon NOT BETWEEN -180 AND 180 OR r.lat NOT BETWEEN -90 AND 90
        THEN 'lon lies within -180 and 180 degrees, lat within -90 and 90'
    WHEN r.accuracy_m NOT BETWEEN 0 AND 100000 THEN 'accuracy_m lies within 0 and 100,000 metres'
    WHEN r.geom IS NOT NULL AND NOT coalesce(
            ST_X(r.geom) BETWEEN -180 AND 180 AND ST_Y(r.geom) BETWEEN -90 AND 90, false)
        THEN 'a drawn point is not empty and lies on the earth'
    WHEN r.lon IS NULL AND r.geom IS NULL AND r.house_code IS NULL AND r.address IS NULL
        THEN 'a place is needed: lon and lat, a drawn point, a house code or an address'
END;

-- Row by row inside one statement: small plans kept for the session cost a fifth of one large
-- plan set up for each insert, and a thousand rows cost no more than a thousand times one.
CREATE OR REPLACE FUNCTION reports_received() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp SET plan_cache_mode = force_generic_plan
AS $$
#variable_conflict use_column
DECLARE
    rules assignment_rules;
    r report;
    c category_rules;
    l location;
    base location;
    fault text;
    found location[];
    all_scope_ids bigint[];
    stage_deadline timestamptz;
    deadline timestamptz;
    summary text;
    controls constant text :=
        E'\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10'
        '\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1b\x1c\x1d\x1e\x1f\x7f';
BEGIN
    SELECT * INTO rules FROM assignment_rules;
    FOR r IN SELECT * FROM inserted LOOP
        fault := report_fault(r);
        IF fault IS NOT NULL THEN
            RAISE EXCEPTION 'report refused: %', fault USING ERRCODE = 'check_violation';
        END IF;
        SELECT * INTO c FROM category_rules WHERE code = r.category_code;
        IF NOT c.active THEN
            RAISE EXCEPTION 'report refused: % is out of scope here', r.category_code
                USING ERRCODE = 'check_violation';
        END IF;
        found := locate_point(
            coalesce(r.lon, ST_X(r.geom)), coalesce(r.lat, ST_Y(r.geom)),
            CASE WHEN r.lon IS NULL THEN 'cgcs2000' ELSE r.datum END, r.accuracy_m,
            coalesce(r.house_code, CASE WHEN r.understood_text IS NOT NULL THEN understood_code(r) END),
            coalesce(r.understood_text, r.address), c.line_code, r.received_at, rules);
        IF r.understood_text IS NOT NULL THEN
            found := as_understood(found, r);
        END IF;
        base := found[1];
        all_scope_ids := '{}';
        FOREACH l IN ARRAY found LOOP
            all_scope_ids := all_scope_ids || l.scope_ids;
        END LOOP;
        IF c.whole_working OR c.stage_working THEN
            deadline := deadline(r.received_at, c.whole_us, c.whole_working);
            stage_deadline := deadline(r.received_at, c.stage_us, c.stage_working);
        ELSE
            deadline := r.received_at + c.whole_us * interval '1 microsecond';
            stage_deadline := r.received_at + c.stage_us * interval '1 microsecond';
        END IF;
        -- A stage ends with the whole, at the latest.
        IF deadline > r.received_at AND stage_deadline > deadline THEN
            stage_deadline := deadline;
        END IF;
        -- Control characters would be six bytes each on the wire.
        summary := translate(left(r.text, 60), controls, repeat(' ', 32));
        WITH opened AS (
            INSERT INTO incident (
                id, received_at, category_code, class_rank, summary, state, tier, urgency,
                emergency, geom, grid_id, officer_id, scope_ids, step_count,
                stage_deadline_at, deadline_at, answerable_id)
            VALUES (r.id, r.received_at, r.category_code, c.class_rank, summary, 'reported',
                    c.first_tier, c.urgency, c.emergency,
                    ST_SetSRID(ST_MakePoint(base.lon, base.lat), 4490), base.identity_id,
                    base.officer_id, all_scope_ids, 1, stage_deadline, deadline, r.caller_id)
        ), begun AS (
            INSERT INTO step (
                incident_id, number, action, at, actor_id, actor_role, tier, state,
                stage_deadline_at, deadline_at, target, note_digest, target_digest, hash)
            VALUES (r.id, 1, 'report', r.received_at, r.caller_id, r.channel, c.first_tier,
                    'reported', stage_deadline, deadline, 'officer:' || base.officer_id,
                    step_field_digest(NULL), step_field_digest('officer:' || base.officer_id),
                    step_hash(NULL::bytea, r.id, 1, 'report', r.received_at, r.caller_id,
                              r.channel, c.first_tier, 'reported', NULL::timestamptz,
                              stage_deadline, deadline, step_field_digest(NULL),
                              step_field_digest('officer:' || base.officer_id)))
        ), assigned AS (
            INSERT INTO assignment (incident_id, scheme, area_id, officer_id, officer_role, how,
                                    distance_m, rivals, facts)
            SELECT r.id, f.scheme, f.area_id, f.officer_id, f.officer_role, f.how, f.distance_m,
                   f.rivals, f.facts
            FROM unnest(found) AS f
        ), changed AS (
            INSERT INTO incident_change (incident_id) VALUES (r.id)
        ), audited AS (
            INSERT INTO audit (account_id, action, subject, origin)
            VALUES (r.caller_id, 'report', 'incident:' || r.id, r.origin)
        )
        INSERT INTO event_pending (kind, scope_ids, payload)
        VALUES ('incident', all_scope_ids,
                incident_event(r.id, base.lon, base.lat, c.class_rank, c.urgency,
                               'reported', base.code, base.name, r.received_at, summary));
        -- What comes in late may lie on ground that has changed hands since, or in an area that
        -- is no more: it goes on to whoever has that ground now.
        IF r.received_at < statement_timestamp() AND (
            EXISTS (SELECT FROM publication AS p
                    WHERE p.at > r.received_at AND ST_DWithin(
                        p.ground, ST_SetSRID(ST_MakePoint(base.lon, base.lat), 4490), 1e-8))
            OR base.identity_id IS NOT NULL
            AND NOT EXISTS (SELECT FROM area AS a
                            WHERE a.identity_id = base.identity_id AND upper_inf(a.period)))
        THEN
            PERFORM follow_ground(r.id);
        END IF;
    END LOOP;
    RETURN NULL;
END
$$;

-- What /live sends of an incident: short, so that a wall costs little.
CREATE OR REPLACE FUNCTION incident_event(
    id bigint, lon double precision, lat double precision, class_rank smallint, urgency smallint,
    state text, area_code text, area_name text, received_at timestamptz, summary text)
RETURNS text
LANGUAGE sql STABLE
AS $$
    SELECT json_build_object(
        'id', id, 'lon', round(lon * 1e6) / 1e6, 'lat', round(lat * 1e6) / 1e6, 'c', class_rank,
        'u', urgency, 's', state, 'a', area_code, 'n', left(area_name, 16),
        'at', date_trunc('second', received_at), 't', left(summary, 30))::text
$$;

CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    RAISE EXCEPTION '% on % refused: its rows are append-only', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege';
END
$$;
