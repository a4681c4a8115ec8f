-- name: set_city_setting
INSERT INTO city_setting (name, value) VALUES (%(name)s, %(value)s::jsonb)
ON CONFLICT (name) DO UPDATE SET value = excluded.value
WHERE city_setting.value IS DISTINCT FROM excluded.value
