-- Sites: what houses share, kept in step with buildings and addresses, a statement at a time.

-- '12号' and '3幢' as '12' and '3'; '81号附3号' and '18号之一' as '81附3' and '18之1'.
CREATE OR REPLACE FUNCTION bare_number(written text)
RETURNS text
LANGUAGE sql IMMUTABLE
AS $$
    SELECT nullif(regexp_replace(
        regexp_replace(
            CASE WHEN written ~ '[附之]'
                THEN translate(btrim(upper(written)), '一二三四五六七八九', '123456789')
                ELSE btrim(upper(written)) END,
            '^(.*[0-9])号?([附之][0-9]+)号?$', '\1\2'),
        '(号楼|号幢|号栋|号座|号大院|号院|号|#楼|#|幢|栋|座|楼|弄|单元|室|房)$', ''), '')
$$;

-- A house's address as far as its building: without its room and unit, and what is behind them;
-- null where these stand in it in other words.
CREATE OR REPLACE FUNCTION text_without_room(written text, unit text, room text)
RETURNS text
LANGUAGE sql IMMUTABLE
AS $$
    SELECT CASE
        WHEN NOT r.cut ~ '[\u3400-\u9fff]' THEN NULL
        WHEN text_without_room.unit IS NULL THEN r.cut
        WHEN strpos(reverse(r.cut), reverse(text_without_room.unit)) > 0
            THEN left(r.cut, -(strpos(reverse(r.cut), reverse(text_without_room.unit))
                               + char_length(text_without_room.unit) - 1))
        END
    FROM (SELECT CASE WHEN strpos(reverse(written), reverse(room)) > 0 THEN left(
                     written, -(strpos(reverse(written), reverse(room)) + char_length(room) - 1))
                 END AS cut) AS r
$$;

-- Names have changed: caches of them are to be read anew. The rows are counted, so that one
-- which commits late is not missed; old ones go.
CREATE OR REPLACE FUNCTION note_site_change() RETURNS void
LANGUAGE sql SET search_path = public, pg_temp
AS $$
    WITH noted AS (INSERT INTO site_change DEFAULT VALUES RETURNING id)
    DELETE FROM site_change AS c USING noted AS n WHERE c.id < n.id - 1000
$$;

CREATE OR REPLACE FUNCTION site_names_changed() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp
AS $$
BEGIN
    PERFORM note_site_change();
    RETURN NULL;
END
$$;

-- The sites of some buildings anew. A part that an address lacks is its building's.
CREATE OR REPLACE FUNCTION refresh_building_sites(building_ids bigint[]) RETURNS void
LANGUAGE plpgsql SET search_path = public, pg_temp
AS $$
BEGIN
    DELETE FROM site WHERE building_id = ANY (building_ids);
    INSERT INTO site (building_id, province, city, district, street, community, road, road_number,
                      compound, building_number, scope_ids)
    SELECT m.id, min(m.province), min(m.city), min(m.district), min(m.street), min(m.community),
           m.road, m.road_number, m.compound, m.building_number, m.scope_ids
    FROM (
        SELECT b.id, b.scope_ids,
               coalesce(a.province, b.province) AS province, coalesce(a.city, b.city) AS city,
               coalesce(a.district, b.district) AS district,
               coalesce(a.street, b.street) AS street,
               coalesce(a.community, b.community) AS community,
               nullif(coalesce(a.road, b.road), '') AS road,
               bare_number(coalesce(a.road_number, b.road_number)) AS road_number,
               nullif(coalesce(a.compound, b.compound, b.name), '') AS compound,
               bare_number(coalesce(
                   a.building_number, b.building_number,
                   CASE WHEN starts_with(b.name, b.compound)
                        THEN substr(b.name, char_length(b.compound) + 1) END)) AS building_number
        FROM building AS b
        LEFT JOIN address AS a ON a.building_id = b.id
        WHERE b.id = ANY (building_ids)
    ) AS m
    WHERE coalesce(m.road, m.compound) IS NOT NULL
    GROUP BY m.id, m.scope_ids, m.road, m.road_number, m.compound, m.building_number;
    PERFORM note_site_change();
END
$$;

