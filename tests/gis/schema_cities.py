"""A city under each released schema: what its own tables held when the next release came."""

from __future__ import annotations

# The rows that a revision's new tables and columns held, over those of the revisions before.
ROWS = {
    "0001": """
INSERT INTO scheme (code, name, name_en, rank) VALUES ('base', '基础网格', 'base', 0);
INSERT INTO category (code, name, name_en, class_rank) VALUES ('urban', '市容', 'urban', 3);
INSERT INTO area_identity (id, scheme, level, code) VALUES (1, 'base', 'grid', 'G');
INSERT INTO area (identity_id, scheme, level, code, name, ancestor_ids, leaf, geom) VALUES
    (1, 'base', 'grid', 'G', '一格', '{1}', true,
     ST_Multi(ST_MakeEnvelope(120.2, 30.3, 120.201, 30.301, 4490)));
INSERT INTO building (id, building_code, name, compound, road, road_number, scope_ids, geom) VALUES
    (1, '3301040010010100001', '锦绣府1幢', '锦绣府', '文三路', '12', '{1}',
     ST_Multi(ST_MakeEnvelope(120.2004, 30.3004, 120.2006, 30.3006, 4490)));
INSERT INTO address (id, house_code, building_id, text, road, road_number, room, scope_ids, geom)
VALUES (1, '3301040010010100001000001', 1, '文三路12号锦绣府1幢101室', '文三路', '12', '101', '{1}',
        'SRID=4490;POINT(120.2005 30.3005)'),
       (2, NULL, NULL, '文三路14号', '文三路', '14', NULL, '{1}',
        'SRID=4490;POINT(120.2002 30.3002)');
INSERT INTO officer (id, officer_code, name, phone) VALUES (1, 'O1', '张三', '10000000000');
INSERT INTO duty (officer_id, area_identity_id, role, scope_ids) VALUES (1, 1, 'head', '{1}');
INSERT INTO account (id, name, role, whole) VALUES (1, '指挥长', 'hall', true);
INSERT INTO city_setting (name, value) VALUES ('nearest_m', '50');
INSERT INTO report (id, external_id, received_at, category_code, text, channel, lon, lat, datum)
VALUES (1, 'old-1', '2026-01-05T09:00+08', 'urban', '路灯坏了', 'hotline', 120.2005, 30.3005,
        'cgcs2000');
INSERT INTO incident (id, received_at, category_code, class_rank, urgency, emergency, step_count,
                      tier, summary, state, grid_id, officer_id, scope_ids, geom)
VALUES (1, '2026-01-05T09:00+08', 'urban', 3, 1, false, 1, 'grid', '路灯坏了', 'received', 1, 1,
        '{1}', 'SRID=4490;POINT(120.2005 30.3005)');
INSERT INTO step (incident_id, number, action, at, actor_role, tier, state, note_digest,
                  target_digest, hash)
VALUES (1, 1, 'receive', '2026-01-05T09:00+08', 'intake', 'grid', 'received', '', '', '\\x01');
SELECT setval(pg_get_serial_sequence(t, 'id'), 100)
FROM unnest(ARRAY['area_identity', 'building', 'address', 'officer', 'account', 'report']) AS t;
""",
    "0002": """
INSERT INTO other_name (kind, origin, name, standard, scope_ids)
VALUES ('road', 'alias', '老文三街', '文三路', '{1}');
INSERT INTO given_code (code) VALUES ('3301040010010100002');
INSERT INTO dwelling (address_id, use, registered_residents) VALUES (1, 'living', 3);
INSERT INTO enterprise (name, address_id) VALUES ('锦绣超市', 1);
INSERT INTO person (id, address_id, kind, key_id, lookup, masked, sealed)
VALUES ('00000000-0000-0000-0000-000000000001', 1, 'registered', 'k1', '\\x01', '\\x02', '\\x03');
INSERT INTO place_category (code, element, name, name_en) VALUES ('9', 'thing', '井盖', 'cover');
INSERT INTO place_object (object_code, category_code, name, scope_ids, geom)
VALUES ('P1', '9', '井盖一', '{1}', 'SRID=4490;POINT(120.2005 30.3005)');
""",
    "0003": """
UPDATE report SET understood_address_id = 1, understood_text = '文三路12号', understood_score = 1;
""",
    "0004": """
INSERT INTO loop_change (thing, key, after) VALUES ('setting', 'nearest_m', '"50"');
INSERT INTO calendar_day (day, working, name) VALUES ('2026-10-01', false, '国庆节');
INSERT INTO notice (account_id, incident_id, kind) VALUES (1, 1, 'urged');
UPDATE incident SET extension_count = 1;
""",
    "0005": """
INSERT INTO clock_mark (incident_id, clock, kind, set_by, due_at, acted_at, step_number)
VALUES (1, 'stage', 'warning', 1, '2026-01-05T10:00+08', '2026-01-05T10:00+08', 1);
INSERT INTO share (incident_id, grid_id, role, share, size) VALUES (1, 1, 'lead', 1, 10);
""",
    "0006": """
INSERT INTO incident_area (incident_id, identity_id, received_at, open, class_rank, state)
VALUES (1, 1, '2026-01-05T09:00+08', true, 3, 'received');
""",
    "0009": """
INSERT INTO audit (account_id, action, subject) VALUES (1, 'looked', 'incident 1');
INSERT INTO extent (incident_id, kind, geom, datum, received, size, outside, account_id)
VALUES (1, 'line', 'SRID=4490;LINESTRING(120.2001 30.3001, 120.2009 30.3009)', 'cgcs2000', '{}',
        100, 0, 1);
""",
    "0010": """
INSERT INTO draft (name, scheme, level, account_id, base_at)
VALUES ('重划', 'base', 'grid', 1, '2026-11-01T00:00+08');
""",
    "0011": """
INSERT INTO publication (scheme, base_at, name) VALUES ('base', '2026-11-01T00:00+08', '一版');
""",
    "0012": """
UPDATE account SET display_name = '李指挥';
""",
}
