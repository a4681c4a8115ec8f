-- Filing: the door by which programs hand in reports, and what they are answered.

-- Locations that follow from words, with what the words were understood as and how surely.
CREATE OR REPLACE FUNCTION as_understood(locations location[], r report)
RETURNS location[]
LANGUAGE plpgsql IMMUTABLE SET search_path = public, pg_temp
AS $$
DECLARE
    one location;
BEGIN
    FOR place IN 1 .. cardinality(locations) LOOP
        one := locations[place];
        one.facts := one.facts || jsonb_build_object(
            'place_by', 'words', 'understood', r.understood_text, 'sure', r.understood_score);
        locations[place] := one;
    END LOOP;
    RETURN locations;
END
$$;

CREATE OR REPLACE FUNCTION report_answers(report_ids bigint[])
RETURNS TABLE (id bigint, answer jsonb)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = public, pg_temp SET plan_cache_mode = force_generic_plan
AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT i.id, jsonb_build_object(
        'report', jsonb_build_object('id', i.id),
        'incident', jsonb_build_object('id', i.id, 'state', i.state, 'tier', i.tier),
        'assignments', (
            SELECT coalesce(jsonb_agg(jsonb_build_object(
                'scheme', s.scheme,
                'area', CASE WHEN a.id IS NOT NULL THEN jsonb_build_object(
                    'code', a.code, 'name', a.name, 'path', a.path) END,
                'officer', CASE WHEN f.id IS NOT NULL THEN jsonb_build_object(
                    'id', f.officer_code, 'name', f.name, 'role', s.officer_role) END,
                'how', s.how, 'distance_m', s.distance_m, 'rivals', s.rivals, 'facts', s.facts)
                ORDER BY z.rank, s.scheme), '[]')
            FROM assignment AS s
            JOIN scheme AS z ON z.code = s.scheme
            LEFT JOIN area AS a ON a.id = s.area_id
            LEFT JOIN officer AS f ON f.id = s.officer_id
            WHERE s.incident_id = i.id))
    FROM incident AS i
    WHERE i.id = ANY (report_ids);
END
$$;
REVOKE EXECUTE ON FUNCTION report_answers FROM public;

-- The assignments of a matter that the caller may see. Who answers for it is theirs to know, even
-- where that is an officer from above or an area of another scheme, whose rows they do not see.
CREATE OR REPLACE FUNCTION incident_assignments(of_incident bigint)
RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    SELECT r.answer -> 'assignments'
    FROM incident AS i
    CROSS JOIN LATERAL report_answers(ARRAY[i.id]) AS r
    WHERE i.id = of_incident AND sees_matter(i)
$$;

-- Reports from one caller, all or none, in one round trip. The same channel and external id
-- again gets the first answer.
CREATE OR REPLACE FUNCTION file_reports(secret text, reports jsonb)
RETURNS TABLE (ordinal integer, created boolean, answer jsonb)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp SET plan_cache_mode = force_generic_plan
AS $$
#variable_conflict use_column
DECLARE
    caller constant account := credential_account(secret);
    stored_ids bigint[];
    ids bigint[];
BEGIN
    IF caller.role = 'hall' THEN
        RAISE EXCEPTION 'the hall reads; it files no reports'
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    WITH sent AS MATERIALIZED (
        SELECT nextval(pg_get_serial_sequence('report', 'id')) AS id, r.*
        FROM ROWS FROM (jsonb_to_recordset(reports) AS (
            text text, category text, lon double precision, lat double precision, datum text,
            accuracy_m double precision, address text, house_code text, channel text,
            external_id text, occurred_at timestamptz, photos jsonb,
            understood jsonb, origin text)) WITH ORDINALITY AS r
    ), stored AS (
        INSERT INTO report (
            id, caller_id, text, category_code, lon, lat, datum, accuracy_m, address, house_code,
            channel, external_id, occurred_at, photos, understood_address_id,
            understood_building_id, understood_text, understood_score, origin)
        SELECT s.id, caller.id, coalesce(s.text, ''), s.category, s.lon, s.lat,
               coalesce(s.datum, 'wgs84'), s.accuracy_m, s.address, s.house_code, s.channel,
               s.external_id, s.occurred_at, s.photos,
               (s.understood ->> 'address_id')::bigint,
               (s.understood ->> 'building_id')::bigint, s.understood ->> 'text',
               (s.understood ->> 'score')::double precision, s.origin
        FROM sent AS s
        -- In one order for all, so that two batches with the same ids never wait for each other.
        ORDER BY s.channel, s.external_id, s.ordinality
        ON CONFLICT (caller_id, channel, external_id) WHERE external_id IS NOT NULL DO NOTHING
        RETURNING id
    )
    SELECT array_agg(coalesce(stored.id, 0) ORDER BY sent.ordinality)
    INTO stored_ids
    FROM sent
    LEFT JOIN stored ON stored.id = sent.id;

    ids := stored_ids;
    IF array_position(ids, 0) IS NOT NULL THEN
        ids := ARRAY(
            SELECT CASE WHEN n.id > 0 THEN n.id ELSE (
                SELECT r.id FROM report AS r
                WHERE r.caller_id = caller.id
                  AND r.channel = reports -> (n.place::integer - 1) ->> 'channel'
                  AND r.external_id = reports -> (n.place::integer - 1) ->> 'external_id') END
            FROM unnest(ids) WITH ORDINALITY AS n(id, place)
            ORDER BY n.place);
    END IF;
    RETURN QUERY
    SELECT (n.place - 1)::integer, n.stored_id <> 0, a.answer
    FROM unnest(ids, stored_ids) WITH ORDINALITY AS n(id, stored_id, place)
    JOIN report_answers(ids) AS a ON a.id = n.id
    ORDER BY n.place;
END
$$;
