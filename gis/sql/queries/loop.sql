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
