-- name: street_open
-- A page of open work of some steps, the nearest deadline first (what is late comes before all),
-- suspended matters at the end. Of each step at most `most_each` are looked at after the cursor.
-- The last row, where there is one, is how far all were read: the next page begins there.
WITH looked_at AS MATERIALIZED (
    SELECT l.incident_id, l.at, count(*) OVER (PARTITION BY step.state, l.still) AS seen,
           step.state, l.still
    FROM unnest(%(states)s::text[]) AS step (state)
    CROSS JOIN LATERAL (
        (SELECT a.incident_id, a.clock_at AS at, false AS still
         FROM incident_area AS a
         WHERE a.identity_id = %(place_id)s AND a.state = step.state AND a.open
           AND a.clock_at >= %(since)s AND a.clock_at < %(until)s
           AND (a.clock_at, a.incident_id) > (%(since)s::timestamptz, %(since_id)s::bigint)
         ORDER BY a.clock_at, a.incident_id LIMIT %(most_each)s)
        UNION ALL
        (SELECT a.incident_id, 'infinity', true
         FROM incident_area AS a
         WHERE %(still)s AND a.identity_id = %(place_id)s AND a.state = step.state AND a.open
           AND a.clock_at IS NULL AND a.incident_id > %(still_id)s::bigint
         ORDER BY a.incident_id LIMIT %(most_each)s)) AS l
), horizon AS (
    SELECT at, incident_id
    FROM (SELECT DISTINCT ON (state, still) at, incident_id FROM looked_at
          WHERE seen >= %(most_each)s ORDER BY state, still, at DESC, incident_id DESC) AS cut
    ORDER BY at, incident_id LIMIT 1
), page AS (
    SELECT l.at, i.id FROM looked_at AS l
    JOIN incident AS i ON i.id = l.incident_id
    LEFT JOIN horizon ON true
    WHERE (horizon.at IS NULL OR (l.at, l.incident_id) <= (horizon.at, horizon.incident_id))
      AND i.urgency < %(below)s
      AND i.merged_into_id IS NULL
      AND (%(west)s::float IS NULL
           OR ST_X(i.geom) BETWEEN %(west)s AND %(east)s::float
              AND ST_Y(i.geom) BETWEEN %(south)s::float AND %(north)s::float)
      AND (%(officer_id)s::bigint IS NULL OR i.officer_id = %(officer_id)s)
      AND (%(unit_id)s::bigint IS NULL OR i.unit_id = %(unit_id)s)
      AND (%(class)s::integer IS NULL OR i.class_rank = %(class)s)
      AND (%(urgency)s::integer IS NULL OR i.urgency >= %(urgency)s)
      AND (%(words)s::text IS NULL OR strpos(lower(i.summary), lower(%(words)s)) > 0
           OR i.id::text = %(words)s)
    ORDER BY l.at, i.id LIMIT %(most)s
)
-- The end of time stands for no clock: told as NULL.
SELECT nullif(at, 'infinity'), id, horizon
FROM (SELECT at, id, false AS horizon FROM page
      UNION ALL SELECT at, incident_id, true FROM horizon) AS found
ORDER BY horizon, at, id

-- name: street_emergencies
-- Open emergencies, whatever else is open, the nearest deadline first.
SELECT i.id FROM incident AS i
WHERE i.closed_at IS NULL AND i.urgency >= 3 AND i.state = ANY (%(states)s)
      AND (%(place_id)s = 0 OR i.scope_ids @> ARRAY[%(place_id)s::bigint])
      AND i.merged_into_id IS NULL
      AND (%(west)s::float IS NULL
           OR ST_X(i.geom) BETWEEN %(west)s AND %(east)s::float
              AND ST_Y(i.geom) BETWEEN %(south)s::float AND %(north)s::float)
      AND (%(officer_id)s::bigint IS NULL OR i.officer_id = %(officer_id)s)
      AND (%(unit_id)s::bigint IS NULL OR i.unit_id = %(unit_id)s)
      AND (%(class)s::integer IS NULL OR i.class_rank = %(class)s)
      AND (%(urgency)s::integer IS NULL OR i.urgency >= %(urgency)s)
      AND (%(words)s::text IS NULL OR strpos(lower(i.summary), lower(%(words)s)) > 0
           OR i.id::text = %(words)s)
