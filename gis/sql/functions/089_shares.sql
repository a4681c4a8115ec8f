-- One matter, several grids (一事多格): a line or an area, split among the leaf grids.

-- Metres of a line or square metres of an area, in the local plane at a latitude.
CREATE OR REPLACE FUNCTION local_size(shape geometry, kx double precision, ky double precision)
RETURNS double precision
LANGUAGE sql IMMUTABLE
RETURN CASE WHEN ST_Dimension(shape) = 2 THEN ST_Area(ST_Scale(shape, kx, ky))
            ELSE ST_Length(ST_Scale(shape, kx, ky)) END;

-- What of a line or an area lies in each leaf grid of a moment, and last, without a grid, what
-- lies outside. By code, each taking from what those before have left: what runs along a border
-- goes to the lowest code, as a point on it does. The plane is that of the middle of its box.
CREATE OR REPLACE FUNCTION extent_parts(shape geometry, at timestamptz)
RETURNS TABLE (grid_id bigint, area_id bigint, code text, size double precision)
LANGUAGE plpgsql STABLE SET search_path = public, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    dimension constant integer := ST_Dimension(shape);
    kind constant integer := dimension + 1;
    middle constant double precision := (ST_YMin(shape) + ST_YMax(shape)) / 2;
    k record;
    a record;
    left_over geometry := shape;
BEGIN
    SELECT m.kx, m.ky INTO k FROM metres_per_degree(middle) AS m;
    FOR a IN
        SELECT v.identity_id, v.id, v.code, v.geom FROM area AS v
        WHERE v.leaf AND v.scheme = 'base' AND v.period @> at AND ST_Intersects(v.geom, shape)
        ORDER BY v.code
    LOOP
        grid_id := a.identity_id;
        area_id := a.id;
        code := a.code;
        size := local_size(
            ST_CollectionExtract(ST_Intersection(left_over, a.geom), kind), k.kx, k.ky);
        left_over := ST_CollectionExtract(ST_Difference(left_over, a.geom), kind);
        IF size > 0 THEN
            RETURN NEXT;
        END IF;
    END LOOP;
    grid_id := NULL;
    area_id := NULL;
    code := NULL;
    size := local_size(left_over, k.kx, k.ky);
    RETURN NEXT;
END
$$;

-- The shares: of what lies in grids, to four places; a grid whose share rounds to nothing has
-- none. The largest leads (equal to a millimetre: the lowest code) and takes what rounding left,
-- so that they sum to 1. The last row, without a grid, is what lies outside.
CREATE OR REPLACE FUNCTION extent_shares(shape geometry, at timestamptz)
RETURNS TABLE (grid_id bigint, area_id bigint, code text, role text, share numeric,
               size double precision)
LANGUAGE sql STABLE SET search_path = public, pg_temp
AS $$
    WITH part AS MATERIALIZED (
        SELECT p.*, row_number() OVER (
                   ORDER BY round(p.size::numeric, 3) DESC, p.code) AS place,
               round((p.size / sum(p.size) OVER ())::numeric, 4) AS rounded
        FROM extent_parts(shape, at) AS p
        WHERE p.grid_id IS NOT NULL
    )
    SELECT p.grid_id, p.area_id, p.code, CASE p.place WHEN 1 THEN 'lead' ELSE 'assist' END,
           CASE p.place WHEN 1 THEN 1 - coalesce((
               SELECT sum(o.rounded) FROM part AS o WHERE o.place > 1), 0) ELSE p.rounded END,
           p.size
    FROM part AS p
    WHERE p.place = 1 OR p.rounded > 0
    UNION ALL
    SELECT NULL, NULL, NULL, NULL, NULL, p.size
    FROM extent_parts(shape, at) AS p WHERE p.grid_id IS NULL
$$;

-- What is told of a matter's extent; NULL where it has none.
CREATE OR REPLACE FUNCTION extent_told(of_incident bigint)
RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    SELECT jsonb_build_object(
        'incident', e.incident_id, 'kind', e.kind, 'unit', CASE e.kind WHEN 'line' THEN 'm'
            ELSE 'm2' END,
        'size', round(e.size::numeric, 3), 'outside', round(e.outside::numeric, 3),
        'datum', e.datum, 'set_at', e.set_at, 'geometry', ST_AsGeoJSON(e.geom, 9, 0)::jsonb,
        'shares', (
            SELECT coalesce(jsonb_agg(jsonb_build_object(
                'area', jsonb_build_object('code', a.code, 'name', a.name),
                'role', s.role, 'share', s.share, 'size', round(s.size::numeric, 3),
                'officer', CASE WHEN f.id IS NOT NULL THEN jsonb_build_object(
                    'id', f.officer_code, 'name', f.name) END)
                ORDER BY s.role DESC, s.share DESC, a.code), '[]')
            FROM share AS s
            LEFT JOIN area AS a ON a.identity_id = s.grid_id AND upper_inf(a.period)
            LEFT JOIN officer AS f ON f.id = s.officer_id
            WHERE s.incident_id = e.incident_id))
    FROM extent AS e
    JOIN incident AS i ON i.id = e.incident_id
    WHERE e.incident_id = of_incident AND sees_matter(i)
