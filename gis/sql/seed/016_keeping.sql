-- What counts as a duplicate until a city says otherwise.
INSERT INTO city_setting (name, value) VALUES
    ('duplicate_radius_m', '100'),
    ('duplicate_hours', '72'),
    ('duplicate_by', '"class"')
ON CONFLICT DO NOTHING;
