-- name: incidents_page
-- By keyset, newest first; the last two columns are where the next page begins.
SELECT jsonb_build_object(
           'id', i.id, 'received_at', i.received_at, 'category', i.category_code,
           'summary', i.summary, 'state', i.state, 'tier', i.tier, 'urgency', i.urgency,
           'emergency', i.emergency, 'lon', ST_X(i.geom), 'lat', ST_Y(i.geom),
           'area', (SELECT jsonb_build_object('code', a.code, 'name', a.name) FROM area AS a
                    WHERE a.identity_id = i.grid_id AND upper_inf(a.period)),
           'stage_deadline_at', i.stage_deadline_at, 'deadline_at', i.deadline_at,
           'suspended_at', i.suspended_at, 'closed_at', i.closed_at,
           'merged_into', i.merged_into_id),
       i.received_at, i.id
FROM incident AS i
WHERE (%(area)s::text IS NULL OR i.scope_ids && ARRAY(
           SELECT n.id FROM area_identity AS n WHERE n.code = %(area)s))
  AND (%(state)s::text IS NULL OR i.state = %(state)s)
  AND (%(tier)s::text IS NULL OR i.tier = %(tier)s)
  AND (%(category)s::text IS NULL OR i.category_code IN (
           WITH RECURSIVE under AS (
               SELECT code FROM category WHERE code = %(category)s
               UNION SELECT c.code FROM category AS c JOIN under AS u ON c.parent_code = u.code)
           SELECT code FROM under))
  AND (%(since)s::timestamptz IS NULL OR i.received_at >= %(since)s)
  AND (%(before)s::timestamptz IS NULL
       OR (i.received_at, i.id) < (%(before)s::timestamptz, %(before_id)s::bigint))
ORDER BY i.received_at DESC, i.id DESC
LIMIT %(most)s

-- name: incident_by_id
SELECT jsonb_build_object(
    'report', jsonb_build_object(
        'id', r.id, 'received_at', r.received_at, 'occurred_at', r.occurred_at,
        'channel', r.channel, 'external_id', r.external_id, 'category', r.category_code,
        'text', r.text, 'lon', r.lon, 'lat', r.lat, 'datum', r.datum,
        'accuracy_m', r.accuracy_m, 'address', r.address, 'house_code', r.house_code,
        'photos', coalesce(r.photos, '[]'), 'erased_at', r.erased_at),
    'incident', jsonb_build_object(
        'id', i.id, 'state', i.state, 'tier', i.tier, 'urgency', i.urgency,
        'emergency', i.emergency, 'category', i.category_code, 'summary', i.summary,
        'lon', ST_X(i.geom), 'lat', ST_Y(i.geom), 'merged_into', i.merged_into_id,
        'placed', i.grid_id IS NOT NULL, 'pending', i.pending) || incident_people(i.id),
    'clocks', jsonb_build_object(
        'received_at', i.received_at, 'verified_at', i.verified_at,
        'dispatched_at', i.dispatched_at, 'handled_at', i.handled_at, 'closed_at', i.closed_at,
        'stage_deadline_at', i.stage_deadline_at, 'deadline_at', i.deadline_at,
        'suspended_at', i.suspended_at, 'suspended_until', i.suspended_until,
        'extension_count', i.extension_count, 'suspension_count', i.suspension_count),
    'steps', (SELECT jsonb_agg(jsonb_build_object(
                  'number', s.number, 'action', s.action, 'at', s.at, 'role', s.actor_role,
                  'tier', s.tier, 'state', s.state, 'note', s.note, 'to', s.target,
                  'until', s.until) ORDER BY s.number)
              FROM step AS s WHERE s.incident_id = i.id),
    'assignments', incident_assignments(i.id))
FROM incident AS i
JOIN report AS r ON r.id = i.id
WHERE i.id = %(id)s

-- name: incident_steps
-- The steps, each with what of the incident they do not tell themselves.
SELECT s.*, i.emergency, i.category_code, i.grid_id IS NOT NULL AS placed,
       (SELECT scope_all() OR EXISTS (SELECT FROM area_identity AS n
        WHERE n.id = ANY (scope_ids()) AND n.level = 'city')) AS of_city
FROM step AS s JOIN incident AS i ON i.id = s.incident_id
WHERE s.incident_id = %(id)s
ORDER BY s.number

