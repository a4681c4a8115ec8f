-- The doors through which steps after the first are written.

-- A matter within this transaction's scope, locked; it must stand where the caller saw it.
CREATE OR REPLACE FUNCTION lock_matter(of_incident bigint, expected_count integer)
RETURNS incident
LANGUAGE plpgsql SET search_path = public, pg_temp
AS $$
DECLARE
    matter incident;
BEGIN
    -- A publication moves all matters of its ground, or finds none half way through a step.
    PERFORM share_ground();
    SELECT i.* INTO matter FROM incident AS i
    WHERE i.id = of_incident AND sees_matter(i)
    FOR UPDATE;
    IF matter.id IS NULL THEN
        RAISE EXCEPTION 'no incident %, or not for this caller', of_incident
            USING ERRCODE = 'no_data_found';
    END IF;
    IF matter.step_count <> expected_count THEN
        RAISE EXCEPTION 'incident % has moved on: % steps, not %',
            of_incident, matter.step_count, expected_count
            USING ERRCODE = 'serialization_failure';
    END IF;
    RETURN matter;
END
$$;

-- Tells all who follow how a matter stands.
CREATE OR REPLACE FUNCTION tell_incident(matter incident) RETURNS void
LANGUAGE sql SET search_path = public, pg_temp
AS $$
    INSERT INTO event_pending (kind, scope_ids, payload)
    SELECT 'incident', matter.scope_ids, incident_event(
        matter.id, ST_X(matter.geom), ST_Y(matter.geom), matter.class_rank, matter.urgency,
        matter.state, a.code, a.name, matter.received_at, matter.summary)
    FROM (SELECT 1) AS one
    LEFT JOIN area AS a ON a.identity_id = matter.grid_id AND upper_inf(a.period)
$$;

-- Writes a step that gis/incidents.py has found lawful on a matter that is locked, refreshes its
-- cache, tells the outbox and the keepers. The number and the hash are this database's word.
CREATE OR REPLACE FUNCTION store_step(
    matter incident, by_account bigint, by_role text, given jsonb, cache jsonb)
RETURNS integer
LANGUAGE plpgsql SET search_path = public, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    new step;
    placed incident;
BEGIN
    new := jsonb_populate_record(
        NULL::step, given - ARRAY['hash', 'previous_hash', 'note_digest', 'target_digest']);
    new.incident_id := matter.id;
    new.number := matter.step_count + 1;
    new.actor_id := by_account;
    new.actor_role := by_role;
    IF new.action = 'locate' THEN
        -- By the areas now in force, also where the step's clock was read before them.
        placed := place_matter(matter, new.target, greatest(
            new.at, (SELECT max(p.at) FROM publication AS p)));
        new.target := split_part(new.target, ' ', 1)
                      || coalesce(' officer:' || placed.officer_id, '');
    END IF;
    new.note_digest := step_field_digest(new.note);
    new.target_digest := step_field_digest(new.target);
    new.previous_hash := (SELECT s.hash FROM step AS s
                          WHERE s.incident_id = matter.id AND s.number = matter.step_count);
    new.hash := step_hash(
        new.previous_hash, new.incident_id, new.number, new.action, new.at, new.actor_id,
        new.actor_role, new.tier, new.state, new.until, new.stage_deadline_at, new.deadline_at,
        new.note_digest, new.target_digest);
    INSERT INTO step VALUES (new.*);

    matter := jsonb_populate_record(matter, cache - ARRAY[
        'id', 'received_at', 'category_code', 'class_rank', 'summary', 'urgency', 'emergency',
        'geom', 'grid_id', 'scope_ids', 'answerable_id']);
    IF placed.id IS NOT NULL THEN
        matter.geom := placed.geom;
        matter.grid_id := placed.grid_id;
        matter.scope_ids := placed.scope_ids;
        matter.officer_id := placed.officer_id;
    END IF;
    UPDATE incident AS i
    SET state = matter.state, tier = matter.tier, officer_id = matter.officer_id,
        unit_id = matter.unit_id, step_count = new.number, verified_at = matter.verified_at,
        dispatched_at = matter.dispatched_at, handled_at = matter.handled_at,
        closed_at = matter.closed_at, stage_deadline_at = matter.stage_deadline_at,
        deadline_at = matter.deadline_at, suspended_at = matter.suspended_at,
        merged_into_id = matter.merged_into_id, pending = matter.pending,
        suspended_until = matter.suspended_until, extension_count = matter.extension_count,
        suspension_count = matter.suspension_count, geom = matter.geom,
        grid_id = matter.grid_id, scope_ids = matter.scope_ids
    WHERE i.id = matter.id;
    IF new.action IN ('close', 'reject') THEN
        PERFORM tell_answerable(matter, new);
    END IF;
    INSERT INTO incident_change (incident_id) VALUES (matter.id);
    PERFORM tell_incident(matter);
    IF new.action IN ('reopen', 'split') THEN
        PERFORM follow_ground(matter.id);
    END IF;
    RETURN new.number;
END
$$;

-- The caller of a secret, with which this transaction must have been entered: what they may see
-- is its scope, and a narrow token's right to write is not joined to a wide one's to read.
CREATE OR REPLACE FUNCTION entered_account(secret text) RETURNS account
LANGUAGE plpgsql STABLE SET search_path = public, pg_temp
AS $$
DECLARE
    caller constant account := credential_account(secret);
BEGIN
    IF caller.id IS DISTINCT FROM scope_account_id()
       OR (credential_of(secret)).id IS DISTINCT FROM (scope() ->> 'credential')::bigint
    THEN
        RAISE EXCEPTION 'the secret is not of whoever has entered'
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN caller;
END
$$;

-- Who took which step on a matter, and how it stood before and after; the step has the rest.
CREATE OR REPLACE FUNCTION audit_step(matter incident, by_account bigint, step jsonb, cache jsonb)
RETURNS void
LANGUAGE sql SET search_path = public, pg_temp
AS $$
    INSERT INTO audit (account_id, action, subject, detail)
    SELECT by_account, step ->> 'action', 'incident:' || matter.id, jsonb_build_object(
        'step', matter.step_count + 1,
        'before', jsonb_object_agg(f.name, b.value -> f.name),
        'after', jsonb_object_agg(f.name, cache -> f.name))
    FROM to_jsonb(matter) AS b(value)
    CROSS JOIN unnest(ARRAY['state', 'tier', 'officer_id', 'unit_id']) AS f(name)
$$;

-- Appends one step; a merge has two sides and goes through append_pair.
CREATE OR REPLACE FUNCTION append_step(
    secret text, of_incident bigint, expected_count integer, step jsonb, cache jsonb)
RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE
    caller constant account := entered_account(secret);
    matter incident;
BEGIN
    IF step ->> 'action' IN ('merge', 'absorb') THEN
        RAISE EXCEPTION 'merge and absorb are one act on two incidents'
            USING ERRCODE = 'check_violation';
    ELSIF step ->> 'action' = 'redraw' THEN
        RAISE EXCEPTION 'a redraw is a publication''s alone' USING ERRCODE = 'check_violation';
    END IF;
    matter := lock_matter(of_incident, expected_count);
    PERFORM audit_step(matter, caller.id, step, cache);
    RETURN store_step(matter, caller.id, caller.role, step, cache);
END
$$;
