-- name: wall_moment
-- The caller's scope as a cache key, and the borders of the city's days around a moment.
SELECT md5((scope() - 'account')::text) AS scope,
       date_trunc('day', city.local) AT TIME ZONE city.zone AS today,
       (date_trunc('day', city.local) - interval '1 day') AT TIME ZONE city.zone AS yesterday,
       (city.local - interval '1 day') AT TIME ZONE city.zone AS a_day_ago,
       extract(hour FROM city.local)::integer AS hour, city.zone
FROM (
    SELECT zone, %(now)s::timestamptz AT TIME ZONE zone AS local
    FROM (SELECT coalesce((SELECT value #>> '{}' FROM city_setting WHERE name = 'time_zone'),
                          'Asia/Shanghai') AS zone) AS setting
) AS city

-- name: wall_start
WITH shown AS MATERIALIZED (
    SELECT code, name, level, geom,
           array_position(ARRAY['city', 'district', 'street', 'community', 'grid'], level) AS depth
    FROM area
    WHERE scheme = %(scheme)s AND upper_inf(period)
      -- The caller's own ground: the areas above it may be seen, but are not where to look.
      AND ((SELECT scope_all()) OR ancestor_ids && (SELECT scope_ids()))
), stops AS (
    -- What the tour visits: the coarsest level that has more than one area.
    SELECT min(depth) AS depth
    FROM (SELECT depth FROM shown GROUP BY depth HAVING count(*) > 1) AS several
), extent AS (
    SELECT ST_Extent(geom) AS box,
           ST_ConvexHull(ST_Collect(ST_ConvexHull(geom))) AS hull
    FROM shown
)
SELECT (SELECT value FROM city_setting WHERE name = 'title') AS title,
       setting_text('time_zone', 'Asia/Shanghai') AS time_zone,
       CASE WHEN box IS NOT NULL
            THEN ARRAY[ST_XMin(box), ST_YMin(box), ST_XMax(box), ST_YMax(box)] END AS bounds,
       -- What the camera fits: a district is seldom as square as its bounds.
       (SELECT json_agg(json_build_array(round(ST_X(corner.geom)::numeric, 5),
                                         round(ST_Y(corner.geom)::numeric, 5)))
        FROM ST_DumpPoints(ST_Simplify(hull, (ST_XMax(box) - ST_XMin(box)) / 100)) AS corner)
           AS outline,
       (SELECT coalesce(json_agg(json_build_object(
                    'code', code, 'name', name,
                    'lon', round(ST_X(label)::numeric, 6), 'lat', round(ST_Y(label)::numeric, 6))
                ORDER BY code), '[]')
        FROM (SELECT code, name, ST_PointOnSurface(geom) AS label
              FROM shown JOIN stops USING (depth)) AS stop) AS streets,
       (SELECT coalesce(json_agg(json_build_object('code', code, 'name', name)
                ORDER BY rank, code), '[]')
        FROM scheme WHERE active) AS schemes,
       (SELECT coalesce(json_agg(json_build_object(
                    'code', code, 'name', name, 'name_en', name_en, 'rank', class_rank)
                ORDER BY class_rank, code), '[]')
        FROM category WHERE parent_code IS NULL) AS classes
FROM extent

-- name: wall_areas
SELECT coalesce(json_agg(json_build_object(
           'code', area.code, 'name', area.name, 'leaf', area.leaf,
           'lon', round(ST_X(area.label)::numeric, 6), 'lat', round(ST_Y(area.label)::numeric, 6),
           'load', coalesce(open_load.load, 0)) ORDER BY area.code), '[]')::text AS body
FROM (
    SELECT identity_id, code, name, leaf, ST_PointOnSurface(geom) AS label
    FROM area
    WHERE scheme = %(scheme)s AND level = %(level)s AND upper_inf(period)
) AS area
LEFT JOIN open_load() USING (identity_id)

-- name: wall_incidents
-- One statement, so one snapshot: what is committed after it has a number after `sequence`.
SELECT json_build_object(
           'epoch', head.epoch, 'sequence', head.sequence, 'ids', shown.ids, 'lon', shown.lon,
           'lat', shown.lat, 'class', shown.class, 'urgency', shown.urgency,
           'state', shown.state)::text AS body
FROM event_head AS head, (
    SELECT coalesce(json_agg(id ORDER BY id), '[]') AS ids,
           coalesce(json_agg(round(ST_X(geom)::numeric, 6) ORDER BY id), '[]') AS lon,
           coalesce(json_agg(round(ST_Y(geom)::numeric, 6) ORDER BY id), '[]') AS lat,
           coalesce(json_agg(class_rank ORDER BY id), '[]') AS class,
           coalesce(json_agg(urgency ORDER BY id), '[]') AS urgency,
           coalesce(json_agg(state ORDER BY id), '[]') AS state
    FROM incident
    WHERE (closed_at IS NULL OR received_at >= %(since)s)
      AND geom IS NOT NULL AND merged_into_id IS NULL
) AS shown

-- name: wall_figures
-- The figures beside the map. The on-time rate is the ranking's own: of what was received in the
-- last thirty days, from kept counts; what is open and overdue counts as late.
WITH undone AS MATERIALIZED (
    SELECT id, received_at, deadline_at, suspended_at, scope_ids
    FROM incident WHERE closed_at IS NULL AND merged_into_id IS NULL
), recent AS MATERIALIZED (
    SELECT id, received_at, class_rank, scope_ids, closed_at, dispatched_at
    FROM incident WHERE received_at >= %(yesterday)s AND received_at <= %(now)s
), whose AS (
    SELECT 'whole' AS subject, 0::bigint AS key_id WHERE scope_all()
    UNION ALL SELECT 'unit', scope_unit_id() WHERE scope_unit_id() IS NOT NULL
    UNION ALL
    SELECT n.level, n.id FROM area_identity AS n
    WHERE NOT scope_all() AND n.id = ANY ((SELECT scope_ids())::bigint[])
      -- What lies under another area of the caller's is counted there.
      AND NOT EXISTS (SELECT FROM area AS a WHERE a.identity_id = n.id AND upper_inf(a.period)
                      AND a.ancestor_ids && array_remove((SELECT scope_ids()), n.id))
), decided AS (
    SELECT sum(c.on_time) AS on_time, sum(c.on_time + c.late + c.overdue) AS total
    FROM whose
    JOIN assessment_count AS c USING (subject, key_id)
    WHERE c.grain = 'day' AND c.starts = ANY (ARRAY(
        SELECT day::date FROM generate_series(
            (%(month_ago)s::timestamptz AT TIME ZONE %(zone)s)::date + 1,
            (%(now)s::timestamptz AT TIME ZONE %(zone)s)::date, interval '1 day') AS day))
), counted AS (
    SELECT count(*) FILTER (WHERE received_at >= %(today)s) AS reported_today,
           count(*) FILTER (WHERE received_at < %(today)s AND received_at <= %(a_day_ago)s)
               AS reported_yesterday_by_now,
           percentile_cont(0.5) WITHIN GROUP (
               ORDER BY extract(epoch FROM dispatched_at - received_at))
               FILTER (WHERE dispatched_at IS NOT NULL AND received_at >= %(a_day_ago)s)
               AS median_dispatch_s
    FROM recent
), hourly AS (
    SELECT extract(hour FROM received_at AT TIME ZONE %(zone)s)::integer AS hour,
           count(*) FILTER (WHERE received_at >= %(today)s) AS today,
           count(*) FILTER (WHERE received_at < %(today)s) AS yesterday
    FROM recent GROUP BY 1
), trend AS (
    SELECT json_agg(hour ORDER BY hour) AS hours,
           json_agg(CASE WHEN hour <= %(hour)s THEN coalesce(hourly.today, 0) END ORDER BY hour)
               AS today,
           json_agg(coalesce(hourly.yesterday, 0) ORDER BY hour) AS yesterday
    FROM generate_series(0, 23) AS hour LEFT JOIN hourly USING (hour)
), classed AS (
    SELECT json_agg(json_build_object(
               'class', code, 'rank', class_rank, 'name', name, 'count', coalesce(found.count, 0))
               ORDER BY class_rank, code) AS rows
    FROM category
    LEFT JOIN (SELECT class_rank, count(*) FROM recent WHERE received_at >= %(today)s
               GROUP BY class_rank) AS found USING (class_rank)
    WHERE parent_code IS NULL
), under AS (
    SELECT identity_id, count(*) FILTER (WHERE open) AS open,
           count(*) FILTER (WHERE received_at >= %(today)s) AS today
    FROM (
        SELECT received_at, scope_ids, true AS open FROM undone
        UNION ALL
        SELECT received_at, scope_ids, false FROM recent
        WHERE received_at >= %(today)s AND closed_at IS NOT NULL
    ) AS incident, unnest(scope_ids) AS above (identity_id)
    GROUP BY identity_id
), ranked AS (
    SELECT json_agg(json_build_object('code', code, 'name', name, 'open', open, 'today', today)
               ORDER BY open DESC, today DESC, code) AS rows
    FROM (
        SELECT area.code, area.name, under.open, under.today
        FROM under JOIN area USING (identity_id)
        WHERE area.scheme = %(scheme)s AND area.leaf AND upper_inf(area.period)
        ORDER BY under.open DESC, under.today DESC, area.code LIMIT 12
    ) AS first
), newest AS (
    SELECT json_agg(json_build_object(
               'id', id, 'at', received_at, 'text', summary, 'class', class, 'state', state,
               'urgency', urgency, 'area_name', area_name) ORDER BY received_at DESC, id DESC)
               AS rows
    FROM (
        SELECT incident.id, incident.received_at, incident.summary, incident.state,
               incident.urgency, class.code AS class,
               (SELECT area.name FROM area
                WHERE area.identity_id = ANY (incident.scope_ids) AND area.leaf
                  AND area.scheme = %(scheme)s AND upper_inf(area.period) LIMIT 1) AS area_name
        FROM (SELECT * FROM incident ORDER BY received_at DESC, id DESC LIMIT 12) AS incident
        LEFT JOIN category AS class
            ON class.class_rank = incident.class_rank AND class.parent_code IS NULL
    ) AS first
)
SELECT json_build_object(
    'now', %(now)s::timestamptz,
    'reported_today', counted.reported_today,
    'reported_yesterday_by_now', counted.reported_yesterday_by_now,
    'open', (SELECT count(*) FROM undone),
    'open_yesterday',
        (SELECT count(*) FROM undone WHERE received_at <= %(a_day_ago)s)
        + (SELECT count(*) FROM incident
           WHERE closed_at > %(a_day_ago)s AND received_at <= %(a_day_ago)s),
    'overdue', (SELECT count(*) FROM undone
                WHERE deadline_at < %(now)s AND suspended_at IS NULL),
    'overdue_counted_in_rate', true,
    'on_time_rate', (SELECT round(on_time::numeric / nullif(total, 0), 4) FROM decided),
    'median_dispatch_s', round(counted.median_dispatch_s::numeric, 1),
    'trend', (SELECT json_build_object('hours', hours, 'today', today, 'yesterday', yesterday)
              FROM trend),
    'by_class', coalesce((SELECT rows FROM classed), '[]'),
    'ranking', coalesce((SELECT rows FROM ranked), '[]'),
    'newest', coalesce((SELECT rows FROM newest), '[]'),
    'stale_since', NULL)::text AS body
FROM counted
