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
), pace AS (
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
