-- What every city starts with; rows a city has changed are left as they are.
INSERT INTO scheme (code, name, name_en, rank) VALUES
    ('base', '基础网格', 'Base grids', 1),
    ('police', '警务网格', 'Police beats', 10),
    ('fire', '消防网格', 'Fire grids', 20),
    ('water', '水务网格', 'Water grids', 30)
ON CONFLICT DO NOTHING;

INSERT INTO line (code, name, name_en) VALUES
    ('safety', '安全生产', 'Work safety'),
    ('fire', '消防', 'Fire'),
    ('environment', '环境', 'Environment'),
    ('population', '人口', 'Population'),
    ('dispute', '矛盾调解', 'Disputes'),
    ('market', '市场监管', 'Market')
ON CONFLICT DO NOTHING;

INSERT INTO category (code, name, name_en, line_code, kind, urgency, class_rank) VALUES
    ('party_mass', '党群工作', 'Party and mass work', NULL, 'service', 0, 0),
    ('economy', '经济发展', 'Economic development', NULL, 'service', 0, 1),
    ('urban', '城市管理', 'Urban management', 'environment', 'control', 1, 2),
    ('social', '社会事务', 'Social affairs', 'population', 'service', 1, 3),
    ('health', '卫生计生', 'Health and family planning', 'population', 'service', 1, 4),
    ('service', '综合服务', 'General services', NULL, 'service', 0, 5),
    ('governance', '综合治理', 'Comprehensive governance', 'safety', 'control', 2, 6),
    ('dispute', '矛盾纠纷', 'Disputes', 'dispute', 'service', 1, 7),
    ('safety', '公共安全', 'Public safety', 'safety', 'control', 2, 8),
    ('market', '市场监管', 'Market supervision', 'market', 'control', 1, 9)
ON CONFLICT DO NOTHING;

INSERT INTO role_order (role, rank) VALUES
    ('head', 1), ('full_time', 2), ('part_time', 3), ('assistant', 4)
ON CONFLICT DO NOTHING;

INSERT INTO choice_order (criterion, rank) VALUES
    ('line', 1), ('reach', 2), ('shift', 3), ('role', 4)
ON CONFLICT DO NOTHING;

INSERT INTO city_setting (name, value) VALUES
    ('nearest_m', '200'),
    ('time_zone', '"Asia/Shanghai"'),
    ('may_unmask', '["street", "community", "officer", "admin"]'),
    ('may_rename', '["planner", "admin"]')
ON CONFLICT DO NOTHING;

INSERT INTO place_category (code, element, name, name_en) VALUES
    ('care', 'person', '关爱对象', 'People in care'),
    ('volunteer', 'person', '志愿者服务点', 'Volunteers'),
    ('key_place', 'place', '重点场所', 'Key place'),
    ('school', 'place', '学校', 'School'),
    ('refuge', 'place', '应急避难场所', 'Emergency shelter'),
    ('camera', 'thing', '视频监控', 'Camera'),
    ('hydrant', 'thing', '消火栓', 'Hydrant'),
    ('facility', 'thing', '市政设施', 'Municipal facility'),
    ('event', 'matter', '大型活动', 'Public event'),
    ('works', 'matter', '在建工地', 'Building site'),
    ('party_branch', 'organisation', '党组织', 'Party organisation'),
    ('social_group', 'organisation', '社会组织', 'Social organisation')
ON CONFLICT DO NOTHING;

INSERT INTO scope_key (id, key) VALUES (1, gen_random_bytes(32)) ON CONFLICT DO NOTHING;
DO $$ BEGIN IF NOT EXISTS (SELECT FROM event_head) THEN PERFORM new_epoch(); END IF; END $$;
