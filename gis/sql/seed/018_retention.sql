-- How many days what is kept until a city says otherwise: words of closed matters for three years,
-- people whom no load has confirmed for two, where officers were for 90 days.
INSERT INTO retention (kind, category_code, keep_days) VALUES
    ('report', '', 1095),
    ('person', '', 730),
    ('event', '', 30),
    ('notice', '', 180),
    ('credential', '', 90),
    ('track', '', 90)
ON CONFLICT DO NOTHING;
