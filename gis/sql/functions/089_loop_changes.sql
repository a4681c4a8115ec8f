-- What an admin may change of what the loop goes by: a category, a day of the calendar, a setting.
-- Each change keeps what was before, so that the last one can be taken back, and is audited.

-- A category, a day or a setting as it stands; NULL where there is none.
CREATE OR REPLACE FUNCTION loop_value(thing text, key text)
RETURNS jsonb
LANGUAGE sql STABLE SET search_path = public, pg_temp
AS $$
    SELECT CASE thing
        WHEN 'category' THEN (SELECT to_jsonb(c) FROM category AS c WHERE c.code = key)
        WHEN 'day' THEN (SELECT to_jsonb(d) FROM calendar_day AS d WHERE d.day = key::date)
        WHEN 'setting' THEN (SELECT c.value FROM city_setting AS c WHERE c.name = key) END
$$;

-- Sets it, and tells what was before.
CREATE OR REPLACE FUNCTION apply_loop_change(thing text, key text, after jsonb)
RETURNS jsonb
LANGUAGE plpgsql SET search_path = public, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    before constant jsonb := loop_value(thing, key);
BEGIN
    CASE thing
    WHEN 'category' THEN
        IF after IS NULL THEN
            -- Matters may be of it: it goes out of scope, and stays.
            UPDATE category SET active = false WHERE code = key;
        ELSIF before IS NULL THEN
            INSERT INTO category SELECT r.* FROM jsonb_populate_record(
                NULL::category, '{"kind": "service", "urgency": 1, "emergency": false,
                    "limit_hours": 120, "class_rank": 0, "active": true, "limit_working": false,
                    "stage_limits": {}, "opening": "", "closing": ""}'::jsonb
                || after || jsonb_build_object('code', key)) AS r;
        ELSE
            UPDATE category AS c
            SET parent_code = r.parent_code, name = r.name, name_en = r.name_en,
                line_code = r.line_code, kind = r.kind, urgency = r.urgency,
                emergency = r.emergency, limit_hours = r.limit_hours, class_rank = r.class_rank,
                unit_code = r.unit_code, active = r.active, limit_working = r.limit_working,
                closing_tiers = r.closing_tiers, stage_limits = r.stage_limits,
                opening = r.opening, closing = r.closing
            FROM jsonb_populate_record(NULL::category, before || after) AS r
            WHERE c.code = key;
        END IF;
    WHEN 'day' THEN
        DELETE FROM calendar_day AS d WHERE d.day = key::date AND after IS NULL;
        INSERT INTO calendar_day (day, working, name)
        SELECT key::date, (after ->> 'working')::boolean, coalesce(after ->> 'name', '')
        WHERE after IS NOT NULL
        ON CONFLICT (day) DO UPDATE SET working = excluded.working, name = excluded.name;
    WHEN 'setting' THEN
        INSERT INTO city_setting (name, value) VALUES (key, after)
        ON CONFLICT (name) DO UPDATE SET value = excluded.value;
    END CASE;
    RETURN before;
END
$$;

CREATE OR REPLACE FUNCTION write_loop_change(
    thing text, key text, before jsonb, undoes bigint)
RETURNS bigint
LANGUAGE sql SET search_path = public, pg_temp
AS $$
    WITH written AS (
        INSERT INTO loop_change (account_id, thing, key, before, after, undoes)
        VALUES (scope_account_id(), thing, key, before, loop_value(thing, key), undoes)
        RETURNING id
    ), audited AS (
        INSERT INTO audit (account_id, action, subject, detail)
        SELECT scope_account_id(), CASE WHEN undoes IS NULL THEN 'loop_changed'
                                        ELSE 'loop_change_undone' END,
               thing || ':' || key, jsonb_build_object(
                   'change', w.id, 'before', before, 'after', loop_value(thing, key))
        FROM written AS w
    )
    SELECT id FROM written
$$;

CREATE OR REPLACE FUNCTION require_admin() RETURNS void
LANGUAGE plpgsql STABLE SET search_path = public, pg_temp
AS $$
BEGIN
    PERFORM require_writing();
    IF scope_role() IS DISTINCT FROM 'admin' THEN
        RAISE EXCEPTION 'an admin sets this' USING ERRCODE = 'insufficient_privilege';
    END IF;
END
$$;

CREATE OR REPLACE FUNCTION change_loop(thing text, key text, after jsonb)
RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
BEGIN
    PERFORM require_admin();
    IF thing = 'setting' AND key NOT IN (
        'working_hours', 'working_week', 'top_tier', 'closing_tiers', 'stage_limits',
        'warning_share', 'extension', 'suspension')
    THEN
        RAISE EXCEPTION '% is no setting of the loop', key USING ERRCODE = 'check_violation';
    END IF;
    RETURN write_loop_change(thing, key, apply_loop_change(thing, key, after), NULL);
END
$$;

-- Takes back the last change that stands, and tells which that was; NULL where none is left.
CREATE OR REPLACE FUNCTION undo_loop_change()
RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE
    last loop_change;
BEGIN
    PERFORM require_admin();
    SELECT c.* INTO last FROM loop_change AS c
    WHERE c.undoes IS NULL
      AND NOT EXISTS (SELECT FROM loop_change AS u WHERE u.undoes = c.id)
    ORDER BY c.id DESC LIMIT 1;
    IF last.id IS NULL THEN
        RETURN NULL;
    END IF;
    IF loop_value(last.thing, last.key) IS DISTINCT FROM last.after THEN
        RAISE EXCEPTION '% % has been changed since, by a load', last.thing, last.key
            USING ERRCODE = 'serialization_failure';
    END IF;
    PERFORM write_loop_change(
        last.thing, last.key, apply_loop_change(last.thing, last.key, last.before), last.id);
    RETURN jsonb_build_object('thing', last.thing, 'key', last.key);
END
$$;
