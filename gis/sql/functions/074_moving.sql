-- Open matters follow their ground. Closed ones keep the owner they had.

-- The open matters that may lie under another area from now on: those in the ground that changed
-- hands, those that lie outside all areas near it, and those whose line or area meets it.
CREATE OR REPLACE FUNCTION matters_in_ground(p publication) RETURNS bigint[]
LANGUAGE plpgsql STABLE SET search_path = public, pg_temp
AS $$
DECLARE
    -- Drawn once, so that PostGIS prepares it once.
    around constant geometry := ST_Buffer(p.ground, 1e-8, 1);
    reach constant double precision := setting_number('nearest_m', 200) + 1;
    near geometry;
BEGIN
    IF p.ground IS NULL OR ST_IsEmpty(p.ground) THEN
        RETURN '{}';
    END IF;
    SELECT ST_Expand(p.ground, reach / m.kx, reach / m.ky) INTO near
    FROM metres_per_degree(greatest(abs(ST_YMin(p.ground)), abs(ST_YMax(p.ground)))) AS m;
    RETURN ARRAY(
        SELECT i.id FROM incident AS i
        WHERE i.closed_at IS NULL AND i.geom && near
          AND (ST_Intersects(around, i.geom)
               OR EXISTS (SELECT FROM assignment AS s
                          WHERE s.incident_id = i.id AND s.scheme = p.scheme
                            AND s.how IN ('nearest', 'outside')))
        UNION
        SELECT e.incident_id FROM extent AS e JOIN incident AS i ON i.id = e.incident_id
        WHERE i.closed_at IS NULL AND p.scheme = 'base' AND ST_Intersects(e.geom, around)
        ORDER BY 1);
END
$$;

-- Moves open matters to whatever area of a scheme they lie in at a moment; those that lie where
-- they did are left alone. How many moved. In the base scheme the log gets a step, which names
-- whoever has the matter from now on.
CREATE OR REPLACE FUNCTION move_matters(
    ids bigint[], in_scheme text, moment timestamptz, of_publication bigint)
RETURNS integer
LANGUAGE plpgsql SET search_path = public, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    moved bigint[];
BEGIN
    PERFORM FROM incident AS i
    WHERE i.id = ANY (ids) AND i.closed_at IS NULL ORDER BY i.id FOR UPDATE;
    moved := move_assignments(ids, in_scheme, moment, of_publication);
    IF in_scheme = 'base' THEN
        moved := share_anew(ids, moved, moment);
        PERFORM hand_over(moved, moment, of_publication);
    END IF;
    UPDATE incident AS i
    SET scope_ids = shared_scope(i.id, matter_scope(i.id, moment), moment)
    WHERE i.id = ANY (moved);
    UPDATE extent AS e SET own_scope_ids = matter_scope(e.incident_id, moment)
    WHERE e.incident_id = ANY (moved);
    PERFORM tell_incident(i) FROM incident AS i WHERE i.id = ANY (moved) ORDER BY i.id;
    INSERT INTO audit (account_id, action, subject, detail)
    SELECT scope_account_id(), 'incident_moved', 'incident:' || c.incident_id,
           jsonb_build_object('publication', of_publication, 'scheme', in_scheme,
               'before', jsonb_build_object('area', c.before_area_id,
                                            'officer', c.before_officer_id),
               'after', jsonb_build_object('area', c.after_area_id,
                                           'officer', c.after_officer_id))
    FROM assignment_change AS c
    WHERE c.incident_id = ANY (moved) AND c.scheme = in_scheme AND c.at = moment
    ORDER BY c.incident_id;
    RETURN cardinality(moved);
END
$$;

-- The assignments in one scheme, written anew where area or ancestors are others. Whoever had the
-- matter keeps it where the area is the same and they are still posted above it.
CREATE OR REPLACE FUNCTION move_assignments(
    ids bigint[], in_scheme text, moment timestamptz, of_publication bigint)
RETURNS bigint[]
LANGUAGE plpgsql SET search_path = public, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    rules assignment_rules;
    moved bigint[];
