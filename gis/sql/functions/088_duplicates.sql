-- One matter told twice: what is offered for merging, the merge itself, and the reporter's answer.

-- Other open matters of the same category (duplicate_by: class or category) within
-- duplicate_radius_m and duplicate_hours, or of the same house within those hours; in the
-- caller's scope, likeliest first. Found by the grids around the place and their newest matters,
-- so that neither all open ones nor the past are read: a grid answers for points at most
-- nearest_m outside it.
CREATE OR REPLACE FUNCTION incident_duplicates(of_incident bigint)
RETURNS TABLE (
    id bigint, distance_m double precision, minutes_apart double precision, same_house boolean,
    near boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    WITH city AS (
        SELECT setting_number('duplicate_radius_m', 100) AS radius_m,
               setting_number('duplicate_hours', 72) * interval '1 hour' AS apart,
               setting_text('duplicate_by', 'class') AS by,
               setting_number('nearest_m', 200) AS nearest_m
    ), matter AS MATERIALIZED (
        SELECT i.*, r.house_code, ST_X(i.geom) AS lon, ST_Y(i.geom) AS lat, k.kx, k.ky,
               i.received_at - city.apart AS since, i.received_at + city.apart AS upto
        FROM incident AS i
        JOIN report AS r ON r.id = i.id
        LEFT JOIN LATERAL metres_per_degree(ST_Y(i.geom)) AS k ON true
        CROSS JOIN city
        WHERE i.id = of_incident AND i.closed_at IS NULL AND sees_matter(i)
    ), around AS MATERIALIZED (
        SELECT DISTINCT a.identity_id
        FROM matter AS m
        CROSS JOIN city
        JOIN area AS a ON a.leaf AND a.scheme = 'base'
            AND a.period && tstzrange(m.since, m.upto, '[]')
            AND a.geom && ST_Expand(m.geom, (city.radius_m + city.nearest_m) / m.kx,
                                    (city.radius_m + city.nearest_m) / m.ky)
    ), candidate AS (
        SELECT i.* FROM around AS a CROSS JOIN matter AS m
        JOIN incident AS i
            ON i.grid_id = a.identity_id AND i.received_at BETWEEN m.since AND m.upto
        UNION ALL
        SELECT i.* FROM matter AS m
        JOIN incident AS i ON i.grid_id IS NULL AND i.received_at BETWEEN m.since AND m.upto
        WHERE m.geom IS NOT NULL AND i.geom IS NOT NULL
        UNION ALL
        SELECT i.* FROM matter AS m
        JOIN report AS r ON r.house_code = m.house_code
        JOIN incident AS i ON i.id = r.id AND i.received_at BETWEEN m.since AND m.upto
    ), measured AS (
        SELECT DISTINCT ON (i.id) i.id, d.distance_m,
               abs(extract(epoch FROM i.received_at - m.received_at))::double precision / 60
                   AS minutes_apart,
               coalesce(r.house_code = m.house_code, false) AS same_house,
               coalesce(d.distance_m <= city.radius_m, false)
                   AND CASE city.by WHEN 'category' THEN i.category_code = m.category_code
                       ELSE i.class_rank = m.class_rank END AS near
        FROM candidate AS i
        CROSS JOIN matter AS m
        CROSS JOIN city
        JOIN report AS r ON r.id = i.id
        CROSS JOIN LATERAL (
            SELECT round(sqrt(((ST_X(i.geom) - m.lon) * m.kx) ^ 2
                              + ((ST_Y(i.geom) - m.lat) * m.ky) ^ 2)::numeric, 3)
                   ::double precision AS distance_m) AS d
        WHERE i.id <> m.id AND i.closed_at IS NULL
          AND sees_matter((SELECT v FROM incident AS v WHERE v.id = i.id))
    )
    SELECT d.id, d.distance_m, d.minutes_apart, d.same_house, d.near
    FROM measured AS d
    CROSS JOIN city
    WHERE d.same_house OR d.near
    ORDER BY d.same_house DESC,
             coalesce(d.distance_m, 0) / greatest(city.radius_m, 0.001)
             + d.minutes_apart * 60
               / greatest(extract(epoch FROM city.apart)::double precision, 0.001),
             d.id
$$;

-- A merge: one matter is taken into another, and both say so, or neither.
CREATE OR REPLACE FUNCTION append_pair(
    secret text, merged bigint, merged_count integer, merge_step jsonb, merge_cache jsonb,
    absorbing bigint, absorbing_count integer, absorb_step jsonb, absorb_cache jsonb)
RETURNS integer[]
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE
    caller constant account := entered_account(secret);
    one incident;
    other incident;
BEGIN
    IF merge_step ->> 'action' <> 'merge' OR absorb_step ->> 'action' <> 'absorb'
       OR merge_step ->> 'target' IS DISTINCT FROM 'incident:' || absorbing
       OR absorb_step ->> 'target' IS DISTINCT FROM 'incident:' || merged THEN
        RAISE EXCEPTION 'a merge into % is an absorption of %', absorbing, merged
            USING ERRCODE = 'check_violation';
    END IF;
    -- In one order for all, so that two merges never wait for each other.
    IF merged < absorbing THEN
        one := lock_matter(merged, merged_count);
        other := lock_matter(absorbing, absorbing_count);
    ELSE
        other := lock_matter(absorbing, absorbing_count);
        one := lock_matter(merged, merged_count);
    END IF;
    IF other.closed_at IS NOT NULL THEN
        RAISE EXCEPTION 'incident % is closed: nothing can be merged into it', absorbing
            USING ERRCODE = 'serialization_failure';
    END IF;
    PERFORM audit_step(one, caller.id, merge_step, merge_cache),
            audit_step(other, caller.id, absorb_step, absorb_cache);
    RETURN ARRAY[
        store_step(one, caller.id, caller.role, merge_step,
                   merge_cache || jsonb_build_object('merged_into_id', absorbing)),
        store_step(other, caller.id, caller.role, absorb_step, absorb_cache)];
END
$$;

-- The reporter's answer: what became of a report, in whichever matter it ended up. For those in
-- whose scope the matter lies, and for the account that filed it.
CREATE OR REPLACE FUNCTION report_state(of_report bigint)
RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    WITH RECURSIVE way AS (
        SELECT i.id, i.merged_into_id, 0 AS depth FROM incident AS i WHERE i.id = of_report
        UNION ALL
        SELECT i.id, i.merged_into_id, w.depth + 1
        FROM way AS w JOIN incident AS i ON i.id = w.merged_into_id
        WHERE w.depth < 100
    )
    SELECT jsonb_build_object(
        'report', jsonb_build_object(
            'id', r.id, 'received_at', r.received_at, 'channel', r.channel,
            'external_id', r.external_id, 'category', r.category_code, 'text', r.text),
        'incident', jsonb_build_object(
            'id', f.id, 'state', f.state, 'tier', f.tier, 'closed_at', f.closed_at,
            'deadline_at', f.deadline_at),
        'merged_into', CASE WHEN f.id <> r.id THEN f.id END,
        'answer', (SELECT jsonb_build_object('action', s.action, 'at', s.at, 'note', s.note)
                   FROM step AS s
                   WHERE f.closed_at IS NOT NULL AND s.incident_id = f.id
                     AND s.action IN ('close', 'reject')
                   ORDER BY s.number DESC LIMIT 1))
    FROM report AS r
    JOIN incident AS own ON own.id = r.id
    JOIN incident AS f ON f.id = (SELECT w.id FROM way AS w ORDER BY w.depth DESC LIMIT 1)
    WHERE r.id = of_report AND (sees_matter(own) OR r.caller_id = scope_account_id())
$$;
