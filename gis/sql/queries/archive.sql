-- name: archive_drawer
-- A caller of that role and ground, in a savepoint that is taken back.
INSERT INTO account (name, role, whole)
VALUES ('archive ' || gen_random_uuid(), %(role)s, %(area)s::text IS NULL)
RETURNING id

-- name: archive_drawer_ground
INSERT INTO account_area (account_id, area_identity_id) VALUES (%(id)s, area_of_code(%(area)s))

-- name: archive_snapshot
SELECT pg_export_snapshot()

-- name: archive_entered
SELECT current_setting('gridwall.scope')

-- name: archive_keep_scope
-- The scope is signed for this transaction: it stands without the account that it was made of.
SELECT set_config('gridwall.scope', %(scope)s, true)

-- name: archive_note
INSERT INTO audit (action, subject, detail)
VALUES ('export', left(%(subject)s, 300), %(detail)s::jsonb)

-- name: archive_versions
-- Rows ever written to the tables that are shown: the same number, the same content.
SELECT t.oid::regclass::text || t.told,
       pg_stat_get_tuples_inserted(t.oid) + pg_stat_get_tuples_updated(t.oid)
           + pg_stat_get_tuples_deleted(t.oid)
FROM (
    SELECT c.oid, '' AS told FROM pg_class AS c
    WHERE c.relname = ANY (%(sources)s::text[]) AND c.relnamespace = 'public'::regnamespace
    UNION ALL
    SELECT to_regclass(format('%%I.%%I', l.table_schema, l.table_name)), ' ' || l.registered_at
    FROM tile_layer AS l WHERE 'custom:' || l.name = ANY (%(sources)s::text[])
) AS t
UNION ALL
-- Another version of the program may draw otherwise.
SELECT md5(string_agg(p.prosrc, '|' ORDER BY p.oid::regprocedure::text)), 0
FROM pg_proc AS p
WHERE p.proname LIKE 'tile%%' AND p.pronamespace = 'public'::regnamespace
ORDER BY 1

-- name: archive_ranges
-- Over which tiles of a zoom the rows of a layer lie, whoever may see them: x and y, first and last.
WITH shape AS (
    SELECT a.geom::box2d AS box FROM area AS a
    WHERE %(layer)s = 'areas' AND a.scheme = %(scheme)s AND a.period @> %(at)s::timestamptz
      AND CASE %(level)s WHEN 'leaf' THEN a.leaf ELSE a.level = %(level)s END
    UNION ALL SELECT b.geom::box2d FROM building AS b WHERE %(layer)s = 'buildings'
    UNION ALL SELECT g.geom::box2d FROM ground AS g WHERE %(layer)s = 'ground'
    UNION ALL SELECT d.geom::box2d FROM address AS d WHERE %(layer)s = 'addresses'
    UNION ALL SELECT i.geom::box2d FROM incident AS i
              WHERE %(layer)s = 'incidents' AND i.geom IS NOT NULL
    UNION ALL SELECT p.geom::box2d FROM place_object AS p WHERE %(layer)s = 'places'
    -- Lines between fixes.
    UNION ALL SELECT ST_Extent(f.geom) FROM track_fix AS f
              WHERE %(layer)s = 'tracks' AND f.at >= %(since)s::timestamptz
                AND f.at < %(at)s::timestamptz
              GROUP BY f.officer_id
), told AS (
    SELECT ST_XMin(s.box) AS west, ST_XMax(s.box) AS east,
           greatest(ST_YMin(s.box), -85.05) AS south, least(ST_YMax(s.box), 85.05) AS north
    FROM shape AS s
)
SELECT DISTINCT
       floor((t.west + 180) / 360 * %(side)s)::integer,
       floor((1 - asinh(tand(t.north)) / pi()) / 2 * %(side)s)::integer,
       floor((t.east + 180) / 360 * %(side)s)::integer,
       floor((1 - asinh(tand(t.south)) / pi()) / 2 * %(side)s)::integer
FROM told AS t
