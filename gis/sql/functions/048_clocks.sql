-- The clocks' data, ready for use: working time laid out for forty years, and for each category
-- what its own row, its class and the city say together. gis/clocks.py says the same of working
-- time; a test holds both equal.

DROP MATERIALIZED VIEW IF EXISTS working_span;
DROP VIEW IF EXISTS working_span_set;
DROP MATERIALIZED VIEW IF EXISTS category_rules;
DROP VIEW IF EXISTS category_rules_set;

-- Spans of working time in order, each with the working time before it, in microseconds. A span
-- that does not end after it starts runs over midnight.
CREATE VIEW working_span_set WITH (security_invoker) AS
WITH city AS (
    SELECT coalesce((SELECT value FROM city_setting WHERE name = 'working_hours'),
                    '[["08:30", "12:00"], ["13:30", "17:30"]]') AS hours,
           coalesce((SELECT value FROM city_setting WHERE name = 'working_week'),
                    '[1, 2, 3, 4, 5]') AS week,
           coalesce((SELECT value #>> '{}' FROM city_setting WHERE name = 'time_zone'),
                    'Asia/Shanghai') AS zone
), span AS (
    SELECT (d.day + h.starts) AT TIME ZONE c.zone AS opens,
           (d.day + h.ends + CASE WHEN h.ends <= h.starts THEN interval '1 day'
                                  ELSE interval '0' END) AT TIME ZONE c.zone AS closes
    FROM city AS c
    CROSS JOIN LATERAL (
        SELECT (e.pair ->> 0)::time AS starts, (e.pair ->> 1)::time AS ends
        FROM jsonb_array_elements(c.hours) AS e(pair)) AS h
    CROSS JOIN (
        SELECT g::date AS day
        FROM generate_series(timestamp '2010-01-01', '2050-12-31', '1 day') AS g) AS d
    LEFT JOIN calendar_day AS x ON x.day = d.day
    WHERE coalesce(x.working, c.week @> to_jsonb(extract(isodow FROM d.day)::integer))
)
SELECT s.opens, s.closes,
       coalesce(sum((extract(epoch FROM s.closes - s.opens) * 1000000)::bigint) OVER (
           ORDER BY s.opens ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0)::bigint
           AS before_us
FROM span AS s
WHERE s.closes > s.opens;

CREATE MATERIALIZED VIEW working_span AS SELECT * FROM working_span_set;
CREATE UNIQUE INDEX working_span_opens_idx ON working_span (opens) INCLUDE (closes, before_us);
CREATE UNIQUE INDEX working_span_before_us_idx ON working_span (before_us)
    INCLUDE (opens, closes);

-- Microseconds as an interval that no time zone can stretch.
CREATE OR REPLACE FUNCTION microseconds(us bigint)
RETURNS interval
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN us * interval '1 microsecond';

-- Working time up to an instant, counted from the first span that is kept.
CREATE OR REPLACE FUNCTION worked_us(at timestamptz)
RETURNS bigint
LANGUAGE sql STABLE
AS $$
    SELECT coalesce((
        SELECT s.before_us
               + (extract(epoch FROM least(at, s.closes) - s.opens) * 1000000)::bigint
        FROM working_span AS s WHERE s.opens <= at ORDER BY s.opens DESC LIMIT 1), 0)
$$;

-- The instant at which a working time, begun at `start`, is used up: two look-ups. Beyond the
-- years that are kept it is counted around the clock.
CREATE OR REPLACE FUNCTION add_working(start timestamptz, us bigint)
RETURNS timestamptz
LANGUAGE plpgsql STABLE
AS $$
DECLARE
    target constant bigint := worked_us(start) + us;
    span working_span;
BEGIN
    IF us = 0 THEN
        RETURN start;
    END IF;
    SELECT * INTO span FROM working_span AS s
    WHERE s.before_us < target ORDER BY s.before_us DESC LIMIT 1;
    IF span.opens + microseconds(target - span.before_us) <= span.closes THEN
        RETURN span.opens + microseconds(target - span.before_us);
    END IF;
    RETURN start + microseconds(us);
END
$$;

-- What holds for a category: its own word, else its class's, else the city's. Limits are in
-- microseconds; `stage_us` is that of the tier in which its matters begin.
CREATE VIEW category_rules_set WITH (security_invoker) AS
SELECT c.code, c.class_rank, c.line_code, c.urgency, c.emergency, c.active,
       t.first_tier,
       round((c.limit_hours * 3600000000)::numeric)::bigint AS whole_us,
       c.limit_working AS whole_working,
       round(((t.stage ->> 'hours')::double precision * 3600000000)::numeric)::bigint AS stage_us,
       coalesce((t.stage ->> 'working')::boolean, false) AS stage_working,
       t.closing_tiers
FROM category AS c
LEFT JOIN category AS p ON p.code = c.parent_code
CROSS JOIN (
    SELECT (SELECT s.value FROM city_setting AS s WHERE s.name = 'stage_limits') AS stages,
           (SELECT ARRAY(SELECT jsonb_array_elements_text(s.value))
            FROM city_setting AS s WHERE s.name = 'closing_tiers') AS closing
) AS city
CROSS JOIN LATERAL (
    SELECT f.first_tier,
           coalesce(c.stage_limits -> f.first_tier, p.stage_limits -> f.first_tier,
                    city.stages -> f.first_tier) AS stage,
           coalesce(c.closing_tiers, p.closing_tiers, city.closing,
                    '{grid,community,street,district,city}') AS closing_tiers
    FROM (SELECT CASE WHEN c.emergency THEN 'street' ELSE 'grid' END AS first_tier) AS f
) AS t;

CREATE MATERIALIZED VIEW category_rules AS SELECT * FROM category_rules_set;
CREATE UNIQUE INDEX category_rules_code_idx ON category_rules (code);

-- A deadline by a limit, NULL where there is none.
CREATE OR REPLACE FUNCTION deadline(at timestamptz, us bigint, working boolean)
RETURNS timestamptz
LANGUAGE sql STABLE
RETURN CASE WHEN working THEN add_working(at, us) ELSE at + us * interval '1 microsecond' END;

-- A deadline after a rest, as `resumed` in gis/limits.py: what was left of it is left again; one
-- that had been missed stays.
CREATE OR REPLACE FUNCTION resumed_deadline(
    deadline_at timestamptz, suspended_at timestamptz, at timestamptz, working boolean)
RETURNS timestamptz
LANGUAGE sql STABLE
RETURN CASE
    WHEN deadline_at <= suspended_at THEN deadline_at
    WHEN working THEN add_working(at, worked_us(deadline_at) - worked_us(suspended_at))
    ELSE deadline_at + (extract(epoch FROM at - suspended_at) * 1000000)::bigint
                       * interval '1 microsecond'
END;

-- Each row that changes counts; what is kept ready is made anew once a statement.
CREATE OR REPLACE FUNCTION loop_data_changed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE
    setting text;
BEGIN
    IF TG_LEVEL = 'ROW' OR TG_OP = 'TRUNCATE' THEN
        UPDATE loop_version SET version = version + 1;
    END IF;
    IF TG_LEVEL = 'ROW' AND TG_TABLE_NAME <> 'city_setting' THEN
        RETURN NULL;
    END IF;
    IF TG_TABLE_NAME = 'city_setting' THEN
        setting := CASE WHEN TG_OP = 'DELETE' THEN OLD.name ELSE NEW.name END;
    END IF;
    -- Only where something is another, and beside those who read it: a plain refresh would hold up
    -- reports and keepers until its transaction ends.
    IF TG_TABLE_NAME = 'category' OR setting IN ('stage_limits', 'closing_tiers') THEN
        IF EXISTS (SELECT * FROM category_rules_set EXCEPT SELECT * FROM category_rules) THEN
            REFRESH MATERIALIZED VIEW CONCURRENTLY category_rules;
        END IF;
    ELSIF TG_TABLE_NAME = 'calendar_day'
          OR setting IN ('working_hours', 'working_week', 'time_zone') THEN
        IF EXISTS (SELECT * FROM working_span_set EXCEPT SELECT * FROM working_span)
           OR EXISTS (SELECT * FROM working_span EXCEPT SELECT * FROM working_span_set) THEN
            REFRESH MATERIALIZED VIEW CONCURRENTLY working_span;
        END IF;
    END IF;
    RETURN NULL;
END
$$;