ORDER BY i.deadline_at, i.id LIMIT 100

-- name: street_unplaced
-- Open matters that came with words only, the oldest first.
SELECT i.id FROM incident AS i
WHERE i.grid_id IS NULL AND i.closed_at IS NULL
      AND (%(place_id)s = 0 OR i.scope_ids @> ARRAY[%(place_id)s::bigint])
      AND i.merged_into_id IS NULL
      AND (%(west)s::float IS NULL
           OR ST_X(i.geom) BETWEEN %(west)s AND %(east)s::float
              AND ST_Y(i.geom) BETWEEN %(south)s::float AND %(north)s::float)
      AND (%(officer_id)s::bigint IS NULL OR i.officer_id = %(officer_id)s)
      AND (%(unit_id)s::bigint IS NULL OR i.unit_id = %(unit_id)s)
      AND (%(class)s::integer IS NULL OR i.class_rank = %(class)s)
      AND (%(urgency)s::integer IS NULL OR i.urgency >= %(urgency)s)
      AND (%(words)s::text IS NULL OR strpos(lower(i.summary), lower(%(words)s)) > 0
           OR i.id::text = %(words)s)
ORDER BY i.id LIMIT 300

-- name: street_of_officer
-- An officer's open matters at a place, and those that they assist in, the nearest deadline first.
SELECT i.id FROM (
    SELECT f.incident_id FROM assessment_fact AS f
    WHERE f.officer_id = %(officer_id)s AND f.open
    UNION SELECT s.incident_id FROM share AS s
    WHERE s.officer_id = %(officer_id)s AND s.role = 'assist'
) AS own
JOIN incident AS i ON i.id = own.incident_id
WHERE i.closed_at IS NULL
      AND i.state = ANY (%(states)s)
      AND (%(due_before)s::timestamptz IS NULL OR i.deadline_at < %(due_before)s)
      AND (%(place_id)s = 0 OR i.scope_ids @> ARRAY[%(place_id)s::bigint])
      AND i.merged_into_id IS NULL
      AND (%(west)s::float IS NULL
           OR ST_X(i.geom) BETWEEN %(west)s AND %(east)s::float
              AND ST_Y(i.geom) BETWEEN %(south)s::float AND %(north)s::float)
      AND (i.officer_id = %(officer_id)s OR EXISTS (
              SELECT FROM share AS s WHERE s.incident_id = i.id
              AND s.officer_id = %(officer_id)s AND s.role = 'assist'))
      AND (%(unit_id)s::bigint IS NULL OR i.unit_id = %(unit_id)s)
      AND (%(class)s::integer IS NULL OR i.class_rank = %(class)s)
      AND (%(urgency)s::integer IS NULL OR i.urgency >= %(urgency)s)
      AND (%(words)s::text IS NULL OR strpos(lower(i.summary), lower(%(words)s)) > 0
           OR i.id::text = %(words)s)
ORDER BY i.suspended_at IS NOT NULL, i.deadline_at, i.id LIMIT 500