BEGIN
    SELECT * INTO rules FROM assignment_rules;
    rules.schemes := ARRAY[in_scheme];
    WITH here AS MATERIALIZED (
        SELECT i.id, s.area_id AS before_area_id, s.officer_id AS before_officer_id,
               s.officer_role AS before_role, s.how AS before_how, s.facts AS before_facts,
               old.identity_id AS before_identity, coalesce(old.ancestor_ids, '{}') AS before_above,
               (s.facts ->> 'building')::bigint AS building_id, c.line_code, l.*
        FROM incident AS i
        LEFT JOIN assignment AS s ON s.incident_id = i.id AND s.scheme = in_scheme
        LEFT JOIN area AS old ON old.id = s.area_id
        LEFT JOIN category AS c ON c.code = i.category_code
        CROSS JOIN LATERAL unnest(locate_point(
            ST_X(i.geom), ST_Y(i.geom), 'cgcs2000', (s.facts ->> 'accuracy_m')::float8, NULL, NULL,
            c.line_code, moment, rules)) AS l
        WHERE i.id = ANY (ids) AND i.closed_at IS NULL AND i.geom IS NOT NULL
    ), other AS (
        SELECT h.*, stays.officer,
               coalesce(o.officer_id, h.officer_id) AS new_officer_id,
               coalesce(o.officer_role, h.officer_role) AS new_role
        FROM here AS h
        LEFT JOIN LATERAL choose_officer(
            h.scope_ids, h.building_id, h.line_code, moment, moment AT TIME ZONE rules.time_zone,
            rules) AS o ON h.building_id IS NOT NULL
        CROSS JOIN LATERAL (
            SELECT h.identity_id = h.before_identity AND EXISTS (
                SELECT FROM duty AS d
                WHERE d.officer_id = h.before_officer_id AND d.area_identity_id = ANY (h.scope_ids)
                  AND d.period @> moment) AS officer) AS stays
        WHERE h.identity_id IS DISTINCT FROM h.before_identity OR h.scope_ids <> h.before_above
    ), told AS (
        INSERT INTO assignment_change (
            incident_id, scheme, at, publication_id, before_area_id, before_officer_id, before_how,
            after_area_id, after_officer_id, after_how)
        SELECT h.id, in_scheme, moment, of_publication, h.before_area_id, h.before_officer_id,
               h.before_how, h.area_id,
               CASE WHEN h.officer THEN h.before_officer_id ELSE h.new_officer_id END, h.how
        FROM other AS h
    ), put AS (
        INSERT INTO assignment (incident_id, scheme, area_id, officer_id, officer_role, how,
                                distance_m, rivals, facts)
        SELECT h.id, in_scheme, h.area_id,
               CASE WHEN h.officer THEN h.before_officer_id ELSE h.new_officer_id END,
               CASE WHEN h.officer THEN h.before_role ELSE h.new_role END,
               h.how, h.distance_m, h.rivals,
               h.facts || coalesce(h.before_facts - ARRAY['at', 'on_shift', 'shift', 'line', 'reach'],
                                   '{}')
               || jsonb_build_object('publication', of_publication)
        FROM other AS h
        ON CONFLICT (incident_id, scheme) DO UPDATE
        SET area_id = excluded.area_id, officer_id = excluded.officer_id,
            officer_role = excluded.officer_role, how = excluded.how,
            distance_m = excluded.distance_m, rivals = excluded.rivals, facts = excluded.facts
    )
    SELECT coalesce(array_agg(h.id), '{}') INTO moved FROM other AS h;
    RETURN moved;
END
$$;

-- Under which areas a matter lies at a moment, by its assignments in all schemes.
CREATE OR REPLACE FUNCTION matter_scope(of_incident bigint, moment timestamptz)
RETURNS bigint[]
LANGUAGE sql STABLE SET search_path = public, pg_temp
AS $$
    SELECT ARRAY(
        SELECT DISTINCT above.id
        FROM assignment AS s
        JOIN area AS then_in ON then_in.id = s.area_id
        LEFT JOIN area AS now_in
            ON now_in.identity_id = then_in.identity_id AND now_in.period @> moment
        CROSS JOIN LATERAL unnest(
            coalesce(now_in.ancestor_ids, then_in.ancestor_ids)) AS above(id)
        WHERE s.incident_id = of_incident ORDER BY 1)
$$;

-- The shares of matters with a line or an area, cut anew; those whose shares are others count as
-- moved too.
CREATE OR REPLACE FUNCTION share_anew(ids bigint[], moved bigint[], moment timestamptz)
RETURNS bigint[]
LANGUAGE plpgsql SET search_path = public, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    drawn record;
    before jsonb;
