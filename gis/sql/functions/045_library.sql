-- The address library: other names of places, codes that are never given again, unmasking.

-- Former names are written by whatever changes a name: a loader, psql, QGIS or a rename.
CREATE OR REPLACE FUNCTION name_kept() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp
AS $$
DECLARE
    changed constant text := TG_ARGV[0];
    house_id constant bigint := CASE WHEN TG_TABLE_NAME = 'address' THEN OLD.id END;
    built_id constant bigint := CASE WHEN TG_TABLE_NAME = 'building' THEN OLD.id END;
    since timestamptz;
BEGIN
    SELECT max(upper(o.period)) INTO since
    FROM other_name AS o
    WHERE o.field = changed AND (o.address_id = house_id OR o.building_id = built_id);
    INSERT INTO other_name (kind, origin, field, name, address_id, building_id, period, note)
    VALUES (CASE WHEN house_id IS NULL THEN 'building' ELSE 'house' END, 'former', changed,
            to_jsonb(OLD) ->> changed, house_id, built_id,
            tstzrange(coalesce(since, '-infinity'), clock_timestamp()),
            nullif(current_setting('gridwall.rename_note', true), ''));
    RETURN NULL;
END
$$;

CREATE OR REPLACE FUNCTION code_kept() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp
AS $$
BEGIN
    INSERT INTO given_code (code) VALUES (to_jsonb(OLD) ->> TG_ARGV[0]) ON CONFLICT DO NOTHING;
    RETURN NULL;
END
$$;

-- Under which areas a name lies: where its house, building or area lies; for a compound or a
-- road, where any of its buildings or of the sites that addresses name lies.
CREATE OR REPLACE FUNCTION other_name_scope(named other_name)
RETURNS bigint[]
LANGUAGE sql STABLE SET search_path = public, pg_temp
AS $$
    SELECT coalesce(CASE named.kind
        WHEN 'house' THEN (SELECT a.scope_ids FROM address AS a WHERE a.id = named.address_id)
        WHEN 'building' THEN
            (SELECT b.scope_ids FROM building AS b WHERE b.id = named.building_id)
        WHEN 'area' THEN
            (SELECT a.ancestor_ids FROM area AS a
             WHERE a.identity_id = named.area_identity_id AND upper_inf(a.period))
        ELSE
            (SELECT array_agg(DISTINCT above.id ORDER BY above.id)
             FROM (SELECT b.scope_ids FROM building AS b
                   WHERE CASE named.kind WHEN 'road' THEN b.road ELSE b.compound END
                         = named.standard
                   UNION ALL
                   SELECT s.scope_ids FROM site AS s
                   WHERE named.kind = 'road' AND s.road = named.standard
                      OR named.kind <> 'road' AND s.compound = named.standard) AS lies,
                  LATERAL unnest(lies.scope_ids) AS above(id))
        END, '{}')
$$;

CREATE OR REPLACE FUNCTION other_name_placed() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp
AS $$
BEGIN
    NEW.scope_ids := other_name_scope(NEW);
    RETURN NEW;
END
$$;

CREATE OR REPLACE FUNCTION place_object_placed() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp
AS $$
DECLARE
    point constant geometry := ST_PointOnSurface(NEW.geom);
BEGIN
    NEW.scope_ids := scope_ids_at(point);
    NEW.building_id := (
        SELECT b.id FROM building AS b WHERE ST_Intersects(b.geom, point) ORDER BY b.id LIMIT 1);
    RETURN NEW;
END
$$;

