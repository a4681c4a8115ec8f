-- How the clock's worker and the search for duplicates begin; a city sets its own.
INSERT INTO city_setting (name, value) VALUES
    ('warning_share', '0.8'),
    ('duplicate_radius_m', '100'),
    ('duplicate_hours', '72'),
    ('duplicate_by', '"class"')
ON CONFLICT DO NOTHING;
