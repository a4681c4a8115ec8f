-- name: drill_grids
SELECT code, ST_AsBinary(geom) FROM area
WHERE scheme = 'base' AND level = 'grid' AND period @> now()
ORDER BY code

-- Sequences that give a column's numbers.
-- name: drill_sequences
SELECT n.nspname, s.relname, t.relname, a.attname
FROM pg_class AS s
JOIN pg_namespace AS n ON n.oid = s.relnamespace
JOIN pg_depend AS d ON d.classid = 'pg_class'::regclass AND d.objid = s.oid
    AND d.refclassid = 'pg_class'::regclass AND d.deptype IN ('a', 'i')
JOIN pg_class AS t ON t.oid = d.refobjid
JOIN pg_attribute AS a ON a.attrelid = t.oid AND a.attnum = d.refobjsubid
WHERE s.relkind = 'S' AND n.nspname !~ '^pg_'
ORDER BY 1, 2