-- name: street_received
-- A page of matters in the order in which they came, the newest first; `open` of one kind. At
-- most `most_each` are looked at before the cursor, however long the history; the last row, where
-- there is one, is how far back that was: the next page begins there.
WITH looked_at AS MATERIALIZED (
    SELECT a.incident_id, a.received_at FROM incident_area AS a
    WHERE a.identity_id = %(place_id)s AND a.open = %(open)s
      AND a.received_at >= %(since)s AND a.received_at <= %(before)s
      AND (a.received_at, a.incident_id) < (%(before)s::timestamptz, %(before_id)s::bigint)
      AND a.state = ANY (%(states)s)
      AND (%(class)s::integer IS NULL OR a.class_rank = %(class)s)
    ORDER BY a.received_at DESC, a.incident_id DESC LIMIT %(most_each)s
), run AS MATERIALIZED (
    -- Where several of a run of numbers are meant, the run is read as it lies, so that the cost
    -- does not go by the height of the index; the others are looked up one by one.
    SELECT incident_id / 64 AS run, array_agg(incident_id) AS ids FROM looked_at GROUP BY 1
), matter AS (
    -- The limits, never reached, keep the planner to the index.
    SELECT i.* FROM run CROSS JOIN LATERAL (
        SELECT * FROM incident WHERE id BETWEEN run * 64 AND run * 64 + 63
        ORDER BY id LIMIT 64) AS i
    WHERE cardinality(run.ids) >= 4 AND array_position(run.ids, i.id) > 0
    UNION ALL
    SELECT i.* FROM run CROSS JOIN LATERAL unnest(run.ids) AS one (id) CROSS JOIN LATERAL (
        SELECT * FROM incident WHERE incident.id = one.id LIMIT 1) AS i
    WHERE cardinality(run.ids) < 4
), page AS (
    SELECT i.received_at, i.id FROM matter AS i
    WHERE i.merged_into_id IS NULL
      AND (%(west)s::float IS NULL
           OR ST_X(i.geom) BETWEEN %(west)s AND %(east)s::float
              AND ST_Y(i.geom) BETWEEN %(south)s::float AND %(north)s::float)
      AND (%(officer_id)s::bigint IS NULL OR i.officer_id = %(officer_id)s)
      AND (%(unit_id)s::bigint IS NULL OR i.unit_id = %(unit_id)s)
      AND (%(class)s::integer IS NULL OR i.class_rank = %(class)s)
      AND (%(urgency)s::integer IS NULL OR i.urgency >= %(urgency)s)
      AND (%(words)s::text IS NULL OR strpos(lower(i.summary), lower(%(words)s)) > 0
           OR i.id::text = %(words)s)
    ORDER BY i.received_at DESC, i.id DESC LIMIT %(most)s
)
SELECT received_at, id, false AS horizon FROM page
UNION ALL
(SELECT l.received_at, l.incident_id, true FROM looked_at AS l
 WHERE (SELECT count(*) FROM looked_at) >= %(most_each)s
 ORDER BY l.received_at, l.incident_id LIMIT 1)
ORDER BY horizon, received_at DESC, id DESC

-- name: street_rows
-- What a list shows of matters, in the order of their numbers as asked.
SELECT json_build_object(
    'id', i.id, 'at', i.received_at, 'text', i.summary, 'class', class.code,
    'category', category.name, 'category_en', category.name_en, 'state', i.state,
    'tier', i.tier, 'urgency', i.urgency, 'emergency', i.emergency,
    'deadline_at', i.deadline_at, 'stage_deadline_at', i.stage_deadline_at,
    -- A stage is the stay in one tier: it begins with the first step there.
    'stage_at', (SELECT min(s.at) FROM step AS s
                 WHERE s.incident_id = i.id AND s.number > coalesce((
                     SELECT max(o.number) FROM step AS o
                     WHERE o.incident_id = i.id AND o.tier <> i.tier), 0)),
    'suspended_at', i.suspended_at, 'closed_at', i.closed_at,
    'area_code', area.code, 'area_name', area.name, 'officer_id', i.officer_id,
    'officer', officer.name, 'unit', unit.name,
    'lon', round(ST_X(i.geom)::numeric, 6), 'lat', round(ST_Y(i.geom)::numeric, 6))
FROM unnest(%(ids)s::bigint[]) WITH ORDINALITY AS asked (id, place)
JOIN incident AS i USING (id)
LEFT JOIN category ON category.code = i.category_code
LEFT JOIN category AS class ON class.class_rank = i.class_rank AND class.parent_code IS NULL
LEFT JOIN area ON area.identity_id = i.grid_id AND upper_inf(area.period)
LEFT JOIN officer ON officer.id = i.officer_id
LEFT JOIN unit ON unit.id = i.unit_id
ORDER BY asked.place
