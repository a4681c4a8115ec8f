-- name: outlines_of_level
SELECT code, ST_AsBinary(geom)
FROM area
WHERE scheme = %(scheme)s AND level = %(level)s AND upper_inf(period);
