-- name: fold_matters
SELECT fold_matters()

-- name: city_today
SELECT (%(now)s::timestamptz AT TIME ZONE setting_text('time_zone', 'Asia/Shanghai'))::date,
       setting_text('time_zone', 'Asia/Shanghai')

-- name: city_span
-- The instants at which days of the city begin and end.
SELECT %(first)s::date::timestamp AT TIME ZONE setting_text('time_zone', 'Asia/Shanghai') AS since,
       (%(last)s::date + 1)::timestamp AT TIME ZONE setting_text('time_zone', 'Asia/Shanghai')
           AS until

-- name: score_rules
SELECT part, weight, target FROM score_part WHERE subject = %(subject)s

-- name: star_rules
SELECT stars, least FROM star_rule

-- name: read_by_page
-- Rows of a day lie together, in the order in which they first came: each page is read once, and
-- not once a row in the order of the key.
SET LOCAL enable_indexscan = off

-- name: read_as_planned
SET LOCAL enable_indexscan = on

-- name: assessed_counts
-- Sums over the months and days of a period, by whose they are. Days and months are asked for
-- one by one, so that no plan can walk the days of other periods.
WITH counted AS (
    SELECT c.key_id, sum(c.reported) AS reported, sum(c.open) AS open, sum(c.overdue) AS overdue,
           sum(c.solved) AS solved, sum(c.rejected) AS rejected, sum(c.on_time) AS on_time,
           sum(c.late) AS late, sum(c.in_grid) AS in_grid, sum(c.in_community) AS in_community,
           sum(c.in_street) AS in_street, sum(c.reopened) AS reopened,
           sum(c.returned) AS returned, sum(c.rated) AS rated, sum(c.rating_sum) AS rating_sum
    FROM (
        SELECT * FROM assessment_count
        WHERE subject = %(subject)s AND grain = 'day' AND starts = ANY (%(days)s::date[])
        UNION ALL
        SELECT * FROM assessment_count
        WHERE subject = %(subject)s AND grain = 'month' AND starts = ANY (%(months)s::date[])
    ) AS c
    WHERE %(key_id)s::bigint IS NULL OR c.key_id = %(key_id)s
    GROUP BY c.key_id
), timed AS (
    SELECT key_id, jsonb_object_agg(bucket, solved) AS buckets
    FROM (
        SELECT t.key_id, t.bucket, sum(t.solved) AS solved
        FROM (
            SELECT * FROM assessment_time
            WHERE subject = %(subject)s AND grain = 'day' AND starts = ANY (%(days)s::date[])
            UNION ALL
            SELECT * FROM assessment_time
            WHERE subject = %(subject)s AND grain = 'month' AND starts = ANY (%(months)s::date[])
        ) AS t
        WHERE %(key_id)s::bigint IS NULL OR t.key_id = %(key_id)s
        GROUP BY 1, 2
    ) AS summed
    GROUP BY key_id
)
SELECT counted.*, timed.buckets FROM counted LEFT JOIN timed USING (key_id)

-- name: ground_counts
SELECT * FROM ground_counts(%(ids)s, %(since)s, %(until)s)

-- name: changed_areas
-- Areas of a level whose ground of today is not what it was throughout: a version that ended
-- within the period or after it has other ground in common with them.
SELECT DISTINCT a.identity_id
FROM area AS past
JOIN area AS a ON a.scheme = past.scheme AND a.level = past.level AND upper_inf(a.period)
             AND ST_Intersects(a.geom, past.geom)
WHERE past.scheme = %(scheme)s AND past.level = %(level)s
  AND NOT upper_inf(past.period) AND upper(past.period) > %(since)s
  AND (past.identity_id <> a.identity_id OR NOT ST_Equals(past.geom, a.geom))
  AND ST_Area(ST_Intersection(a.geom, past.geom)) > 0

-- name: assessed_areas
SELECT a.identity_id AS key_id, a.code, a.name, coalesce(under.grids, 0) AS grids
FROM area AS a
LEFT JOIN (
    SELECT above.id AS identity_id, count(*) AS grids
    FROM area AS g CROSS JOIN LATERAL unnest(g.ancestor_ids) AS above(id)
    WHERE g.scheme = %(scheme)s AND g.leaf AND upper_inf(g.period)
    GROUP BY above.id
) AS under USING (identity_id)
WHERE a.scheme = %(scheme)s AND a.level = %(level)s AND upper_inf(a.period)
  AND (%(code)s::text IS NULL OR a.code = %(code)s)
  AND ((SELECT scope_all()) OR a.ancestor_ids && (SELECT scope_ids()))

-- name: assessed_officers
SELECT f.id AS key_id, f.officer_code AS code, f.name, 1 AS grids FROM officer AS f
WHERE (%(code)s::text IS NULL OR f.officer_code = %(code)s)

