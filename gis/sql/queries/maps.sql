-- name: map_shapes
SELECT kind, code, name, width_m, load, d, label_x, label_y, angle, extent_px
FROM map_shapes(%(west)s, %(south)s, %(east)s, %(north)s, %(pixel_m)s, %(scheme)s, %(level)s,
                %(named_level)s, %(narrowest_road_m)s, %(layers)s)

-- name: map_incidents
-- Open matters in the picture, in its pixels; the most urgent last, so that they lie on top.
SELECT (ST_X(point.geom) - %(west)s) / %(pixel_m)s AS x,
       (%(north)s - ST_Y(point.geom)) / %(pixel_m)s AS y, incident.class_rank, incident.urgency
FROM incident, LATERAL (
    SELECT ST_Transform(ST_SetSRID(incident.geom, 4326), 3857) AS geom) AS point
WHERE incident.closed_at IS NULL AND incident.merged_into_id IS NULL
  AND ST_X(incident.geom) BETWEEN %(lon_west)s AND %(lon_east)s
  AND ST_Y(incident.geom) BETWEEN %(lat_south)s AND %(lat_north)s
ORDER BY incident.urgency, incident.id
LIMIT 20000

-- name: map_drawer
-- Whoever draws for the owner at the command line sees the whole city; taken back with the
-- transaction.
INSERT INTO account (name, role, whole) VALUES ('map ' || gen_random_uuid(), 'hall', true)
RETURNING id

-- name: map_drawer_secret
SELECT open_credential(%(id)s, 'token', interval '5 minutes')

-- name: map_loads
-- Of all areas of a kind that the caller may see, so that a colour means the same in any view.
SELECT open_load.load
FROM area JOIN open_load() USING (identity_id)
WHERE area.scheme = %(scheme)s AND upper_inf(area.period)
  AND CASE %(level)s WHEN 'leaf' THEN area.leaf ELSE area.level = %(level)s END
