-- What the loop goes by until a city says otherwise. Rows that a city has changed are left alone.
INSERT INTO loop_version (id, version) VALUES (1, 1) ON CONFLICT DO NOTHING;

-- Hours of a working day, working days of the week (Monday is 1), the highest tier, where matters
-- may be closed and how long a tier may take where category and class say nothing, the share of a
-- limit at which a warning is due, and how far a clock may be moved or stopped: how often, how many
-- hours at once, the lowest role that may grant it.
INSERT INTO city_setting (name, value) VALUES
    ('working_hours', '[["08:30", "12:00"], ["13:30", "17:30"]]'),
    ('working_week', '[1, 2, 3, 4, 5]'),
    ('top_tier', '"district"'),
    ('closing_tiers', '["grid", "community", "street", "district", "city"]'),
    ('stage_limits', '{"grid": {"hours": 24, "working": false},
                       "community": {"hours": 24, "working": false},
                       "street": {"hours": 24, "working": false},
                       "district": {"hours": 48, "working": false},
                       "city": {"hours": 48, "working": false}}'),
    ('warning_share', '0.8'),
    ('extension', '{"times": 2, "hours": 120, "approver": "community"}'),
    ('suspension', '{"times": 2, "hours": 720, "approver": "street"}')
ON CONFLICT DO NOTHING;

-- Public holidays and the weekends swapped for them, as the State Council has published them
-- (notices of 2024-11-12 and 2025-11-04). A year that is not here yet is loaded by
-- `gridwall load calendar`.
INSERT INTO calendar_day (day, working, name)
SELECT d::date, h.working, h.name
FROM (VALUES
    ('元旦', false, '2025-01-01', '2025-01-01'),
    ('春节', false, '2025-01-28', '2025-02-04'),
    ('春节调休', true, '2025-01-26', '2025-01-26'),
    ('春节调休', true, '2025-02-08', '2025-02-08'),
    ('清明节', false, '2025-04-04', '2025-04-06'),
    ('劳动节', false, '2025-05-01', '2025-05-05'),
    ('劳动节调休', true, '2025-04-27', '2025-04-27'),
    ('端午节', false, '2025-05-31', '2025-06-02'),
    ('国庆节、中秋节', false, '2025-10-01', '2025-10-08'),
    ('国庆节调休', true, '2025-09-28', '2025-09-28'),
    ('国庆节调休', true, '2025-10-11', '2025-10-11'),
    ('元旦', false, '2026-01-01', '2026-01-03'),
    ('元旦调休', true, '2026-01-04', '2026-01-04'),
    ('春节', false, '2026-02-15', '2026-02-23'),
    ('春节调休', true, '2026-02-14', '2026-02-14'),
    ('春节调休', true, '2026-02-28', '2026-02-28'),
    ('清明节', false, '2026-04-04', '2026-04-06'),
    ('劳动节', false, '2026-05-01', '2026-05-05'),
    ('劳动节调休', true, '2026-05-09', '2026-05-09'),
    ('端午节', false, '2026-06-19', '2026-06-21'),
    ('中秋节', false, '2026-09-25', '2026-09-27'),
    ('国庆节', false, '2026-10-01', '2026-10-07'),
    ('国庆节调休', true, '2026-09-20', '2026-09-20'),
    ('国庆节调休', true, '2026-10-10', '2026-10-10')
) AS h(name, working, first, last)
CROSS JOIN LATERAL generate_series(h.first::timestamp, h.last::timestamp, '1 day') AS d
ON CONFLICT DO NOTHING;

-- Sub-classes: the closed list of what is in scope.
INSERT INTO category (code, parent_code, name, name_en, line_code, kind, urgency, emergency,
                      limit_hours, class_rank)
SELECT s.code, p.code, s.name, s.name_en, s.line_code, s.kind, s.urgency, s.emergency,
       s.limit_hours, p.class_rank
