-- name: building_dossier
SELECT jsonb_build_object(
    'building_code', b.building_code, 'name', b.name, 'kind', b.kind, 'text', b.text,
    'floor_count', b.floors, 'height_m', b.height_m, 'lon', round(ST_X(p.point)::numeric, 7),
    'lat', round(ST_Y(p.point)::numeric, 7),
    'elements', jsonb_strip_nulls(jsonb_build_object(
        'province', b.province, 'city', b.city, 'district', b.district, 'street', b.street,
        'community', b.community, 'road', b.road, 'road_number', b.road_number,
        'compound', b.compound, 'building', b.building_number)),
    'areas', (
        SELECT coalesce(jsonb_agg(jsonb_build_object(
            'scheme', a.scheme, 'level', a.level, 'code', a.code, 'name', a.name, 'path', a.path)
            ORDER BY s.rank, a.scheme, a.code), '[]')
        FROM area AS a JOIN scheme AS s ON s.code = a.scheme
        WHERE a.identity_id = ANY (b.scope_ids) AND a.leaf AND upper_inf(a.period)),
    'names', (
        SELECT coalesce(jsonb_agg(jsonb_build_object(
            'kind', o.kind, 'origin', o.origin, 'field', o.field, 'name', o.name,
            'from', nullif(lower(o.period), '-infinity'), 'to', upper(o.period), 'note', o.note)
            ORDER BY o.origin, o.kind, lower(o.period), o.name), '[]')
        FROM other_name AS o
        WHERE o.building_id = b.id OR o.kind = 'compound' AND o.standard = b.compound
           OR o.kind = 'road' AND o.standard = b.road),
    'objects', (
        SELECT coalesce(jsonb_agg(jsonb_build_object(
            'object_code', o.object_code, 'category', o.category_code, 'element', c.element,
            'category_name', c.name, 'category_name_en', c.name_en, 'name', o.name)
            ORDER BY c.element, o.category_code, o.name), '[]')
        FROM place_object AS o JOIN place_category AS c ON c.code = o.category_code
        WHERE o.building_id = b.id),
    'counts', (
        SELECT jsonb_build_object(
            'houses', count(*), 'dwellings', count(d.address_id),
            'registered_residents', coalesce(sum(d.registered_residents), 0),
            'actual_residents', coalesce(sum(d.actual_residents), 0),
            'let', count(*) FILTER (WHERE d.occupancy = 'let'),
            'vacant', count(*) FILTER (WHERE d.occupancy = 'vacant'),
            'enterprises', (
                SELECT count(*) FROM enterprise AS e JOIN address AS a ON a.id = e.address_id
                WHERE a.building_id = b.id),
            'employees', (
                SELECT coalesce(sum(e.employees), 0)
                FROM enterprise AS e JOIN address AS a ON a.id = e.address_id
                WHERE a.building_id = b.id),
            'persons', (
                SELECT count(*) FROM person AS n JOIN address AS a ON a.id = n.address_id
                WHERE a.building_id = b.id))
        FROM address AS a LEFT JOIN dwelling AS d ON d.address_id = a.id
        WHERE a.building_id = b.id),
    'floors', (
        SELECT coalesce(jsonb_agg(jsonb_build_object('floor', f.floor, 'houses', f.houses)
                                  ORDER BY f.storey, f.floor), '[]')
        FROM (
            SELECT a.floor, substring(a.floor FROM '^-?[0-9]{1,4}$')::integer AS storey,
                   jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
                       'house_code', a.house_code, 'text', a.text, 'unit', a.unit,
                       'room', a.room, 'use', d.use, 'tenure', d.tenure,
                       'occupancy', d.occupancy,
                       'registered_residents', d.registered_residents,
                       'actual_residents', d.actual_residents,
                       'enterprises', nullif(e.enterprises, 0)))
                       ORDER BY length(a.unit) NULLS FIRST, a.unit, length(a.room), a.room,
                                a.house_code) AS houses
            FROM address AS a
            LEFT JOIN dwelling AS d ON d.address_id = a.id
            LEFT JOIN LATERAL (
                SELECT count(*) AS enterprises FROM enterprise AS e WHERE e.address_id = a.id
            ) AS e ON true
            WHERE a.building_id = b.id
            GROUP BY a.floor
        ) AS f))