-- After areas or buildings have changed, for all rows at once. Only rows that change are written.
CREATE OR REPLACE FUNCTION settle_library()
RETURNS void
LANGUAGE plpgsql SET search_path = public, pg_temp
AS $$
BEGIN
    UPDATE other_name AS o SET scope_ids = a.scope_ids
    FROM address AS a
    WHERE a.id = o.address_id AND o.scope_ids IS DISTINCT FROM a.scope_ids;
    UPDATE other_name AS o SET scope_ids = b.scope_ids
    FROM building AS b
    WHERE b.id = o.building_id AND o.scope_ids IS DISTINCT FROM b.scope_ids;
    UPDATE other_name AS o SET scope_ids = a.ancestor_ids
    FROM area AS a
    WHERE a.identity_id = o.area_identity_id AND upper_inf(a.period)
      AND o.scope_ids IS DISTINCT FROM a.ancestor_ids;
    UPDATE other_name AS o SET scope_ids = lies.ids
    FROM (
        SELECT n.id, coalesce(array_agg(DISTINCT above.id ORDER BY above.id)
                              FILTER (WHERE above.id IS NOT NULL), '{}') AS ids
        FROM other_name AS n
        LEFT JOIN (
            SELECT DISTINCT 'road' AS kind, b.road AS name, b.scope_ids FROM building AS b
            UNION ALL
            SELECT DISTINCT 'compound', b.compound, b.scope_ids FROM building AS b
            UNION ALL
            SELECT DISTINCT 'road', s.road, s.scope_ids FROM site AS s
            UNION ALL
            SELECT DISTINCT 'compound', s.compound, s.scope_ids FROM site AS s
        ) AS b ON b.kind = n.kind AND b.name = n.standard
        LEFT JOIN LATERAL unnest(b.scope_ids) AS above(id) ON true
        WHERE n.standard IS NOT NULL
        GROUP BY n.id
    ) AS lies
    WHERE lies.id = o.id AND o.scope_ids IS DISTINCT FROM lies.ids;
    UPDATE place_object AS o SET scope_ids = lies.ids, building_id = lies.building_id
    FROM (
        SELECT p.id, p.building_id,
               coalesce(array_agg(DISTINCT above.id) FILTER (WHERE above.id IS NOT NULL), '{}')
                   AS ids
        FROM (
            SELECT q.id, q.point, min(b.id) AS building_id
            FROM (SELECT id, ST_PointOnSurface(geom) AS point FROM place_object) AS q
            LEFT JOIN building AS b ON ST_Intersects(b.geom, q.point)
            GROUP BY q.id, q.point
        ) AS p
        LEFT JOIN area AS a
            ON a.leaf AND upper_inf(a.period) AND ST_Intersects(a.geom, p.point)
        LEFT JOIN LATERAL unnest(a.ancestor_ids) AS above(id) ON true
        GROUP BY p.id, p.building_id
    ) AS lies
    WHERE lies.id = o.id
      AND (o.scope_ids, o.building_id) IS DISTINCT FROM (lies.ids, lies.building_id);
END
$$;

-- A text with a name in it changed: where it stands before `follower`, else where it stands last.
CREATE OR REPLACE FUNCTION with_new_name(
    given text, old_name text, new_name text, follower text DEFAULT '')
RETURNS text
LANGUAGE sql IMMUTABLE
AS $$
    SELECT CASE WHEN found.place > 0
        THEN overlay(given PLACING new_name FROM found.place FOR length(old_name))
        ELSE given END
    FROM (
        SELECT coalesce(
            nullif(strpos(given, old_name || nullif(follower, '')), 0),
            CASE WHEN strpos(given, old_name) > 0
                THEN length(given) - length(old_name) + 2
                     - strpos(reverse(given), reverse(old_name)) END,
            0) AS place
    ) AS found
$$;

-- Rename a house's address or a building (by code), a compound or a road (by name, within an
-- area where one is told), with all addresses that carry the name. What was is kept. Answers how
-- many addresses have another text now.
CREATE OR REPLACE FUNCTION rename_place(
    renamed text, named text, new_name text, within_area text DEFAULT NULL,
    reason text DEFAULT NULL)
RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE
    area_id constant bigint := (
        SELECT i.id FROM area_identity AS i
        WHERE i.scheme = 'base' AND i.code = within_area ORDER BY length(i.level) LIMIT 1);
    own constant bigint[] := CASE WHEN scope() IS NULL OR scope_all() THEN NULL ELSE scope_ids() END;
    building_ids bigint[];
    address_ids bigint[];
    old_name text := named;
    changed integer;
