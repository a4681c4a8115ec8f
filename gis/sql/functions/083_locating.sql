-- What a step does to a matter beside its state: a place where there were words only, and word to
-- whoever took the first call.

-- A matter with the place that a step gives it: ground, officer and scope, and its assignments in
-- every scheme as they are from now on. What they were stands in the report and the steps.
CREATE OR REPLACE FUNCTION place_matter(matter incident, target text, at timestamptz)
RETURNS incident
LANGUAGE plpgsql SET search_path = public, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    rules assignment_rules;
    found location[];
    kind constant text := split_part(target, ':', 1);
    words constant text := split_part(split_part(target, ' ', 1), ':', 2);
    is_point constant boolean := kind = 'point';
BEGIN
    SELECT * INTO rules FROM assignment_rules;
    found := locate_point(
        CASE WHEN is_point THEN split_part(words, ',', 1)::double precision END,
        CASE WHEN is_point THEN split_part(words, ',', 2)::double precision END,
        'cgcs2000', NULL, CASE WHEN NOT is_point THEN words END, NULL,
        (SELECT c.line_code FROM category AS c WHERE c.code = matter.category_code), at, rules);
    IF found[1].lon IS NULL THEN
        RAISE EXCEPTION 'to: no % % is known here', kind, words USING ERRCODE = 'check_violation';
    END IF;
    IF found[1].area_id IS NULL THEN
        RAISE EXCEPTION 'to: % lies in no area and near none', words
            USING ERRCODE = 'check_violation';
    END IF;
    INSERT INTO assignment (incident_id, scheme, area_id, officer_id, officer_role, how,
                            distance_m, rivals, facts)
    SELECT matter.id, f.scheme, f.area_id, f.officer_id, f.officer_role, f.how, f.distance_m,
           f.rivals, f.facts || jsonb_build_object('located_by_step', matter.step_count + 1)
    FROM unnest(found) AS f
    ON CONFLICT (incident_id, scheme) DO UPDATE
    SET area_id = excluded.area_id, officer_id = excluded.officer_id,
        officer_role = excluded.officer_role, how = excluded.how,
        distance_m = excluded.distance_m, rivals = excluded.rivals, facts = excluded.facts;
    matter.geom := ST_SetSRID(ST_MakePoint(found[1].lon, found[1].lat), 4490);
    matter.grid_id := found[1].identity_id;
    matter.officer_id := found[1].officer_id;
    matter.scope_ids := ARRAY(SELECT DISTINCT s.id FROM unnest(found) AS f,
                              unnest(f.scope_ids) AS s(id) ORDER BY s.id);
    -- Its line or area may have been drawn before.
    UPDATE extent AS e SET own_scope_ids = matter.scope_ids WHERE e.incident_id = matter.id;
    matter.scope_ids := shared_scope(matter.id, matter.scope_ids, at);
    RETURN matter;
END
$$;

-- Tells whoever is answerable for the answer (首问责任) that a matter is at an end: of this one,
-- and of all that were merged into it.
CREATE OR REPLACE FUNCTION tell_answerable(matter incident, last_step step)
RETURNS void
LANGUAGE sql SET search_path = public, pg_temp
AS $$
    -- Also of what was merged into what was merged into it.
    WITH RECURSIVE taken_in AS (
        SELECT matter.id
        UNION
        SELECT i.id FROM taken_in AS t JOIN incident AS i ON i.merged_into_id = t.id
    )
    INSERT INTO notice (at, account_id, incident_id, kind, detail)
    SELECT last_step.at, i.answerable_id, i.id, last_step.action,
           jsonb_strip_nulls(jsonb_build_object(
               'summary', i.summary, 'state', matter.state, 'note', last_step.note,
               'merged_into', i.merged_into_id))
    FROM taken_in AS t JOIN incident AS i USING (id)
    WHERE i.answerable_id IS NOT NULL
$$;

-- What the caller has been told, marked as read.
CREATE OR REPLACE FUNCTION read_notices(up_to bigint)
RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE
    changed bigint;
BEGIN
    PERFORM require_writing();
    UPDATE notice SET read_at = clock_timestamp()
    WHERE account_id = scope_account_id() AND id <= up_to AND read_at IS NULL;
    GET DIAGNOSTICS changed = ROW_COUNT;
    RETURN changed;
END
$$;

-- Who has to do with a matter that the caller sees, by name, even where their rows are not theirs
-- to see: the handler, and whoever took the first call.
CREATE OR REPLACE FUNCTION incident_people(of_incident bigint)
RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    SELECT jsonb_build_object(
        'officer', CASE WHEN f.id IS NOT NULL THEN jsonb_build_object(
            'to', 'officer:' || f.id, 'id', f.officer_code, 'name', f.name) END,
        'unit', CASE WHEN u.id IS NOT NULL THEN jsonb_build_object(
            'to', 'unit:' || u.id, 'code', u.unit_code, 'name', u.name) END,
        'answerable', CASE WHEN a.id IS NOT NULL THEN jsonb_build_object(
            'name', coalesce(o.name, a.name), 'role', a.role,
            'you', a.id IS NOT DISTINCT FROM scope_account_id()) END)
    FROM incident AS i
    LEFT JOIN officer AS f ON f.id = i.officer_id
    LEFT JOIN unit AS u ON u.id = i.unit_id
    LEFT JOIN account AS a ON a.id = i.answerable_id
    LEFT JOIN officer AS o ON o.id = a.officer_id
    WHERE i.id = of_incident AND sees_matter(i)
$$;
