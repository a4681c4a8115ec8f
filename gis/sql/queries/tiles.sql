-- name: tile_areas
SELECT tile_areas(
    %(z)s, %(x)s, %(y)s, %(scheme)s, %(level)s, %(at)s::timestamptz) AS tile,
       tile_share() AS share,
       %(at)s::timestamptz IS NOT NULL
           OR areas_settled(%(z)s, %(scheme)s, %(level)s) AS settled

-- name: tile_buildings
SELECT tile_buildings(%(z)s, %(x)s, %(y)s) AS tile, tile_share() AS share

-- name: tile_buildings_entering
-- In one turn: the tile is drawn for the row that entering gives, and after it.
SELECT tile_buildings(%(z)s, %(x)s, %(y)s) AS tile, tile_share() AS share
FROM enter(%(secret)s, %(origin)s)

-- name: tile_ground
SELECT tile_ground(%(z)s, %(x)s, %(y)s) AS tile, tile_share() AS share

-- name: tile_incidents
SELECT tile_incidents(%(z)s, %(x)s, %(y)s, %(category)s, %(since)s::timestamptz,
                      %(until)s::timestamptz, %(at)s::timestamptz) AS tile, tile_share() AS share

-- name: tile_addresses
SELECT tile_addresses(%(z)s, %(x)s, %(y)s) AS tile, tile_share() AS share

-- name: tile_places
SELECT tile_places(%(z)s, %(x)s, %(y)s, %(category)s) AS tile, tile_share() AS share

-- name: tile_tracks
-- Up to now is another window a moment later.
SELECT tile_tracks(%(z)s, %(x)s, %(y)s, %(since)s::timestamptz, %(until)s::timestamptz) AS tile,
       tile_share() AS share, %(until)s::timestamptz IS NOT NULL AS settled

-- name: tile_custom
SELECT tile_custom(%(z)s, %(x)s, %(y)s, %(name)s) AS tile, tile_share() AS share

-- name: tile_category_known
SELECT CASE %(layer)s
    WHEN 'incidents' THEN EXISTS (
        SELECT FROM category AS c WHERE %(category)s::text IN (c.code, c.name))
    ELSE EXISTS (
        SELECT FROM place_category AS c WHERE %(category)s::text IN (c.code, c.name, c.element))
    END AS known

-- name: custom_described
SELECT title, fields, min_zoom, max_zoom, bounds FROM custom_described(%(name)s)

-- name: tile_bounds
SELECT tile_bounds(%(layer)s) AS bounds

-- name: coverages_due
SELECT scheme, level FROM coverages_due()

-- name: coverage_shapes
SELECT area_id, version, shape FROM coverage_shapes(%(scheme)s, %(level)s)

-- name: store_coverage
SELECT store_coverage(
    %(scheme)s, %(level)s, %(versions)s::text[], %(zooms)s::smallint[], %(area_ids)s::bigint[],
    %(shapes)s::bytea[])

-- name: tile_layer_register
SELECT (registered).* FROM (
    SELECT register_tile_layer(ROW(
        %(name)s, %(title)s, part.names[1], part.names[2], %(geometry_column)s, %(id_column)s,
        %(fields)s::text[], %(roles)s::text[], 0, %(min_zoom)s, %(max_zoom)s, NULL)::tile_layer,
        %(replace)s) AS registered
    FROM (SELECT parse_ident(%(table)s) AS names) AS part
    WHERE cardinality(part.names) = 2 OFFSET 0
) AS done

-- name: tile_layer_drop
DELETE FROM tile_layer WHERE name = %(name)s

-- name: tile_layers
SELECT t.name, t.title, format('%%I.%%I', t.table_schema, t.table_name) AS "table",
       t.geometry_column, t.id_column, t.fields, t.roles, t.srid, t.min_zoom, t.max_zoom,
       t.registered_at,
       custom_table_fault(t.table_schema, t.table_name, t.geometry_column, t.id_column,
                          t.fields) AS fault
FROM tile_layer AS t
ORDER BY t.name
