-- name: raster_add
INSERT INTO raster (name, title, style, min_zoom, max_zoom, roles, area_identity_id)
VALUES (%(name)s, %(title)s, %(style)s, %(min_zoom)s, %(max_zoom)s, %(roles)s,
        (SELECT area.identity_id FROM area
         WHERE area.code = %(area)s AND upper_inf(area.period)
         ORDER BY area.scheme = 'base' DESC LIMIT 1))
RETURNING id, area_identity_id

-- name: raster_add_file
INSERT INTO raster_file (raster_id, position, path, west, south, east, north)
VALUES (%(raster_id)s, %(position)s, %(path)s, %(west)s, %(south)s, %(east)s, %(north)s)

-- name: raster_remove
DELETE FROM raster WHERE name = %(name)s

-- name: raster_list
SELECT raster.name, raster.title, raster.style, raster.min_zoom, raster.max_zoom, raster.roles,
       area_identity.code AS area, raster.added_at,
       ARRAY(SELECT file.path FROM raster_file AS file WHERE file.raster_id = raster.id
             ORDER BY file.position) AS paths
FROM raster LEFT JOIN area_identity ON area_identity.id = raster.area_identity_id
ORDER BY raster.name

-- name: rasters_told
-- What the caller may see; never where it lies on disk.
SELECT raster.name, raster.title, raster.style ->> 'draw' AS style,
       raster.min_zoom, raster.max_zoom, extent.bounds
FROM raster, LATERAL (
    SELECT ARRAY[min(file.west), min(file.south), max(file.east), max(file.north)] AS bounds
    FROM raster_file AS file WHERE file.raster_id = raster.id) AS extent
WHERE %(name)s::text IS NULL OR raster.name = %(name)s
ORDER BY raster.name

-- name: raster_for_tile
-- A raster that the caller may see, with those of its files that meet a box of degrees.
SELECT raster.id, raster.style, raster.min_zoom,
       ARRAY(SELECT file.path FROM raster_file AS file
             WHERE file.raster_id = raster.id AND file.west < %(east)s AND file.east > %(west)s
               AND file.south < %(north)s AND file.north > %(south)s
             ORDER BY file.position) AS paths
FROM raster WHERE raster.name = %(name)s