-- The sites without a building along some roads anew; '' stands for those on no road.
CREATE OR REPLACE FUNCTION refresh_loose_sites(roads text[]) RETURNS void
LANGUAGE plpgsql SET search_path = public, pg_temp
AS $$
BEGIN
    DELETE FROM site
    WHERE building_id IS NULL
      AND (road = ANY (roads) OR road IS NULL AND '' = ANY (roads));
    INSERT INTO site (province, city, district, street, community, road, road_number, compound,
                      building_number, scope_ids)
    SELECT min(a.province), min(a.city), min(a.district), min(a.street), min(a.community),
           nullif(a.road, ''), bare_number(a.road_number), nullif(a.compound, ''),
           bare_number(a.building_number), a.scope_ids
    FROM address AS a
    WHERE a.building_id IS NULL
      AND (a.road = ANY (roads) OR a.road IS NULL AND '' = ANY (roads))
      AND coalesce(a.road, a.compound) IS NOT NULL
    GROUP BY a.road, bare_number(a.road_number), a.compound, bare_number(a.building_number),
             a.scope_ids;
    PERFORM note_site_change();
END
$$;

CREATE OR REPLACE FUNCTION address_sites_changed() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp
AS $$
DECLARE
    building_ids bigint[];
    roads text[];
BEGIN
    IF TG_OP = 'INSERT' THEN
        SELECT array_agg(DISTINCT building_id) FILTER (WHERE building_id IS NOT NULL),
               array_agg(DISTINCT coalesce(road, '')) FILTER (WHERE building_id IS NULL)
        INTO building_ids, roads
        FROM inserted;
    ELSIF TG_OP = 'DELETE' THEN
        SELECT array_agg(DISTINCT building_id) FILTER (WHERE building_id IS NOT NULL),
               array_agg(DISTINCT coalesce(road, '')) FILTER (WHERE building_id IS NULL)
        INTO building_ids, roads
        FROM deleted;
    ELSE
        SELECT array_agg(DISTINCT e.building_id) FILTER (WHERE e.building_id IS NOT NULL),
               array_agg(DISTINCT e.road) FILTER (WHERE e.building_id IS NULL)
        INTO building_ids, roads
        FROM deleted AS o
        JOIN inserted AS n USING (id)
        CROSS JOIN LATERAL (VALUES (o.building_id, coalesce(o.road, '')),
                                   (n.building_id, coalesce(n.road, ''))) AS e(building_id, road)
        WHERE (o.building_id, o.province, o.city, o.district, o.street, o.community, o.road,
               o.road_number, o.compound, o.building_number)
              IS DISTINCT FROM
              (n.building_id, n.province, n.city, n.district, n.street, n.community, n.road,
               n.road_number, n.compound, n.building_number)
           OR n.building_id IS NULL AND o.scope_ids <> n.scope_ids;
    END IF;
    IF building_ids IS NOT NULL THEN
        PERFORM refresh_building_sites(building_ids);
    END IF;
    IF roads IS NOT NULL THEN
        PERFORM refresh_loose_sites(roads);
    END IF;
    RETURN NULL;
END
$$;

CREATE OR REPLACE FUNCTION building_sites_changed() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp
AS $$
DECLARE
    building_ids bigint[];
BEGIN
    IF TG_OP = 'INSERT' THEN
        SELECT array_agg(id) INTO building_ids FROM inserted;
    ELSE
        SELECT array_agg(n.id) INTO building_ids
        FROM deleted AS o
        JOIN inserted AS n USING (id)
        WHERE (o.name, o.compound, o.road, o.road_number, o.building_number, o.province, o.city,
               o.district, o.street, o.community, o.scope_ids)
              IS DISTINCT FROM
              (n.name, n.compound, n.road, n.road_number, n.building_number, n.province, n.city,
               n.district, n.street, n.community, n.scope_ids);
    END IF;
    IF building_ids IS NOT NULL THEN
        PERFORM refresh_building_sites(building_ids);
    END IF;
    RETURN NULL;
END
$$;

CREATE OR REPLACE TRIGGER address_sites_added AFTER INSERT ON address
    REFERENCING NEW TABLE AS inserted FOR EACH STATEMENT EXECUTE FUNCTION address_sites_changed();
CREATE OR REPLACE TRIGGER address_sites_changed AFTER UPDATE ON address
    REFERENCING OLD TABLE AS deleted NEW TABLE AS inserted
    FOR EACH STATEMENT EXECUTE FUNCTION address_sites_changed();
CREATE OR REPLACE TRIGGER address_sites_removed AFTER DELETE ON address
    REFERENCING OLD TABLE AS deleted FOR EACH STATEMENT EXECUTE FUNCTION address_sites_changed();
CREATE OR REPLACE TRIGGER building_sites_added AFTER INSERT ON building
    REFERENCING NEW TABLE AS inserted FOR EACH STATEMENT EXECUTE FUNCTION building_sites_changed();
CREATE OR REPLACE TRIGGER building_sites_changed AFTER UPDATE ON building
    REFERENCING OLD TABLE AS deleted NEW TABLE AS inserted
    FOR EACH STATEMENT EXECUTE FUNCTION building_sites_changed();