$$;

-- Gives an open matter its line or area, or with NULL takes it away; its shares follow, and who
-- stands for a grid that shares in it sees it from now on.
CREATE OR REPLACE FUNCTION set_extent(
    secret text, of_incident bigint, shape geometry, in_datum text, as_received jsonb)
RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    caller constant account := entered_account(secret);
    matter incident;
    own bigint[];
    before jsonb;
    moment timestamptz;
BEGIN
    PERFORM share_ground();
    moment := clock_timestamp();
    SELECT i.* INTO matter FROM incident AS i
    WHERE i.id = of_incident AND sees_matter(i) FOR UPDATE;
    IF matter.id IS NULL THEN
        RAISE EXCEPTION 'no incident %, or not for this caller', of_incident
            USING ERRCODE = 'no_data_found';
    ELSIF matter.closed_at IS NOT NULL THEN
        RAISE EXCEPTION 'incident % is closed', of_incident
            USING ERRCODE = 'serialization_failure';
    ELSIF caller.role NOT IN ('officer', 'community', 'street', 'department', 'hall') THEN
        RAISE EXCEPTION 'a % draws no matter', caller.role
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    before := extent_told(matter.id);
    own := coalesce((SELECT e.own_scope_ids FROM extent AS e WHERE e.incident_id = matter.id),
                    matter.scope_ids);
    DELETE FROM extent AS e WHERE e.incident_id = matter.id;
    DELETE FROM share AS s WHERE s.incident_id = matter.id;
    IF shape IS NOT NULL THEN
        PERFORM put_shares(matter, shape, moment);
        INSERT INTO extent (incident_id, kind, geom, datum, received, size, outside,
                            own_scope_ids, set_at, account_id)
        SELECT matter.id, CASE ST_Dimension(shape) WHEN 1 THEN 'line' ELSE 'area' END, shape,
               in_datum, as_received, sum(p.size),
               coalesce(sum(p.size) FILTER (WHERE p.grid_id IS NULL), 0), own, moment, caller.id
        FROM extent_parts(shape, moment) AS p;
    END IF;
    UPDATE incident AS i SET scope_ids = shared_scope(matter.id, own, moment)
    WHERE i.id = matter.id
    RETURNING i.* INTO matter;
    INSERT INTO audit (account_id, action, subject, detail)
    VALUES (caller.id, CASE WHEN shape IS NULL THEN 'extent_removed' ELSE 'extent_set' END,
            'incident:' || matter.id, jsonb_build_object(
                'before', before, 'after', extent_told(matter.id)));
    PERFORM tell_incident(matter);
    RETURN extent_told(matter.id);
END
$$;

-- The scope of a matter whose own is given: whoever stands for a grid that shares in it, too.
CREATE OR REPLACE FUNCTION shared_scope(of_incident bigint, own bigint[], at timestamptz)
RETURNS bigint[]
LANGUAGE sql STABLE SET search_path = public, pg_temp
AS $$
    SELECT ARRAY(
        SELECT unnest(own) AS id
        UNION
        SELECT unnest(a.ancestor_ids) FROM share AS s
        JOIN area AS a ON a.identity_id = s.grid_id AND a.period @> at
        WHERE s.incident_id = of_incident
        ORDER BY id)
$$;

CREATE OR REPLACE FUNCTION put_shares(matter incident, shape geometry, moment timestamptz)
RETURNS void
LANGUAGE sql SET search_path = public, pg_temp
AS $$
    INSERT INTO share (incident_id, grid_id, role, share, size, officer_id)
    SELECT matter.id, p.grid_id, p.role, p.share, p.size, o.officer_id
    FROM extent_shares(shape, moment) AS p
    JOIN area AS a ON a.id = p.area_id
    LEFT JOIN category AS c ON c.code = matter.category_code
    CROSS JOIN assignment_rules AS r
    LEFT JOIN LATERAL choose_officer(
        a.ancestor_ids, NULL, c.line_code, moment, moment AT TIME ZONE r.time_zone, r) AS o
        ON true
    WHERE p.grid_id IS NOT NULL
$$;