-- name: field_work_of_areas
-- By area before the areas above are looked up: there are many more days than areas.
WITH done AS MATERIALIZED (
    SELECT w.area_identity_id AS identity_id, sum(w.patrols) AS patrols, sum(w.visits) AS visits
    FROM field_work AS w
    WHERE w.day BETWEEN %(first)s AND %(last)s
    GROUP BY w.area_identity_id
)
SELECT above.id AS key_id, sum(d.patrols)::bigint AS patrols, sum(d.visits)::bigint AS visits
FROM done AS d
JOIN area AS a USING (identity_id)
CROSS JOIN LATERAL unnest(a.ancestor_ids) AS above(id)
WHERE upper_inf(a.period)
GROUP BY above.id

-- name: field_work_of_officers
SELECT w.officer_id AS key_id, sum(w.patrols) AS patrols, sum(w.visits) AS visits
FROM field_work AS w
WHERE w.day BETWEEN %(first)s AND %(last)s
GROUP BY w.officer_id

-- name: assessed_days
SELECT c.starts AS day, sum(c.reported - c.rejected) AS count, sum(c.solved) AS solved
FROM assessment_count AS c
WHERE c.subject = %(subject)s AND c.grain = 'day' AND c.key_id = %(key_id)s
  AND c.starts = ANY (%(days)s::date[])
GROUP BY c.starts ORDER BY c.starts

-- name: assessed_stages
-- Exact medians of the stages, from the period's own matters.
SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY f.verify_s) AS verify_s,
       percentile_cont(0.5) WITHIN GROUP (ORDER BY f.dispatch_s) AS dispatch_s,
       percentile_cont(0.5) WITHIN GROUP (ORDER BY f.handle_s) AS handle_s,
       percentile_cont(0.5) WITHIN GROUP (ORDER BY f.check_s) AS check_s,
       percentile_cont(0.5) WITHIN GROUP (ORDER BY f.whole_s) AS whole_s
FROM assessment_fact AS f
WHERE CASE WHEN %(ground)s THEN f.incident_id IN (
               SELECT g.incident_id
               FROM ground_matters(ARRAY[%(key_id)s::bigint], %(since)s, %(until)s) AS g)
           WHEN %(officer)s THEN f.officer_id = %(key_id)s
           ELSE f.incident_id IN (
               SELECT l.incident_id FROM incident_area AS l
               WHERE l.identity_id = %(key_id)s AND l.open = ANY ('{t,f}')
                 AND l.received_at >= %(since)s AND l.received_at < %(until)s)
                AND NOT f.assist_ids @> ARRAY[%(key_id)s::bigint] END
  AND f.received_at >= %(since)s AND f.received_at < %(until)s

-- name: matters_behind_area
-- The matters that a part counted, newest first; `cost` are those that took points away.
SELECT f.incident_id AS id, f.received_at, i.summary AS text, f.state, i.tier, c.name AS category,
       c.name_en AS category_en,
       i.closed_at, i.deadline_at, f.whole_s, f.rating, p.cost
FROM incident_area AS l
JOIN assessment_fact AS f USING (incident_id)
JOIN incident AS i ON i.id = f.incident_id
LEFT JOIN category AS c ON c.code = i.category_code
CROSS JOIN LATERAL part_of_fact(%(part)s, f, %(tier_rank)s) AS p
WHERE l.identity_id = %(key_id)s AND l.open = ANY ('{t,f}')
  AND NOT f.assist_ids @> ARRAY[%(key_id)s::bigint]
  AND l.received_at >= %(since)s AND l.received_at < %(until)s
  AND (%(before)s::timestamptz IS NULL
       OR (l.received_at, l.incident_id) < (%(before)s::timestamptz, %(before_id)s::bigint))
  AND p.counts AND (p.cost OR NOT %(only_cost)s)
ORDER BY l.received_at DESC, l.incident_id DESC LIMIT %(most)s

-- name: matters_behind_ground
SELECT f.incident_id AS id, f.received_at, i.summary AS text, f.state, i.tier, c.name AS category,
       c.name_en AS category_en,
       i.closed_at, i.deadline_at, f.whole_s, f.rating, p.cost
FROM ground_matters(ARRAY[%(key_id)s::bigint], %(since)s, %(until)s) AS g
JOIN assessment_fact AS f USING (incident_id)
JOIN incident AS i ON i.id = f.incident_id
LEFT JOIN category AS c ON c.code = i.category_code
CROSS JOIN LATERAL part_of_fact(%(part)s, f, %(tier_rank)s) AS p
WHERE (%(before)s::timestamptz IS NULL
       OR (f.received_at, f.incident_id) < (%(before)s::timestamptz, %(before_id)s::bigint))
  AND p.counts AND (p.cost OR NOT %(only_cost)s)
ORDER BY f.received_at DESC, f.incident_id DESC LIMIT %(most)s

