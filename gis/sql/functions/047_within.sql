-- What lies under an area, from indexes. The caller's scope stands here as a condition: a policy
-- would keep the index on scope_ids out.

-- Buildings under an area in the order of their codes, from one on; `q` is a part of text, name,
-- road or another name, or the beginning of a code.
CREATE OR REPLACE FUNCTION buildings_within(
    in_area_id bigint, most integer, q text DEFAULT NULL, after_code text DEFAULT '',
    after_id bigint DEFAULT 0)
RETURNS TABLE (building_id bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    SELECT b.id
    FROM building AS b
    WHERE b.scope_ids @> ARRAY[in_area_id]
      AND ((SELECT sees_all()) OR b.scope_ids && (SELECT scope_ids()))
      AND (coalesce(b.building_code, '') COLLATE "C", b.id) > (after_code COLLATE "C", after_id)
      AND (q IS NULL OR strpos(coalesce(b.text, ''), q) > 0
           OR strpos(coalesce(b.name, ''), q) > 0 OR strpos(coalesce(b.road, ''), q) > 0
           OR starts_with(b.building_code, q)
           OR EXISTS (SELECT FROM other_name AS o
                      WHERE o.building_id = b.id AND strpos(o.name, q) > 0))
    ORDER BY coalesce(b.building_code, '') COLLATE "C", b.id
    LIMIT most
$$;

-- Houses with codes under an area: those in its buildings, and those in no building that lie in
-- one of its leaves.
CREATE OR REPLACE FUNCTION houses_within(in_area_id bigint, most integer)
RETURNS TABLE (address_id bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    SELECT a.id
    FROM building AS b
    JOIN address AS a ON a.building_id = b.id
    WHERE b.scope_ids @> ARRAY[in_area_id] AND a.house_code IS NOT NULL
      AND ((SELECT sees_all()) OR a.scope_ids && (SELECT scope_ids()))
    UNION ALL
    SELECT DISTINCT a.id
    FROM area AS l
    JOIN address AS a ON a.geom && l.geom
    WHERE l.ancestor_ids @> ARRAY[in_area_id] AND l.leaf AND upper_inf(l.period)
      AND a.building_id IS NULL AND a.house_code IS NOT NULL
      AND a.scope_ids @> ARRAY[in_area_id]
      AND ((SELECT sees_all()) OR a.scope_ids && (SELECT scope_ids()))
    LIMIT most
$$;
