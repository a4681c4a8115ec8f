-- name: proposal_parents
-- Of the areas above a draft's, those that lie under an area, or are it.
SELECT a.code FROM area AS a
WHERE a.scheme = %(scheme)s AND upper_inf(a.period) AND a.code = ANY (%(codes)s)
  AND a.ancestor_ids && ARRAY(SELECT u.identity_id FROM area AS u
                              WHERE u.scheme = %(scheme)s AND u.code = %(area)s
                                AND upper_inf(u.period))

-- name: proposal_incidents
-- Where the incidents of a year came from, 16 bytes each: longitude and latitude.
SELECT string_agg(float8send(ST_X(i.geom)) || float8send(ST_Y(i.geom)), '' ORDER BY i.id)
FROM incident AS i
WHERE i.grid_id = ANY (%(grids)s) AND i.geom IS NOT NULL AND i.merged_into_id IS NULL
  AND i.received_at >= %(since)s

-- name: proposal_ground
-- What a proposal is drawn on, without a draft: the grids under an area as they stand.
SELECT g.level, g.code, g.name, p.code, ST_AsBinary(g.geom), g.actual_residents
FROM area AS u
JOIN area AS g ON g.scheme = u.scheme AND g.leaf AND upper_inf(g.period)
             AND g.ancestor_ids @> ARRAY[u.identity_id]
JOIN area AS p ON p.identity_id = g.parent_id AND upper_inf(p.period)
WHERE u.scheme = %(scheme)s AND u.code = %(area)s AND upper_inf(u.period)
ORDER BY g.code COLLATE "C"

-- name: proposal_streets
SELECT ST_AsBinary(r.geom), coalesce(r.width_m, 6) FROM ground AS r
WHERE r.kind = 'road' AND r.geom_3857 && ST_Transform(
    ST_MakeEnvelope(%(west)s, %(south)s, %(east)s, %(north)s, 4490), 3857)
ORDER BY r.id

-- name: proposal_homes
SELECT ST_X(p.point), ST_Y(p.point), count(*)::float8, coalesce(sum(w.actual_residents), 0)::float8
FROM building AS b
CROSS JOIN LATERAL (SELECT ST_PointOnSurface(b.geom) AS point) AS p
JOIN address AS a ON a.building_id = b.id
LEFT JOIN dwelling AS w ON w.address_id = a.id
WHERE b.geom && ST_MakeEnvelope(%(west)s, %(south)s, %(east)s, %(north)s, 4490)
GROUP BY b.id, p.point ORDER BY b.id