FROM (VALUES
    ('party_mass.visit', '走访慰问', 'Home visits', NULL, 'service', 0, false, 120),
    ('party_mass.volunteer', '志愿服务', 'Volunteering', NULL, 'service', 0, false, 120),
    ('party_mass.opinion', '民情民意', 'Residents'' opinions', NULL, 'service', 0, false, 120),
    ('party_mass.women', '妇女儿童', 'Women and children', NULL, 'service', 1, false, 72),
    ('party_mass.disabled', '助残服务', 'Help for the disabled', NULL, 'service', 1, false, 72),
    ('party_mass.selfrule', '居民自治', 'Self-government', NULL, 'service', 0, false, 120),
    ('economy.policy', '惠企政策', 'Business policies', NULL, 'service', 0, false, 120),
    ('economy.jobs', '就业服务', 'Jobs', NULL, 'service', 0, false, 120),
    ('economy.shopvisit', '企业走访', 'Business visits', NULL, 'service', 0, false, 120),
    ('economy.vacancy', '空置楼宇', 'Vacant premises', NULL, 'service', 0, false, 120),
    ('economy.fraudloan', '非法集资', 'Illegal fund-raising', NULL, 'control', 2, false, 24),
    ('urban.litter', '暴露垃圾', 'Litter', 'environment', 'control', 0, false, 120),
    ('urban.stall', '占道经营', 'Street vending', 'environment', 'control', 0, false, 120),
    ('urban.parking', '违停占道', 'Illegal parking', 'environment', 'control', 0, false, 120),
    ('urban.noise', '噪声扰民', 'Noise', 'environment', 'control', 1, false, 72),
    ('urban.dust', '扬尘污染', 'Dust', 'environment', 'control', 1, false, 72),
    ('urban.water', '河道污染', 'Water pollution', 'environment', 'control', 1, false, 72),
    ('urban.road', '道路破损', 'Damaged roads', 'environment', 'control', 1, false, 72),
    ('urban.manhole', '井盖缺损', 'Manhole covers', 'environment', 'control', 3, true, 4),
    ('urban.light', '路灯故障', 'Street lights', 'environment', 'control', 0, false, 120),
    ('urban.tree', '绿化损坏', 'Trees and greens', 'environment', 'control', 0, false, 120),
    ('urban.advert', '违规广告', 'Illegal adverts', 'environment', 'control', 0, false, 120),
    ('urban.structure', '违法搭建', 'Illegal structures', 'environment', 'control', 1, false, 72),
    ('urban.bike', '共享单车乱放', 'Shared bikes', 'environment', 'control', 0, false, 120),
    ('social.elderly', '养老服务', 'Care of the elderly', 'population', 'service', 1, false, 72),
    ('social.allowance', '救助低保', 'Allowances', 'population', 'service', 0, false, 120),
    ('social.migrant', '流动人口登记', 'Registration of residents', 'population', 'service', 0, false, 120),
    ('social.rental', '出租房管理', 'Rented homes', 'population', 'control', 1, false, 72),
    ('social.lost', '走失人员', 'Missing persons', 'population', 'control', 3, true, 4),
    ('social.vagrant', '流浪乞讨', 'Homeless persons', 'population', 'service', 1, false, 72),
    ('social.pet', '犬只管理', 'Dogs', 'population', 'control', 1, false, 72),
    ('social.alone', '独居老人走访', 'Visits to the elderly who live alone', 'population', 'service', 1, false, 72),
    ('social.crowded', '群租房', 'Overcrowded rented homes', 'population', 'control', 2, false, 24),
    ('health.illegal', '非法行医', 'Illegal practice', 'population', 'control', 2, false, 24),
    ('health.epidemic', '传染病线索', 'Infectious disease', 'population', 'control', 3, true, 4),
    ('health.pest', '病媒生物', 'Pests', 'population', 'control', 0, false, 120),
    ('health.toilet', '公厕卫生', 'Public toilets', 'population', 'control', 0, false, 120),
    ('health.mental', '精神障碍随访', 'Mental health', 'population', 'service', 2, false, 24),
    ('health.emergency', '突发疾病', 'Medical emergencies', 'population', 'control', 3, true, 4),
    ('service.property', '物业服务', 'Property management', NULL, 'service', 0, false, 120),
    ('service.waterpower', '水电气报修', 'Water, power, gas repairs', NULL, 'service', 1, false, 72),
    ('service.lift', '电梯困人', 'People trapped in lifts', 'safety', 'service', 3, true, 4),
    ('service.drain', '管道疏通', 'Drains', 'environment', 'service', 1, false, 72),
    ('service.charging', '充电设施', 'Charging points', NULL, 'service', 0, false, 120),
    ('service.consult', '政务咨询', 'Enquiries', NULL, 'service', 0, false, 120),
    ('governance.theft', '盗窃线索', 'Theft', 'safety', 'control', 2, false, 24),
    ('governance.fraud', '电信诈骗', 'Telecom fraud', 'safety', 'control', 2, false, 24),
    ('governance.fight', '打架斗殴', 'Fights', 'safety', 'control', 3, true, 4),
    ('governance.camera', '监控损坏', 'Damaged cameras', 'safety', 'control', 1, false, 72),
    ('governance.key', '重点人员走访', 'Visits to key persons', 'safety', 'control', 1, false, 72),
    ('governance.school', '校园周边', 'Around schools', 'safety', 'control', 1, false, 72),
    ('dispute.neighbour', '邻里纠纷', 'Neighbours', 'dispute', 'service', 1, false, 72),
    ('dispute.family', '家庭纠纷', 'Family', 'dispute', 'service', 1, false, 72),
    ('dispute.violence', '家庭暴力', 'Domestic violence', 'dispute', 'service', 3, true, 4),
    ('dispute.wage', '欠薪讨薪', 'Unpaid wages', 'dispute', 'service', 2, false, 24),
    ('dispute.property', '物业纠纷', 'Property management', 'dispute', 'service', 1, false, 72),
    ('dispute.rent', '租赁纠纷', 'Tenancy', 'dispute', 'service', 0, false, 120),
    ('dispute.gathering', '群体聚集', 'Gatherings', 'dispute', 'service', 3, true, 4),
    ('safety.fire', '火情火警', 'Fires', 'fire', 'control', 3, true, 4),
    ('safety.passage', '消防通道堵塞', 'Blocked fire lanes', 'fire', 'control', 2, false, 24),
    ('safety.ebike', '电动车违规充电', 'E-bike charging', 'fire', 'control', 2, false, 24),
    ('safety.gas', '燃气安全', 'Gas', 'safety', 'control', 3, true, 4),
    ('safety.building', '房屋隐患', 'Unsafe buildings', 'safety', 'control', 2, false, 24),
    ('safety.highfall', '高空抛物', 'Falling objects', 'safety', 'control', 2, false, 24),
    ('safety.workplace', '生产安全', 'Work safety', 'safety', 'control', 2, false, 24),
    ('safety.flood', '内涝积水', 'Flooding', 'safety', 'control', 2, true, 24),
    ('safety.hallway', '楼道堆物', 'Things piled up in stairways', 'fire', 'control', 1, false, 72),
    ('market.food', '食品安全', 'Food safety', 'market', 'control', 1, false, 72),
    ('market.licence', '无证经营', 'Unlicensed trade', 'market', 'control', 0, false, 120),
    ('market.price', '价格投诉', 'Prices', 'market', 'control', 0, false, 120),
    ('market.counterfeit', '假冒伪劣', 'Counterfeits', 'market', 'control', 1, false, 72),
    ('market.lift', '特种设备', 'Special equipment', 'safety', 'control', 2, false, 24),
    ('market.smoke', '餐饮油烟', 'Cooking fumes', 'environment', 'control', 0, false, 120)
) AS s(code, name, name_en, line_code, kind, urgency, emergency, limit_hours)
JOIN category AS p ON p.code = split_part(s.code, '.', 1)
ON CONFLICT DO NOTHING;
