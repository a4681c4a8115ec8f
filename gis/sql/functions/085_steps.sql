-- The one door through which steps after the first are written.

-- Appends a step that gis/incidents.py has found lawful, refreshes the incident's cache and
-- tells the outbox, all at once. The actor, the number and the hash are this database's word.
CREATE OR REPLACE FUNCTION append_step(
    secret text, of_incident bigint, expected_count integer, step jsonb, cache jsonb)
RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    caller constant account := credential_account(secret);
    matter incident;
    new step;
    previous step;
BEGIN
    -- What the caller may see is this transaction's scope; it must be the same caller's.
    IF caller.id IS DISTINCT FROM scope_account_id() THEN
        RAISE EXCEPTION 'the secret is not of whoever has entered'
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    SELECT i.* INTO matter FROM incident AS i
    WHERE i.id = of_incident
      AND (scope_all() OR i.scope_ids && scope_ids() OR i.unit_id = scope_unit_id()
           OR i.category_code = ANY (scope_categories()))
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
    SELECT s.* INTO previous FROM step AS s
    WHERE s.incident_id = of_incident AND s.number = matter.step_count;
    new := jsonb_populate_record(
        NULL::step, step - ARRAY['hash', 'previous_hash', 'note_digest', 'target_digest']);
    new.incident_id := of_incident;
    new.number := matter.step_count + 1;
    new.actor_id := caller.id;
    new.actor_role := caller.role;
    new.note_digest := step_field_digest(new.note);
    new.target_digest := step_field_digest(new.target);
    new.previous_hash := previous.hash;
    new.hash := step_hash(
        new.previous_hash, new.incident_id, new.number, new.action, new.at, new.actor_id,
        new.actor_role, new.tier, new.state, new.until, new.stage_deadline_at, new.deadline_at,
        new.note_digest, new.target_digest);
    INSERT INTO step VALUES (new.*);

    matter := jsonb_populate_record(matter, cache - ARRAY[
        'id', 'received_at', 'category_code', 'class_rank', 'summary', 'urgency', 'emergency',
        'geom', 'grid_id', 'scope_ids']);
    UPDATE incident AS i
    SET state = matter.state, tier = matter.tier, officer_id = matter.officer_id,
        unit_id = matter.unit_id, step_count = new.number, verified_at = matter.verified_at,
        dispatched_at = matter.dispatched_at, handled_at = matter.handled_at,
        closed_at = matter.closed_at, stage_deadline_at = matter.stage_deadline_at,
        deadline_at = matter.deadline_at, suspended_at = matter.suspended_at,
        merged_into_id = matter.merged_into_id
    WHERE i.id = of_incident;
    INSERT INTO event_pending (kind, scope_ids, payload)
    SELECT 'incident', matter.scope_ids, incident_event(
        matter.id, ST_X(matter.geom), ST_Y(matter.geom), matter.class_rank, matter.urgency,
        matter.state, a.code, a.name, matter.received_at, matter.summary)
    FROM (SELECT 1) AS one
    LEFT JOIN area AS a ON a.identity_id = matter.grid_id AND upper_inf(a.period);
    RETURN new.number;
END
$$;
