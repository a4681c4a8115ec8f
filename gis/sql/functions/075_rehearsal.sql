-- Rehearsals: who would answer, asked for whole grounds, lines of work and moments of a week.

-- The officer whom assignment would choose, by the postings of now. `grounds` holds identities
-- from the top down to the leaf, as arrays of JSON; grounds that are not the caller's get none.
CREATE OR REPLACE FUNCTION rehearse_officers(
    grounds jsonb, building_ids bigint[], lines text[], local_ats timestamp[])
RETURNS TABLE (ordinal integer, officer_id bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    WITH ground AS MATERIALIZED (
        SELECT g.place::integer AS place,
               ARRAY(SELECT jsonb_array_elements_text(g.ids)::bigint) AS ids
        FROM jsonb_array_elements(grounds) WITH ORDINALITY AS g(ids, place)
    ), seen AS MATERIALIZED (
        SELECT place, ids FROM ground
        WHERE scope_all() OR ids && scope_ids()
           OR scope() IS NULL AND pg_has_role(session_user, current_user, 'USAGE')
    )
    SELECT w.ordinal::integer, o.officer_id
    FROM unnest(building_ids, lines, local_ats) WITH ORDINALITY
             AS w(building_id, line, local_at, ordinal)
    JOIN seen AS s ON s.place = w.ordinal
    CROSS JOIN assignment_rules AS r
    CROSS JOIN LATERAL choose_officer(
        s.ids, w.building_id, w.line, clock_timestamp(), w.local_at, r) AS o
$$;
