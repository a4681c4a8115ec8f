-- How the score is made, until a city sets its own: weights, and what counts as full marks.
-- in_tier, on_time: a share; reopened: the share at which nothing is left; speed: hours end to
-- end; satisfaction: points of five; patrols and visits: a grid's number a day.
INSERT INTO score_part (subject, part, weight, target)
SELECT s.subject, p.part, p.weight,
       CASE WHEN p.part = 'in_tier' THEN s.in_tier ELSE p.target END
FROM (VALUES ('grid', 0.98), ('officer', 0.98), ('community', 0.90), ('street', 0.90),
             ('district', 0.90), ('whole', 0.90)) AS s (subject, in_tier)
CROSS JOIN (VALUES ('in_tier', 30, NULL), ('on_time', 25, 1.0), ('reopened', 10, 0.05),
                   ('speed', 10, 24), ('satisfaction', 15, 5), ('patrols', 5, 1),
                   ('visits', 5, 2)) AS p (part, weight, target)
ON CONFLICT DO NOTHING;

INSERT INTO star_rule (stars, least) VALUES (5, 95), (4, 90), (3, 80), (2, 70), (1, 60)
ON CONFLICT DO NOTHING;

DO $$ BEGIN IF NOT EXISTS (SELECT FROM assessment_head) THEN PERFORM recount_matters(); END IF; END $$;
