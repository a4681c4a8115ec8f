-- Who answers on a ground: postings, shifts, lines of work.

-- Whether a shift runs at a local time; no shift runs always.
CREATE OR REPLACE FUNCTION on_shift(
    weekdays smallint[], starts time, ends time, local_at timestamp)
RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE
    WHEN starts IS NULL THEN true
    WHEN starts < ends THEN
        extract(isodow FROM local_at)::smallint = ANY (weekdays)
        AND local_at::time >= starts AND local_at::time < ends
    ELSE
        (local_at::time >= starts AND extract(isodow FROM local_at)::smallint = ANY (weekdays))
        OR (local_at::time < ends
            AND extract(isodow FROM local_at - interval '1 day')::smallint = ANY (weekdays))
END;

-- The officer who answers on a ground for a line of work at a moment.
--
-- `ground_ids` are identities from the top down to the leaf. A posting to the leaf or to the
-- building answers for all matters or for its line; one further up answers for its line, and
-- a head there where nobody nearer is posted. What comes before what is in choice_order and
-- role_order: each criterion weighs a hundred times the next.
CREATE FUNCTION choose_officer(
    ground_ids bigint[], at_building_id bigint, for_line text, at timestamptz,
    local_at timestamp, rules assignment_rules)
RETURNS TABLE (officer_id bigint, officer_role text, on_duty boolean, shift_name text,
               line_code text, reach integer)
LANGUAGE sql STABLE ROWS 1
AS $$
    SELECT c.officer_id, c.role, c.on_duty, c.shift_name, c.line_code, c.reach
    FROM (
        SELECT p.officer_id, p.role, p.line_code, s.name AS shift_name, p.id,
               on_shift(s.weekdays, s.starts, s.ends, local_at) AS on_duty,
               array_position(rules.roles, p.role) AS role_place,
               CASE WHEN p.building_id IS NOT NULL THEN 0
                    ELSE cardinality(ground_ids)
                         - array_position(ground_ids, p.area_identity_id) END AS reach
        FROM duty AS p
        LEFT JOIN shift AS s ON s.code = p.shift_code
        WHERE (p.area_identity_id = ANY (ground_ids) OR p.building_id = at_building_id)
          AND (p.line_code IS NULL OR p.line_code = for_line)
          AND p.period @> at
    ) AS c
    WHERE c.role_place IS NOT NULL
      AND (c.line_code IS NOT NULL OR c.reach = 0 OR c.role = 'head')
    ORDER BY c.reach + rules.role * c.role_place
             + CASE WHEN c.line_code IS NULL THEN rules.line + rules.reach * c.reach ELSE 0 END
             + CASE WHEN c.on_duty THEN 0 ELSE rules.shift END, c.id
    LIMIT 1
$$;
