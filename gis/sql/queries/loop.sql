-- name: loop_rules
-- What the loop goes by, and its version; NULL instead of the rules where the caller knows them.
SELECT v.version,
       CASE WHEN v.version <> %(known)s THEN jsonb_build_object(
           'settings', jsonb_build_object(
               'time_zone', 'Asia/Shanghai', 'top_tier', 'district', 'warning_share', 0.8,
               'working_hours', '[["08:30", "12:00"], ["13:30", "17:30"]]'::jsonb,
               'working_week', '[1, 2, 3, 4, 5]'::jsonb, 'stage_limits', '{}'::jsonb,
               'closing_tiers', '["grid", "community", "street", "district", "city"]'::jsonb,
               'extension', '{}'::jsonb, 'suspension', '{}'::jsonb)
               || (SELECT coalesce(jsonb_object_agg(s.name, s.value), '{}')
                   FROM city_setting AS s),
           'days', (SELECT coalesce(jsonb_object_agg(d.day, d.working), '{}')
                    FROM calendar_day AS d),
           'categories', (SELECT coalesce(jsonb_agg(jsonb_build_object(
               'code', c.code, 'parent_code', c.parent_code, 'limit_hours', c.limit_hours,
               'limit_working', c.limit_working, 'closing_tiers', c.closing_tiers,
               'stage_limits', c.stage_limits)), '[]') FROM category AS c)) END
FROM loop_version AS v

-- name: load_loop_change
-- What a file sets, as the owner: noted in the audit log, and not to be taken back by a click.
WITH applied AS (
    SELECT apply_loop_change(%(thing)s, %(key)s, %(after)s::jsonb) AS before
)
INSERT INTO audit (action, subject, detail)
SELECT 'loop_loaded', %(thing)s || ':' || %(key)s, jsonb_build_object('before', a.before)
FROM applied AS a

-- name: category_classes
SELECT code, class_rank FROM category WHERE parent_code IS NULL

-- name: units_by_name
SELECT unit_code, name FROM unit ORDER BY unit_code

-- name: categories_as_json
SELECT c.code, to_jsonb(c) FROM category AS c
ORDER BY c.class_rank, c.parent_code IS NOT NULL, c.code

-- name: loop_admin
-- What the admin's pages show beside the categories.
SELECT jsonb_build_object(
    'lines', (SELECT jsonb_agg(jsonb_build_object('code', l.code, 'name', l.name,
                                                  'name_en', l.name_en) ORDER BY l.code)
              FROM line AS l),
    'units', (SELECT coalesce(jsonb_agg(jsonb_build_object('code', u.unit_code, 'name', u.name)
                                        ORDER BY u.kind, u.unit_code), '[]') FROM unit AS u),
    'settings', (SELECT jsonb_object_agg(s.name, s.value) FROM city_setting AS s
                 WHERE s.name IN ('working_hours', 'working_week', 'top_tier', 'closing_tiers',
                                  'stage_limits', 'warning_share', 'extension', 'suspension')),
    'days', (SELECT coalesce(jsonb_agg(to_jsonb(d) ORDER BY d.day), '[]')
             FROM calendar_day AS d),
    'changes', (SELECT coalesce(jsonb_agg(jsonb_build_object(
                    'id', c.id, 'at', c.at, 'thing', c.thing, 'key', c.key, 'by', c.by,
                    'undoes', c.undoes, 'undone', c.undone) ORDER BY c.id DESC), '[]')
                FROM (SELECT l.*, a.name AS by,
                             EXISTS (SELECT FROM loop_change AS u WHERE u.undoes = l.id) AS undone
                      FROM loop_change AS l
                      LEFT JOIN account AS a ON a.id = l.account_id
                      ORDER BY l.id DESC LIMIT 30) AS c))

-- name: change_loop
SELECT change_loop(%(thing)s, %(key)s, %(after)s::jsonb)

-- name: undo_loop_change
SELECT undo_loop_change()