CREATE OR REPLACE TRIGGER area_names_changed AFTER INSERT OR UPDATE OR DELETE ON area
    FOR EACH STATEMENT EXECUTE FUNCTION site_names_changed();
CREATE OR REPLACE TRIGGER other_names_changed AFTER INSERT OR UPDATE OR DELETE ON other_name
    FOR EACH STATEMENT EXECUTE FUNCTION site_names_changed();

-- A database from before there were sites.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM site) AND EXISTS (SELECT FROM building) THEN
        PERFORM refresh_building_sites(ARRAY(SELECT id FROM building));
    END IF;
    IF NOT EXISTS (SELECT FROM site WHERE building_id IS NULL) THEN
        PERFORM refresh_loose_sites(ARRAY(
            SELECT DISTINCT coalesce(road, '') FROM address WHERE building_id IS NULL));
    END IF;
END
$$;

-- A site in words: what the standard address says of it, down to the building or less.
CREATE OR REPLACE FUNCTION site_text(
    of_site site, with_building boolean DEFAULT true, with_compound boolean DEFAULT true,
    with_number boolean DEFAULT true)
RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = public, pg_temp
AS $$
    SELECT CASE
        WHEN concat(of_site.road, of_site.compound) ~ '[\u3400-\u9fff]' THEN concat(
            of_site.province, nullif(of_site.city, of_site.province), of_site.district,
            of_site.street, of_site.community, of_site.road,
            CASE WHEN with_number THEN of_site.road_number || '号' END,
            CASE WHEN with_compound THEN of_site.compound END,
            CASE WHEN with_building AND with_compound THEN of_site.building_number || '幢' END)
        ELSE concat_ws(' ',
            CASE WHEN with_number THEN of_site.road_number END, of_site.road,
            CASE WHEN with_compound AND of_site.road IS NULL THEN of_site.compound END)
        END
$$;

-- Whether the caller may see every place of the library; who owns the tables need not enter.
CREATE OR REPLACE FUNCTION sees_all() RETURNS boolean
LANGUAGE sql STABLE SET search_path = public, pg_temp
AS $$
    SELECT scope_library() OR scope() IS NULL AND pg_has_role(session_user, current_user, 'USAGE')
$$;

-- Houses and buildings by a part of their code, from its beginning. The scope is a condition:
-- a policy would keep the index out.
CREATE OR REPLACE FUNCTION codes_beginning(beginning text, most integer)
RETURNS TABLE (address_id bigint, building_id bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    (SELECT NULL::bigint, b.id
     FROM building AS b
     WHERE b.building_code >= beginning COLLATE "C"
       AND b.building_code < (beginning || '~') COLLATE "C"
       AND ((SELECT sees_all()) OR b.scope_ids && (SELECT scope_ids()))
     ORDER BY b.building_code LIMIT most)
    UNION ALL
    (SELECT a.id, a.building_id
     FROM address AS a
     WHERE length(beginning) >= 19
       AND a.house_code >= beginning COLLATE "C" AND a.house_code < (beginning || '~') COLLATE "C"
       AND ((SELECT sees_all()) OR a.scope_ids && (SELECT scope_ids()))
     ORDER BY a.house_code LIMIT most)
    LIMIT most
$$;

-- The nearest buildings within a distance, the nearest first; metres in the plane of the point.
-- The scope is a condition: a policy would switch GiST off.
CREATE OR REPLACE FUNCTION nearest_buildings(
    lon double precision, lat double precision, within_m double precision, most integer)
RETURNS TABLE (building_id bigint, distance_m double precision)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    SELECT n.id, n.distance_m
    FROM (
        SELECT b.id, b.building_code,
               round(ST_Distance(
                   ST_TransScale(b.geom, -lon, -lat, m.kx, m.ky),
                   ST_SetSRID(ST_MakePoint(0, 0), 4490)) * 1000) / 1000 AS distance_m
        FROM metres_per_degree(lat) AS m
        CROSS JOIN LATERAL (
            SELECT o.* FROM building AS o
            WHERE o.geom && ST_Expand(ST_SetSRID(ST_MakePoint(lon, lat), 4490),
                                      within_m / m.kx, within_m / m.ky)
              AND ((SELECT sees_all()) OR o.scope_ids && (SELECT scope_ids()))
            -- Degrees are longer one way: some more are taken than are wanted.
            ORDER BY o.geom <-> ST_SetSRID(ST_MakePoint(lon, lat), 4490) LIMIT most * 4 + 8
        ) AS b
    ) AS n
    WHERE n.distance_m <= within_m
    ORDER BY n.distance_m, n.building_code COLLATE "C", n.id
    LIMIT most
$$;