BEGIN
    PERFORM require_writing();
    PERFORM require_scope();
    IF scope() IS NOT NULL AND NOT EXISTS (
        SELECT FROM city_setting AS c WHERE c.name = 'may_rename' AND c.value ? scope_role()) THEN
        RAISE EXCEPTION 'this role renames nothing' USING ERRCODE = 'insufficient_privilege';
    END IF;
    building_ids := ARRAY(
        SELECT b.id FROM building AS b
        WHERE CASE renamed WHEN 'building' THEN b.building_code WHEN 'compound' THEN b.compound
                           WHEN 'road' THEN b.road END = named
          AND (within_area IS NULL OR b.scope_ids @> ARRAY[area_id]));
    address_ids := ARRAY(
        SELECT a.id FROM address AS a
        WHERE CASE renamed WHEN 'house' THEN a.house_code = named
                           WHEN 'building' THEN a.building_id = ANY (building_ids)
                           WHEN 'compound' THEN a.compound = named
                           WHEN 'road' THEN a.road = named END
          AND (within_area IS NULL OR a.scope_ids @> ARRAY[area_id]));
    IF building_ids = '{}' AND address_ids = '{}' OR own IS NOT NULL AND (
        EXISTS (SELECT FROM building AS b
                WHERE b.id = ANY (building_ids) AND NOT b.scope_ids && own)
        OR EXISTS (SELECT FROM address AS a
                   WHERE a.id = ANY (address_ids) AND NOT a.scope_ids && own)) THEN
        RAISE EXCEPTION 'there is no % %, or it is not all yours', renamed, named
            USING ERRCODE = 'no_data_found';
    END IF;
    PERFORM set_config('gridwall.rename_note', coalesce(reason, ''), true);
    IF renamed = 'building' THEN
        SELECT b.name INTO old_name FROM building AS b WHERE b.id = building_ids[1];
    END IF;
    UPDATE building AS b
    SET name = CASE renamed WHEN 'building' THEN new_name
                            WHEN 'compound' THEN with_new_name(b.name, old_name, new_name)
                            ELSE b.name END,
        compound = CASE renamed WHEN 'compound' THEN new_name ELSE b.compound END,
        road = CASE renamed WHEN 'road' THEN new_name ELSE b.road END,
        text = with_new_name(b.text, old_name, new_name,
                             CASE renamed WHEN 'road' THEN b.road_number ELSE '' END)
    WHERE b.id = ANY (building_ids);
    UPDATE address AS a
    SET compound = CASE WHEN renamed IN ('building', 'compound') AND a.compound = old_name
                        THEN new_name ELSE a.compound END,
        road = CASE renamed WHEN 'road' THEN new_name ELSE a.road END,
        text = CASE renamed WHEN 'house' THEN new_name
                            WHEN 'road' THEN
                                with_new_name(a.text, old_name, new_name, a.road_number)
                            ELSE coalesce(with_new_name(a.text, old_name, new_name), a.text) END
    WHERE a.id = ANY (address_ids);
    GET DIAGNOSTICS changed = ROW_COUNT;
    IF renamed IN ('compound', 'road') THEN
        PERFORM keep_common_name(renamed, named, new_name, reason);
    END IF;
    -- Where the new name lies is known only now: its other names are placed again.
    UPDATE other_name AS o SET standard = o.standard
    WHERE o.kind = renamed AND o.standard = new_name;
    PERFORM set_config('gridwall.rename_note', '', true);
    INSERT INTO audit (account_id, action, subject, detail)
    VALUES (scope_account_id(), 'rename', left(renamed || ' ' || named, 200), jsonb_build_object(
        'to', new_name, 'within', within_area, 'reason', reason, 'addresses', changed));
    RETURN changed;
END
$$;

-- A common name's history: what was said before of the old one is said of the new one now. Where
-- others still bear the old one, in another street say, what is said of theirs stays as it is.
CREATE OR REPLACE FUNCTION keep_common_name(
    renamed text, old_name text, new_name text, reason text)
RETURNS void
LANGUAGE plpgsql SET search_path = public, pg_temp
AS $$
DECLARE
    since timestamptz;
BEGIN
    SELECT max(upper(o.period)) INTO since
    FROM other_name AS o
    WHERE o.kind = renamed AND o.standard = old_name AND o.origin = 'former';
    IF EXISTS (SELECT FROM building AS b WHERE CASE renamed WHEN 'road' THEN b.road
                                                   ELSE b.compound END = old_name)
       OR EXISTS (SELECT FROM address AS a WHERE CASE renamed WHEN 'road' THEN a.road
                                                     ELSE a.compound END = old_name)
    THEN
        INSERT INTO other_name (kind, origin, field, name, standard, period, note)
        SELECT o.kind, o.origin, o.field, o.name, new_name, o.period, o.note
        FROM other_name AS o WHERE o.kind = renamed AND o.standard = old_name;
    ELSE
        UPDATE other_name AS o SET standard = new_name
        WHERE o.kind = renamed AND o.standard = old_name;
    END IF;
    INSERT INTO other_name (kind, origin, field, name, standard, period, note)
    VALUES (renamed, 'former', renamed, old_name, new_name,
            tstzrange(coalesce(since, '-infinity'), clock_timestamp()), reason);
END
$$;

-- The ciphertext of a person, for a purpose, written down before it is handed over. A refusal is
-- written down too, and told by `allowed`.
CREATE OR REPLACE FUNCTION unmask_person(
    of_person uuid, purpose text, fields text[])
RETURNS TABLE (allowed boolean, key_id text, sealed bytea)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    found person;
    house text;
    may constant boolean := EXISTS (
        SELECT FROM city_setting AS c WHERE c.name = 'may_unmask' AND c.value ? scope_role());
BEGIN
    PERFORM require_writing();
    SELECT p.* INTO found
    FROM person AS p
    JOIN address AS a ON a.id = p.address_id
    WHERE p.id = of_person AND (scope_all() OR a.scope_ids && scope_ids());
    IF found.id IS NULL OR scope() IS NULL THEN
        RAISE EXCEPTION 'no such person' USING ERRCODE = 'no_data_found';
    END IF;
    IF coalesce(btrim(purpose), '') = '' THEN
        RAISE EXCEPTION 'a purpose is needed' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    SELECT a.house_code INTO house FROM address AS a WHERE a.id = found.address_id;
    INSERT INTO audit (account_id, action, subject, detail)
    VALUES (scope_account_id(), CASE WHEN may THEN 'unmask' ELSE 'unmask_refused' END,
            'person:' || of_person, jsonb_build_object(
                'purpose', left(purpose, 500), 'fields', fields, 'house_code', house));
    RETURN QUERY SELECT may, found.key_id, CASE WHEN may THEN found.sealed END;
END
$$;