BEGIN
    FOR drawn IN
        SELECT i AS matter, e.geom FROM extent AS e JOIN incident AS i ON i.id = e.incident_id
        WHERE e.incident_id = ANY (ids) AND i.closed_at IS NULL ORDER BY i.id
    LOOP
        before := shares_of((drawn.matter).id);
        DELETE FROM share AS s WHERE s.incident_id = (drawn.matter).id;
        PERFORM put_shares(drawn.matter, drawn.geom, moment);
        UPDATE extent AS e
        SET size = t.size, outside = t.outside
        FROM (SELECT sum(q.size) AS size,
                     coalesce(sum(q.size) FILTER (WHERE q.grid_id IS NULL), 0) AS outside
              FROM extent_parts(drawn.geom, moment) AS q) AS t
        WHERE e.incident_id = (drawn.matter).id;
        IF shares_of((drawn.matter).id) IS DISTINCT FROM before
           AND (drawn.matter).id <> ALL (moved) THEN
            moved := moved || (drawn.matter).id;
        END IF;
    END LOOP;
    RETURN moved;
END
$$;

CREATE OR REPLACE FUNCTION shares_of(of_incident bigint) RETURNS jsonb
LANGUAGE sql STABLE SET search_path = public, pg_temp
AS $$
    SELECT jsonb_object_agg(s.grid_id, s.share) FROM share AS s WHERE s.incident_id = of_incident
$$;

-- The step that says who has a matter now, and the row as it leaves it. Whoever had it because
-- the ground was theirs hands it over; whom a desk chose, and what lies on a desk, stays so.
CREATE OR REPLACE FUNCTION hand_over(ids bigint[], moment timestamptz, of_publication bigint)
RETURNS void
LANGUAGE sql SET search_path = public, pg_temp
AS $$
    WITH standing AS MATERIALIZED (
        SELECT i.id, i.step_count + 1 AS number, i.tier, i.state, i.unit_id, i.stage_deadline_at,
               i.deadline_at, greatest(moment, last.at) AS at, last.hash AS previous_hash,
               'publication ' || of_publication AS note, a.identity_id AS grid_id,
               CASE WHEN c.incident_id IS NOT NULL AND i.unit_id IS NULL
                         AND (i.officer_id = c.before_officer_id
                              OR i.officer_id IS NULL AND c.before_officer_id IS NULL
                                 AND i.state = 'reported')
                    THEN c.after_officer_id ELSE i.officer_id END AS officer_id
        FROM incident AS i
        JOIN step AS last ON last.incident_id = i.id AND last.number = i.step_count
        LEFT JOIN assignment_change AS c
            ON c.incident_id = i.id AND c.scheme = 'base' AND c.at = moment
        LEFT JOIN assignment AS s ON s.incident_id = i.id AND s.scheme = 'base'
        LEFT JOIN area AS a ON a.id = s.area_id
        WHERE i.id = ANY (ids)
    ), named AS MATERIALIZED (
        SELECT n.*, coalesce('unit:' || n.unit_id, 'officer:' || n.officer_id) AS target
        FROM standing AS n
    ), written AS (
        INSERT INTO step (
            incident_id, number, action, at, actor_role, tier, state, note, target,
            stage_deadline_at, deadline_at, note_digest, target_digest, previous_hash, hash)
        SELECT n.id, n.number, 'redraw', n.at, 'system', n.tier, n.state, n.note, n.target,
               n.stage_deadline_at, n.deadline_at, step_field_digest(n.note),
               step_field_digest(n.target), n.previous_hash,
               step_hash(n.previous_hash, n.id, n.number, 'redraw', n.at, NULL, 'system', n.tier,
                         n.state, NULL, n.stage_deadline_at, n.deadline_at,
                         step_field_digest(n.note), step_field_digest(n.target))
        FROM named AS n
    ), changed AS (
        INSERT INTO incident_change (incident_id) SELECT n.id FROM named AS n
    )
    UPDATE incident AS i
    SET step_count = n.number, officer_id = n.officer_id, grid_id = n.grid_id
    FROM named AS n WHERE i.id = n.id
$$;

-- A matter that is open again, or that came in late: to whoever has its ground now.
CREATE OR REPLACE FUNCTION follow_ground(of_incident bigint) RETURNS void
LANGUAGE plpgsql SET search_path = public, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    last record;
BEGIN
    FOR last IN
        SELECT DISTINCT ON (p.scheme) p.scheme, p.id
        FROM publication AS p
        WHERE p.at > (SELECT i.received_at FROM incident AS i WHERE i.id = of_incident)
        ORDER BY p.scheme, p.at DESC
    LOOP
        PERFORM move_matters(ARRAY[of_incident], last.scheme, clock_timestamp(), last.id);
    END LOOP;
END
$$;