-- name: incident_target_fault
-- Why a matter can't be sent to an officer or a unit: `missing`, `category`, `ground`, or NULL.
SELECT CASE
    WHEN %(kind)s = 'officer' THEN
        CASE WHEN NOT EXISTS (SELECT FROM officer AS f WHERE f.id = %(number)s)
                  AND %(number)s IS DISTINCT FROM scope_officer_id() THEN 'missing' END
    WHEN u.id IS NULL THEN 'missing'
    WHEN cardinality(u.categories) > 0
         AND NOT u.categories && ARRAY[i.category_code, coalesce(c.parent_code, '')]
         AND c.unit_code IS DISTINCT FROM u.unit_code THEN 'category'
    WHEN u.area_identity_id IS NOT NULL
         AND NOT i.scope_ids @> ARRAY[u.area_identity_id] THEN 'ground' END
FROM incident AS i
JOIN category AS c ON c.code = i.category_code
LEFT JOIN unit AS u ON %(kind)s = 'unit' AND u.id = %(number)s
WHERE i.id = %(id)s

-- name: incident_targets
-- To whom a matter can be sent: officers posted on its ground, the nearest first, and units for
-- its category and ground.
SELECT jsonb_build_object(
    'officers', (
        SELECT coalesce(jsonb_agg(o.told ORDER BY o.on_shift DESC, o.reach DESC, o.code), '[]')
        FROM (
            SELECT DISTINCT ON (f.id) f.officer_code AS code, p.reach, p.on_shift,
                   jsonb_build_object('to', 'officer:' || f.id, 'code', f.officer_code,
                                      'name', f.name, 'role', p.role, 'area', p.area,
                                      'on_shift', p.on_shift) AS told
            FROM (
                SELECT d.officer_id, d.role, a.name AS area, cardinality(a.ancestor_ids) AS reach,
                       on_shift(h.weekdays, h.starts, h.ends,
                                %(now)s::timestamptz AT TIME ZONE
                                setting_text('time_zone', 'Asia/Shanghai')) AS on_shift
                FROM duty AS d
                JOIN area AS a ON a.identity_id = d.area_identity_id AND upper_inf(a.period)
                LEFT JOIN shift AS h ON h.code = d.shift_code
                WHERE d.area_identity_id = ANY (i.scope_ids) AND d.period @> %(now)s
            ) AS p
            JOIN officer AS f ON f.id = p.officer_id
            ORDER BY f.id, p.on_shift DESC, p.reach DESC
        ) AS o),
    'units', (
        SELECT coalesce(jsonb_agg(jsonb_build_object(
            'to', 'unit:' || u.id, 'code', u.unit_code, 'name', u.name, 'kind', u.kind)
            ORDER BY c.unit_code IS NOT DISTINCT FROM u.unit_code DESC, u.kind, u.unit_code), '[]')
        FROM unit AS u
        WHERE (cardinality(u.categories) = 0 OR c.unit_code = u.unit_code
               OR u.categories && ARRAY[i.category_code, coalesce(c.parent_code, '')])
          AND (u.area_identity_id IS NULL OR i.scope_ids @> ARRAY[u.area_identity_id])))
FROM incident AS i
JOIN category AS c ON c.code = i.category_code
WHERE i.id = %(id)s

-- name: notices
SELECT jsonb_build_object(
    'id', n.id, 'at', n.at, 'incident', n.incident_id, 'kind', n.kind, 'read', n.read_at IS NOT NULL)
    || n.detail
FROM notice AS n
WHERE n.account_id = scope_account_id() AND (n.read_at IS NULL OR %(all)s)
ORDER BY n.id DESC
LIMIT %(limit)s

-- name: read_notices
SELECT read_notices(%(up_to)s)

-- name: target_of_code
-- An officer or a unit by the code that people and answers know it by.
SELECT 'officer:' || f.id FROM officer AS f WHERE f.officer_code = %(code)s
UNION ALL
SELECT 'unit:' || u.id FROM unit AS u WHERE u.unit_code = %(code)s
LIMIT 1

-- name: append_step
SELECT append_step(%(secret)s, %(id)s, %(count)s, %(step)s::jsonb, %(cache)s::jsonb)