-- name: matters_behind_officer
SELECT f.incident_id AS id, f.received_at, i.summary AS text, f.state, i.tier, c.name AS category,
       c.name_en AS category_en,
       i.closed_at, i.deadline_at, f.whole_s, f.rating, p.cost
FROM assessment_fact AS f
JOIN incident AS i ON i.id = f.incident_id
LEFT JOIN category AS c ON c.code = i.category_code
CROSS JOIN LATERAL part_of_fact(%(part)s, f, %(tier_rank)s) AS p
WHERE f.officer_id = %(key_id)s AND f.open = ANY ('{t,f}')
  AND f.received_at >= %(since)s AND f.received_at < %(until)s
  AND (%(before)s::timestamptz IS NULL
       OR (f.received_at, f.incident_id) < (%(before)s::timestamptz, %(before_id)s::bigint))
  AND p.counts AND (p.cost OR NOT %(only_cost)s)
ORDER BY f.received_at DESC, f.incident_id DESC LIMIT %(most)s

-- name: rate_incident
SELECT rate_incident(%(secret)s, %(id)s, %(score)s, %(note)s)

-- name: statistics_area
-- The area asked for, or the caller's own; for who sees everything and asks for none, no row.
SELECT a.identity_id, a.code, a.name, a.level, a.path
FROM area AS a
WHERE a.scheme = %(scheme)s AND upper_inf(a.period)
  AND ((SELECT scope_all()) OR a.ancestor_ids && (SELECT scope_ids()))
  AND CASE WHEN %(area)s::text IS NOT NULL THEN a.code = %(area)s
           ELSE a.identity_id = ANY (scope_ids()) END
ORDER BY array_position(ARRAY['city', 'district', 'street', 'community', 'grid'], a.level), a.code
LIMIT 1

-- name: statistics_children
-- What lies under an area; of the whole, its highest areas, or what lies under the only one.
WITH current AS (
    SELECT a.identity_id, a.code, a.name, a.level, a.parent_id FROM area AS a
    WHERE a.scheme = %(scheme)s AND upper_inf(a.period)
), highest AS (
    SELECT * FROM current AS c
    WHERE NOT EXISTS (SELECT FROM current AS p WHERE p.identity_id = c.parent_id)
)
SELECT c.identity_id, c.code, c.name, c.level FROM current AS c
WHERE CASE WHEN %(identity_id)s::bigint <> 0 THEN c.parent_id = %(identity_id)s
           WHEN (SELECT count(*) FROM highest) = 1
               THEN c.parent_id = (SELECT h.identity_id FROM highest AS h)
           ELSE c.identity_id IN (SELECT h.identity_id FROM highest AS h) END
ORDER BY c.code

-- name: statistics_by_class
SELECT c.class_rank, c.service, date_trunc('month', c.starts)::date AS month,
       sum(c.reported) AS reported, sum(c.open) AS open, sum(c.overdue) AS overdue,
       sum(c.solved) AS solved, sum(c.rejected) AS rejected, sum(c.on_time) AS on_time,
       sum(c.late) AS late, sum(c.in_grid) AS in_grid, sum(c.in_community) AS in_community,
       sum(c.in_street) AS in_street, sum(c.reopened) AS reopened
FROM (
    SELECT * FROM assessment_count
    WHERE subject = %(subject)s AND grain = 'day' AND starts = ANY (%(days)s::date[])
      AND key_id = %(key_id)s
    UNION ALL
    SELECT * FROM assessment_count
    WHERE subject = %(subject)s AND grain = 'month' AND starts = ANY (%(months)s::date[])
      AND key_id = %(key_id)s
) AS c
GROUP BY 1, 2, 3

-- name: statistics_by_area
SELECT c.key_id, sum(c.reported) AS reported, sum(c.open) AS open, sum(c.overdue) AS overdue,
       sum(c.solved) AS solved, sum(c.rejected) AS rejected, sum(c.on_time) AS on_time,
       sum(c.late) AS late, sum(c.in_grid) AS in_grid, sum(c.in_community) AS in_community,
       sum(c.in_street) AS in_street, sum(c.reopened) AS reopened
FROM (
    SELECT * FROM assessment_count
    WHERE subject = ANY (%(subjects)s::text[]) AND grain = 'day'
      AND starts = ANY (%(days)s::date[]) AND key_id = ANY (%(ids)s::bigint[])
    UNION ALL
    SELECT * FROM assessment_count
    WHERE subject = ANY (%(subjects)s::text[]) AND grain = 'month'
      AND starts = ANY (%(months)s::date[]) AND key_id = ANY (%(ids)s::bigint[])
) AS c
GROUP BY c.key_id

-- name: statistics_classes
SELECT class_rank, code, name, name_en FROM category WHERE parent_code IS NULL ORDER BY class_rank
