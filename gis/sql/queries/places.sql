-- name: locate
SELECT jsonb_build_object(
    'scheme', l.scheme,
    'area', CASE WHEN l.area_id IS NOT NULL THEN jsonb_build_object(
        'code', l.code, 'name', l.name, 'path', l.path) END,
    'officer', CASE WHEN l.officer_id IS NOT NULL THEN jsonb_build_object(
        'id', l.officer_code, 'name', l.officer_name, 'role', l.officer_role) END,
    'how', l.how, 'distance_m', l.distance_m, 'rivals', l.rivals, 'facts', l.facts)
FROM locate_points(
    ARRAY[1]::bigint[], ARRAY[%(lon)s]::float8[], ARRAY[%(lat)s]::float8[],
    ARRAY[%(datum)s]::text[], ARRAY[%(accuracy_m)s]::float8[], ARRAY[%(house_code)s]::text[],
    ARRAY[%(address)s]::text[], ARRAY[%(category)s]::text[], ARRAY[%(at)s]::timestamptz[],
    %(scheme)s) AS l

-- name: area_by_code
SELECT jsonb_build_object(
    'scheme', scheme, 'level', level, 'code', code, 'name', name, 'path', path, 'leaf', leaf,
    'registered_residents', registered_residents, 'actual_residents', actual_residents,
    'valid_from', nullif(lower(period), '-infinity'), 'valid_to', upper(period),
    'lon', round(ST_X(label)::numeric, 6), 'lat', round(ST_Y(label)::numeric, 6),
    'bounds', jsonb_build_array(ST_XMin(geom), ST_YMin(geom), ST_XMax(geom), ST_YMax(geom)))
FROM (SELECT *, ST_PointOnSurface(geom) AS label FROM area
      WHERE code = %(code)s AND scheme = %(scheme)s AND period @> %(at)s::timestamptz
        AND (%(level)s::text IS NULL OR level = %(level)s)
      ORDER BY array_position(ARRAY['city', 'district', 'street', 'community', 'grid'], level)
      LIMIT 1) AS a

-- name: area_children
SELECT jsonb_build_object('scheme', c.scheme, 'level', c.level, 'code', c.code, 'name', c.name,
                          'leaf', c.leaf)
FROM area AS a
JOIN area AS c ON c.parent_id = a.identity_id AND c.period @> %(at)s::timestamptz
WHERE a.code = %(code)s AND a.scheme = %(scheme)s AND a.period @> %(at)s::timestamptz
  AND (%(level)s::text IS NULL OR a.level = %(level)s)
ORDER BY c.code

-- name: area_geometry
-- Option 0 leaves out the crs member, which RFC 7946 forbids; rings are wound as it wants them.
SELECT json_build_object(
    'type', 'Feature', 'id', code,
    'properties', json_build_object('scheme', scheme, 'level', level, 'code', code, 'name', name),
    'geometry', ST_AsGeoJSON(ST_ForcePolygonCCW(geom), 9, 0)::json)::text
FROM area
WHERE code = %(code)s AND scheme = %(scheme)s AND period @> %(at)s::timestamptz
  AND (%(level)s::text IS NULL OR level = %(level)s)
ORDER BY array_position(ARRAY['city', 'district', 'street', 'community', 'grid'], level)
LIMIT 1

-- name: is_scheme
SELECT EXISTS (SELECT FROM scheme WHERE code = %(scheme)s)
