-- What a city has set of assignment, ready for use.
--
-- What runs for every report is planned once a session: plpgsql with generic plans, and helpers
-- without a SET clause, so that the planner inlines them (planning each time costs tenfold).

DROP FUNCTION IF EXISTS answerable;
DROP FUNCTION IF EXISTS as_understood;
DROP FUNCTION IF EXISTS locate_points;
DROP FUNCTION IF EXISTS locate_point;
DROP FUNCTION IF EXISTS location_outside;
DROP FUNCTION IF EXISTS ground_at;
DROP FUNCTION IF EXISTS choose_officer;
DROP FUNCTION IF EXISTS rivals_equal;
DROP FUNCTION IF EXISTS location_facts;
-- It was a plain view once, and each DROP refuses the other's kind.
DO $$
BEGIN
    IF (SELECT relkind FROM pg_class WHERE oid = to_regclass('assignment_rules')) = 'v' THEN
        DROP VIEW assignment_rules;
    END IF;
END
$$;
DROP MATERIALIZED VIEW IF EXISTS assignment_rules;
DROP VIEW IF EXISTS assignment_rules_set;
DROP TYPE IF EXISTS location;

CREATE OR REPLACE FUNCTION setting_number(setting_name text, otherwise double precision)
RETURNS double precision
LANGUAGE sql STABLE
AS $$
    SELECT coalesce(
        (SELECT (value #>> '{}')::double precision FROM city_setting WHERE name = setting_name),
        otherwise)
$$;

CREATE OR REPLACE FUNCTION setting_text(setting_name text, otherwise text)
RETURNS text
LANGUAGE sql STABLE
AS $$
    SELECT coalesce(
        (SELECT value #>> '{}' FROM city_setting WHERE name = setting_name), otherwise)
$$;

-- What a city has set, in one row.
CREATE VIEW assignment_rules_set WITH (security_invoker) AS
SELECT coalesce(
           (SELECT (c.value #>> '{}')::double precision FROM city_setting AS c
            WHERE c.name = 'nearest_m'), 200) AS nearest_m,
       coalesce(
           (SELECT c.value #>> '{}' FROM city_setting AS c WHERE c.name = 'time_zone'),
           'Asia/Shanghai') AS time_zone,
       ARRAY(SELECT s.code FROM scheme AS s WHERE s.active OR s.code = 'base'
             ORDER BY s.code <> 'base', s.rank, s.code) AS schemes,
       ARRAY(SELECT r.role FROM role_order AS r ORDER BY r.rank, r.role) AS roles,
       weight.*
FROM (
    SELECT coalesce(sum(w.weight) FILTER (WHERE w.criterion = 'line'), 0)::bigint AS line,
           coalesce(sum(w.weight) FILTER (WHERE w.criterion = 'reach'), 0)::bigint AS reach,
           coalesce(sum(w.weight) FILTER (WHERE w.criterion = 'shift'), 0)::bigint AS shift,
           coalesce(sum(w.weight) FILTER (WHERE w.criterion = 'role'), 0)::bigint AS role
    FROM (SELECT o.criterion, 100::bigint ^ (7 - o.rank) AS weight FROM choice_order AS o) AS w
) AS weight;

-- The same kept ready: it is read for every report and changes once a year. Triggers on the
-- tables it is made from refresh it.
CREATE MATERIALIZED VIEW assignment_rules AS SELECT * FROM assignment_rules_set;
CREATE UNIQUE INDEX assignment_rules_time_zone_idx ON assignment_rules (time_zone);

-- Only where something is another, since loading areas touches their scheme each time; and beside
-- those who read it: a plain refresh would hold up all reports until its transaction ends.
CREATE OR REPLACE FUNCTION assignment_rules_changed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
BEGIN
    IF EXISTS (SELECT * FROM assignment_rules_set EXCEPT SELECT * FROM assignment_rules) THEN
        REFRESH MATERIALIZED VIEW CONCURRENTLY assignment_rules;
    END IF;
    RETURN NULL;
END
$$;
