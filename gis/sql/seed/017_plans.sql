-- What drafts are held to until a city says otherwise: by scheme, '*' for all; see gis/plan_rules.py.
INSERT INTO city_setting (name, value) VALUES ('plan_rules', '{"*": {}}')
ON CONFLICT (name) DO NOTHING;
