-- name: store_fixes
SELECT store_fixes(%(fixes)s::jsonb)

-- name: wall_trails
-- What a wall can show of the last minutes: at most sixty fixes an officer, fewer where there are
-- many officers, the newest always among them; in parts where nothing is known for a while.
WITH told AS MATERIALIZED (
    SELECT f.officer_id, extract(epoch FROM f.at)::double precision AS at, f.geom
    FROM track_fix AS f
    WHERE f.at > %(now)s::timestamptz - make_interval(mins => %(minutes)s)
      AND f.at <= %(now)s::timestamptz + interval '6 minutes'
), pace AS MATERIALIZED (
    -- Once, whatever is known of the table's size: not once for each fix.
    SELECT %(minutes)s * 60.0 / greatest(12, least(60, 24000 / greatest(
        count(DISTINCT t.officer_id), 1))) AS step_s
    FROM told AS t
), kept AS (
    SELECT DISTINCT ON (t.officer_id, ceil((extract(epoch FROM %(now)s::timestamptz) - t.at)
                                           / p.step_s))
           t.officer_id, t.at, t.geom, p.step_s
    FROM told AS t, pace AS p
    ORDER BY t.officer_id, ceil((extract(epoch FROM %(now)s::timestamptz) - t.at) / p.step_s),
             t.at DESC
), parted AS (
    SELECT k.*, k.at - lag(k.at) OVER (PARTITION BY k.officer_id ORDER BY k.at)
                    > greatest(600, 3 * k.step_s) AS apart
    FROM kept AS k
), numbered AS (
    SELECT p.*, count(*) FILTER (WHERE p.apart)
                    OVER (PARTITION BY p.officer_id ORDER BY p.at) AS part
    FROM parted AS p
), trail AS (
    SELECT n.officer_id, n.part,
           json_agg(json_build_array(round(ST_X(n.geom) * 1e6) / 1e6,
                                     round(ST_Y(n.geom) * 1e6) / 1e6) ORDER BY n.at) AS path,
           json_agg(floor(n.at)::bigint ORDER BY n.at) AS at
    FROM numbered AS n GROUP BY n.officer_id, n.part
)
SELECT json_build_object('trails', coalesce(json_agg(json_build_object(
           'officer_id', o.officer_code, 'name', o.name, 'path', t.path, 'at', t.at)
           ORDER BY o.officer_code, t.part), '[]'))::text AS body
FROM trail AS t
LEFT JOIN officer AS o ON o.id = t.officer_id

-- name: track_rules
SELECT setting_text('time_zone', 'Asia/Shanghai'), keep_days('track', '')

-- name: make_incoming_fixes
CREATE TEMP TABLE incoming_fix (
    row integer, officer_id bigint, at timestamptz, lon double precision, lat double precision,
    datum text, accuracy_m double precision, geom geometry(Point, 4490)
) ON COMMIT DROP

-- name: copy_incoming_fixes
COPY incoming_fix (row, officer_id, at, lon, lat, datum, accuracy_m, geom) FROM STDIN

-- name: add_incoming_fixes
-- How many are new, and how many lie under other areas than when they came first.
WITH within AS (
    SELECT i.row, array_agg(DISTINCT above.id) AS ids
    FROM incoming_fix AS i
    JOIN area AS a ON a.leaf AND upper_inf(a.period) AND ST_Intersects(a.geom, i.geom)
    CROSS JOIN LATERAL unnest(a.ancestor_ids) AS above(id)
    GROUP BY i.row
), put AS (
    INSERT INTO track_fix AS f (officer_id, at, lon, lat, datum, accuracy_m, geom, scope_ids)
    SELECT DISTINCT ON (i.officer_id, i.at)
           i.officer_id, i.at, i.lon, i.lat, i.datum, i.accuracy_m, i.geom, coalesce(w.ids, '{}')
    FROM incoming_fix AS i
    LEFT JOIN within AS w ON w.row = i.row
    ORDER BY i.officer_id, i.at, i.row
    ON CONFLICT (officer_id, at) DO UPDATE SET scope_ids = excluded.scope_ids
        WHERE f.scope_ids <> excluded.scope_ids AND ST_Equals(f.geom, excluded.geom)
    RETURNING f.xmax = 0 AS is_new
)
SELECT count(*) FILTER (WHERE p.is_new), count(*) FILTER (WHERE NOT p.is_new) FROM put AS p

-- name: incoming_fixes_elsewhere
SELECT i.row, o.officer_code
FROM incoming_fix AS i
JOIN track_fix AS f USING (officer_id, at)
JOIN officer AS o ON o.id = i.officer_id
WHERE NOT ST_Equals(f.geom, i.geom)
ORDER BY i.row

-- name: empty_incoming_fixes
TRUNCATE incoming_fix

-- name: analyse_fixes
ANALYZE track_fix

-- name: drop_incoming_fixes
DROP TABLE incoming_fix

-- name: newest_fix
SELECT max(f.at) FROM track_fix AS f WHERE f.at <= %(now)s
