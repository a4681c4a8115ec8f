-- name: tile_context
-- Whose tile it is (without the account: all who may see the same share), and of what state.
SELECT md5((scope() - 'account')::text) AS scope, layer_version(%(layer)s) AS version

-- name: tile_areas
SELECT tile_areas(%(z)s, %(x)s, %(y)s, %(scheme)s, %(level)s) AS tile

-- name: tile_buildings
SELECT tile_buildings(%(z)s, %(x)s, %(y)s) AS tile

-- name: tile_ground
SELECT tile_ground(%(z)s, %(x)s, %(y)s) AS tile

-- name: tile_bounds
SELECT tile_bounds(%(layer)s) AS bounds
