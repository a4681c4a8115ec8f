-- How long what is kept, and how it is taken away: words and contacts go, the matter, its steps and
-- its place stay. The chain of steps holds, since a step's hash covers the digest of its note.

-- The rule that counts for a category: its own, its class's, or that of all.
CREATE OR REPLACE FUNCTION keep_days(of_kind text, of_category text)
RETURNS integer
LANGUAGE sql STABLE SET search_path = public, pg_temp
AS $$
    SELECT r.keep_days
    FROM retention AS r
    LEFT JOIN category AS c ON c.code = of_category
    WHERE r.kind = of_kind AND r.category_code IN (of_category, c.parent_code, '')
    ORDER BY CASE r.category_code WHEN of_category THEN 1 WHEN '' THEN 3 ELSE 2 END
    LIMIT 1
$$;

-- Rows that are append-only but for an erasure, which may blank what it blanks and nothing else.
CREATE OR REPLACE FUNCTION refuse_unless_erased() RETURNS trigger
LANGUAGE plpgsql
AS $$
DECLARE
    blank constant jsonb := CASE TG_TABLE_NAME
        WHEN 'report' THEN
            '{"text": "", "address": null, "house_code": null, "photos": null, "origin": null,
              "external_id": null, "understood_address_id": null, "understood_building_id": null,
              "understood_text": null}'::jsonb
        WHEN 'step' THEN '{"note": null}'::jsonb END;
BEGIN
    IF TG_OP = 'UPDATE' AND current_setting('gridwall.erasing', true) = 'on'
       AND to_jsonb(NEW) - 'erased_at' = (to_jsonb(OLD) || blank) - 'erased_at' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION '% on % refused: its rows are append-only', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege';
END
$$;

-- Takes words, contacts and pictures from reports and what was written on the way.
CREATE OR REPLACE FUNCTION erase_reports(report_ids bigint[])
RETURNS void
LANGUAGE plpgsql SET search_path = public, pg_temp
AS $$
BEGIN
    PERFORM set_config('gridwall.erasing', 'on', true);
    UPDATE report AS r
    SET text = '', address = NULL, house_code = NULL, photos = NULL, origin = NULL,
        external_id = NULL, understood_address_id = NULL, understood_building_id = NULL,
        understood_text = NULL, erased_at = clock_timestamp()
    WHERE r.id = ANY (report_ids);
    UPDATE step AS s SET note = NULL
    WHERE s.incident_id = ANY (report_ids) AND s.note IS NOT NULL;
    UPDATE incident AS i SET summary = '' WHERE i.id = ANY (report_ids);
    -- What /live may still hand on of them.
    UPDATE event AS e SET payload = (e.payload::jsonb - 't')::text
    WHERE e.kind = 'incident' AND (e.payload::jsonb ->> 'id')::bigint = ANY (report_ids)
      AND e.payload::jsonb ? 't';
    PERFORM set_config('gridwall.erasing', '', true);
END
$$;
