-- name: publication_standing_areas
-- The areas in force that a redraw names, and all that meet its box.
SELECT id, identity_id, level, code, name, parent_id, leaf, ST_AsBinary(geom)
FROM area
WHERE scheme = %(scheme)s AND upper_inf(period)
  AND (code = ANY (%(codes)s) OR geom && ST_MakeEnvelope(
      %(west)s, %(south)s, %(east)s, %(north)s, 4490))
ORDER BY code

-- name: publication_postings
SELECT d.area_identity_id, d.id, d.officer_id, f.officer_code, f.name, d.role, d.line_code, d.shift_code
FROM duty AS d JOIN officer AS f ON f.id = d.officer_id
WHERE d.area_identity_id = ANY (%(identities)s) AND upper_inf(d.period)
ORDER BY d.id

-- name: publication_officers
SELECT officer_code, id FROM officer WHERE officer_code = ANY (%(codes)s)

-- name: begin_publication
SELECT begin_publication(%(scheme)s, %(base_at)s, %(name)s, %(draft_id)s, %(version)s,
                         %(undoes)s)

-- name: area_codes_given
SELECT area_codes_given(%(scheme)s, %(level)s, %(stem)s)

-- name: stage_publication
SELECT stage_publication(%(id)s, %(areas)s, %(shapes)s::bytea[], %(strip)s)

-- name: put_in_force
SELECT put_in_force(%(id)s, %(postings)s)

-- name: publication_outlook
SELECT publication_outlook(%(strip)s)

-- name: publications
SELECT jsonb_build_object(
    'id', p.id, 'at', p.at, 'scheme', p.scheme, 'base_at', p.base_at, 'name', p.name,
    'draft', p.draft_id, 'undoes', p.undoes,
    'undone_by', (SELECT max(u.id) FROM publication AS u WHERE u.undoes = p.id),
    'who', publication_author(p.id),
    'changed', (SELECT count(*) FROM publication_area AS c
                WHERE c.publication_id = p.id AND c.kind <> 'followed'),
    'detail', p.detail - 'bound')
FROM publication AS p
WHERE (%(id)s::bigint IS NULL OR p.id = %(id)s)
  AND (%(scheme)s::text IS NULL OR p.scheme = %(scheme)s)
ORDER BY p.at DESC, p.id DESC
LIMIT %(most)s

-- name: publication_before
-- The areas of a publication as they were, are since, and whether that still stands.
SELECT n.code, c.kind, n.level, was.name, was.path -> -2 ->> 'code' AS parent_code,
       ST_AsBinary(was.geom) AS was, ST_AsBinary(since.geom) AS since,
       (SELECT CASE WHEN c.after_id IS NULL THEN count(*) = 0
                    ELSE bool_or(a.name = since.name
                                 AND a.parent_id IS NOT DISTINCT FROM since.parent_id
                                 AND ST_OrderingEquals(a.geom, since.geom)) IS TRUE END
        FROM area AS a
        WHERE a.identity_id = c.identity_id AND upper_inf(a.period)) AS stands
FROM publication_area AS c
JOIN area_identity AS n ON n.id = c.identity_id
LEFT JOIN area AS was ON was.id = c.before_id
LEFT JOIN area AS since ON since.id = c.after_id
WHERE c.publication_id = %(id)s AND c.kind <> 'followed'
ORDER BY n.code

-- name: publication_duties
SELECT n.code, d.opened, upper_inf(p.period) AS running, p.id, p.officer_id, f.officer_code,
       p.role, p.line_code, p.shift_code
FROM publication_duty AS d
JOIN duty AS p ON p.id = d.duty_id
JOIN officer AS f ON f.id = p.officer_id
JOIN area_identity AS n ON n.id = p.area_identity_id
WHERE d.publication_id = %(id)s
ORDER BY d.duty_id
