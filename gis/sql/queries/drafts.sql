-- name: draft_open
SELECT open_draft(%(name)s, %(scheme)s, %(level)s, %(area)s)

-- name: draft_level
-- The level of the leaves that a new draft would have: of most of them under the area, or in all.
SELECT a.level
FROM area AS a
WHERE a.scheme = %(scheme)s AND a.leaf AND upper_inf(a.period)
  AND (%(area)s::text IS NULL OR a.path @> jsonb_build_array(jsonb_build_object('code', %(area)s::text)))
GROUP BY a.level ORDER BY count(*) DESC, a.level LIMIT 1

-- name: drafts_told
SELECT drafts_told(%(id)s, %(state)s)

-- name: draft_areas
SELECT code, name, parent_code, shape, actual_residents, registered_residents, officers, leaf
FROM draft_areas(%(id)s, %(at)s)

-- name: draft_parents
SELECT code, name, shape FROM draft_parents(%(id)s, %(at)s)

-- name: draft_faces
SELECT number, key, name, parent_code, shape FROM draft_faces(%(id)s, %(undone_too)s)

-- name: draft_operations
SELECT number, operation, who, at, applied FROM draft_operations(%(id)s)

-- name: draft_frozen
SELECT f.key
FROM (SELECT DISTINCT ON (c.key) c.key, (o.operation ->> 'frozen')::boolean AS frozen
      FROM draft_operation AS o, jsonb_array_elements_text(o.operation -> 'codes') AS c (key)
      WHERE o.draft_id = %(id)s AND o.number <= %(cursor)s AND o.operation ->> 'op' = 'freeze'
      ORDER BY c.key, o.number DESC) AS f
WHERE f.frozen
ORDER BY f.key

-- name: draft_points
SELECT lon, lat, compound, addresses, households, actual_residents, registered_residents
FROM draft_points(%(id)s)

-- name: draft_open_incidents
SELECT lon, lat FROM draft_open_incidents(%(id)s)

-- name: draft_ground
SELECT kind, id, class, name, width_m, shape
FROM draft_ground(%(id)s, %(west)s, %(south)s, %(east)s, %(north)s)

-- name: draft_store
SELECT store_draft_operation(%(id)s, %(version)s, %(operation)s, %(keys)s::text[],
                             %(names)s::text[], %(parents)s::text[], %(shapes)s::bytea[])

-- name: draft_move
SELECT move_draft(%(id)s, %(version)s, %(by)s)

-- name: draft_rebase
SELECT rebase_draft(%(id)s, %(version)s, %(base_at)s, %(kept)s)

-- name: draft_set_rules
SELECT set_draft_rules(%(id)s, %(version)s, %(rules)s)

-- name: draft_rename
SELECT rename_draft(%(id)s, %(version)s, %(name)s)

-- name: draft_abandon
SELECT abandon_draft(%(id)s, %(version)s)

-- name: plan_rules
SELECT plan_rules_of(%(scheme)s)

-- name: set_plan_rules
SELECT set_plan_rules(%(scheme)s, %(rules)s)