FROM building AS b
CROSS JOIN LATERAL (SELECT ST_PointOnSurface(b.geom) AS point) AS p
WHERE b.building_code = %(code)s

-- name: house_dossier
SELECT jsonb_build_object(
    'house_code', h.house_code, 'text', h.text, 'lon', ST_X(h.geom), 'lat', ST_Y(h.geom),
    'elements', jsonb_strip_nulls(jsonb_build_object(
        'province', h.province, 'city', h.city, 'district', h.district, 'street', h.street,
        'community', h.community, 'road', h.road, 'road_number', h.road_number,
        'compound', h.compound, 'building', h.building_number, 'unit', h.unit,
        'floor', h.floor, 'room', h.room)),
    'building', CASE WHEN b.id IS NOT NULL THEN jsonb_build_object(
        'building_code', b.building_code, 'name', b.name, 'kind', b.kind, 'text', b.text) END,
    'areas', (
        SELECT coalesce(jsonb_agg(jsonb_build_object(
            'scheme', a.scheme, 'level', a.level, 'code', a.code, 'name', a.name, 'path', a.path)
            ORDER BY s.rank, a.scheme, a.code), '[]')
        FROM area AS a JOIN scheme AS s ON s.code = a.scheme
        WHERE a.identity_id = ANY (h.scope_ids) AND a.leaf AND upper_inf(a.period)),
    'names', (
        SELECT coalesce(jsonb_agg(jsonb_build_object(
            'kind', o.kind, 'origin', o.origin, 'field', o.field, 'name', o.name,
            'from', nullif(lower(o.period), '-infinity'), 'to', upper(o.period), 'note', o.note)
            ORDER BY o.origin, o.kind, lower(o.period), o.name), '[]')
        FROM other_name AS o
        WHERE o.address_id = h.id OR o.building_id = h.building_id
           OR o.kind = 'compound' AND o.standard = h.compound
           OR o.kind = 'road' AND o.standard = h.road),
    'dwelling', (
        SELECT jsonb_build_object('use', d.use, 'tenure', d.tenure, 'occupancy', d.occupancy)
        FROM dwelling AS d WHERE d.address_id = h.id),
    'residents', (
        SELECT jsonb_build_object('registered', d.registered_residents,
                                  'actual', d.actual_residents)
        FROM dwelling AS d WHERE d.address_id = h.id),
    'enterprises', (
        SELECT coalesce(jsonb_agg(jsonb_build_object(
            'enterprise_code', e.enterprise_code, 'name', e.name, 'kind', e.kind,
            'employees', e.employees) ORDER BY e.name, e.id), '[]')
        FROM enterprise AS e WHERE e.address_id = h.id)),
    h.id
FROM address AS h
LEFT JOIN building AS b ON b.id = h.building_id
WHERE h.house_code = %(code)s

-- name: persons_of_house
SELECT id, kind, relation, key_id, masked FROM person
WHERE address_id = %(address_id)s
ORDER BY relation IS DISTINCT FROM 'head', kind, id

-- name: buildings_of_area
SELECT jsonb_build_object(
    'building_code', b.building_code, 'name', b.name, 'kind', b.kind, 'text', b.text,
    'compound', b.compound, 'road', b.road, 'road_number', b.road_number, 'floor_count', b.floors,
    'houses', n.houses, 'actual_residents', n.residents),
    b.building_code, b.id
FROM (
    SELECT o.* FROM building AS o
    WHERE o.id = ANY (ARRAY(SELECT building_id FROM buildings_within(
        %(area_id)s, %(most)s, %(q)s, %(after_code)s, %(after_id)s)))
) AS b
CROSS JOIN LATERAL (
    SELECT count(*) AS houses, coalesce(sum(d.actual_residents), 0) AS residents
    FROM address AS a LEFT JOIN dwelling AS d ON d.address_id = a.id
    WHERE a.building_id = b.id
) AS n
ORDER BY coalesce(b.building_code, ''), b.id

-- name: area_identity_by_code
SELECT identity_id FROM area
WHERE code = %(code)s AND scheme = %(scheme)s AND upper_inf(period)
ORDER BY array_position(ARRAY['city', 'district', 'street', 'community', 'grid'], level)
LIMIT 1

-- name: role_may
SELECT EXISTS (
    SELECT FROM city_setting AS c WHERE c.name = %(setting)s AND c.value ? scope_role())
