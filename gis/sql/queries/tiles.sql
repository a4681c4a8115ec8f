-- name: tile_context
-- Whose tile it is (without the account: all who may see the same share), and of what state.
SELECT md5((scope() - 'account')::text) AS scope, layer_version(%(layer)s) AS version

-- name: tile_areas
SELECT tile_areas(
    %(z)s, %(x)s, %(y)s, %(scheme)s, %(level)s, %(at)s::timestamptz) AS tile

-- name: tile_buildings
SELECT tile_buildings(%(z)s, %(x)s, %(y)s) AS tile

-- name: tile_ground
SELECT tile_ground(%(z)s, %(x)s, %(y)s) AS tile

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
