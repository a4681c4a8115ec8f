-- name: wall_dispatches
-- Matters that an officer is on the way to or at, with where the officer is: the last fix of the
-- last hours (0), else the middle of the ground that the officer is posted to (1).
WITH sent AS MATERIALIZED (
    SELECT i.id, i.geom, i.officer_id, i.grid_id
    FROM incident AS i
    WHERE i.closed_at IS NULL AND i.merged_into_id IS NULL AND i.geom IS NOT NULL
      AND i.officer_id IS NOT NULL AND i.state IN ('dispatched', 'handling')
), officers AS MATERIALIZED (
    SELECT DISTINCT officer_id FROM sent
), fixed AS MATERIALIZED (
    SELECT DISTINCT ON (f.officer_id) f.officer_id, f.geom
    FROM track_fix AS f
    WHERE f.officer_id IN (SELECT o.officer_id FROM officers AS o)
      AND f.at > %(now)s::timestamptz - make_interval(mins => %(minutes)s)
      AND f.at <= %(now)s::timestamptz + interval '6 minutes'
    ORDER BY f.officer_id, f.at DESC
), posted AS MATERIALIZED (
    -- The smallest ground of each officer.
    SELECT DISTINCT ON (d.officer_id) d.officer_id, ST_PointOnSurface(a.geom) AS geom
    FROM duty AS d
    JOIN area AS a ON a.identity_id = d.area_identity_id AND upper_inf(a.period)
    WHERE d.officer_id IN (SELECT o.officer_id FROM officers AS o)
      AND d.period @> %(now)s::timestamptz
    ORDER BY d.officer_id, cardinality(a.ancestor_ids) DESC, a.code COLLATE "C"
), arc AS (
    SELECT sent.id, sent.geom, coalesce(fixed.geom, posted.geom) AS origin,
           CASE WHEN fixed.geom IS NULL THEN 1 ELSE 0 END AS kind
    FROM sent
    LEFT JOIN fixed ON fixed.officer_id = sent.officer_id
    LEFT JOIN posted ON posted.officer_id = sent.officer_id
)
SELECT json_build_object(
           'ids', coalesce(json_agg(id ORDER BY id), '[]'),
           'lon', coalesce(json_agg(round(ST_X(geom)::numeric, 6) ORDER BY id), '[]'),
           'lat', coalesce(json_agg(round(ST_Y(geom)::numeric, 6) ORDER BY id), '[]'),
           'from_lon', coalesce(json_agg(round(ST_X(origin)::numeric, 6) ORDER BY id), '[]'),
           'from_lat', coalesce(json_agg(round(ST_Y(origin)::numeric, 6) ORDER BY id), '[]'),
           'origin', coalesce(json_agg(kind ORDER BY id), '[]'))::text AS body
FROM (SELECT * FROM arc WHERE origin IS NOT NULL ORDER BY id DESC LIMIT %(most)s) AS arc

-- name: wall_visits
-- Days since somebody was last at a building, by its number: an officer reported from it, or a
-- matter reported from it was handled; of the last days. Numbers of four bytes, then days of two, big end first.
WITH visit AS (
    SELECT coalesce(r.understood_building_id, b.id, a.building_id) AS building_id,
           max(greatest(CASE WHEN r.channel = 'officer' THEN r.received_at END, i.handled_at))
               AS at
    FROM incident AS i
    JOIN report AS r ON r.id = i.id
    LEFT JOIN building AS b ON b.building_code = r.house_code
    LEFT JOIN address AS a ON a.house_code = r.house_code
    WHERE i.received_at > %(now)s::timestamptz - make_interval(days => %(days)s)
      AND (r.channel = 'officer' OR i.handled_at IS NOT NULL)
    GROUP BY 1
), told AS (
    SELECT building_id::integer AS id,
           least(32767, greatest(0, floor(extract(epoch FROM %(now)s::timestamptz - at) / 86400)))
               ::smallint AS days
    FROM visit WHERE at IS NOT NULL AND building_id IS NOT NULL
)
SELECT int4send(count(*)::integer) || coalesce(string_agg(int4send(id), '' ORDER BY id), '')
       || coalesce(string_agg(int2send(days), '' ORDER BY id), '') AS body
FROM told
