-- Residents that areas are told to have, when their ground is cut anew: each home takes along what
-- fell to it, as gis/residents.py shares it out; ground without a home goes by its size.
CREATE OR REPLACE FUNCTION carry_residents(of_publication bigint)
RETURNS void
LANGUAGE sql SET search_path = public, pg_temp
AS $$
    WITH was AS MATERIALIZED (
        SELECT a.identity_id, a.level, a.geom, a.actual_residents AS actual,
               a.registered_residents AS registered
        FROM publication_area AS p JOIN area AS a ON a.id = p.before_id
        WHERE p.publication_id = of_publication AND a.leaf
    ), now_is AS MATERIALIZED (
        SELECT a.id, a.geom
        FROM publication_area AS p JOIN area AS a ON a.id = p.after_id
        WHERE p.publication_id = of_publication AND a.level IN (SELECT w.level FROM was AS w)
    ), home AS MATERIALIZED (
        SELECT w.identity_id, h.point, h.homes, h.actual, h.registered
        FROM was AS w
        CROSS JOIN LATERAL (
            SELECT ST_PointOnSurface(b.geom) AS point, count(a.id) + 1e-6 AS homes,
                   coalesce(sum(d.actual_residents), 0) AS actual,
                   coalesce(sum(d.registered_residents), 0) AS registered
            FROM building AS b
            LEFT JOIN address AS a ON a.building_id = b.id
            LEFT JOIN dwelling AS d ON d.address_id = a.id
            WHERE b.geom && w.geom AND ST_Intersects(w.geom, ST_PointOnSurface(b.geom))
            GROUP BY b.id
            UNION ALL
            SELECT a.geom, 1, coalesce(d.actual_residents, 0), coalesce(d.registered_residents, 0)
            FROM address AS a LEFT JOIN dwelling AS d ON d.address_id = a.id
            WHERE a.building_id IS NULL AND ST_Intersects(w.geom, a.geom)) AS h
    ), told AS MATERIALIZED (
        SELECT w.*, t.homes AS all_homes, t.actual AS all_actual,
               t.registered AS all_registered
        FROM was AS w
        LEFT JOIN (SELECT h.identity_id, sum(h.homes) AS homes, sum(h.actual) AS actual,
                          sum(h.registered) AS registered
                   FROM home AS h GROUP BY 1) AS t USING (identity_id)
    ), part AS (
        SELECT n.id,
               t.actual * CASE WHEN t.all_actual > 0 THEN h.actual / t.all_actual
                               ELSE h.homes / t.all_homes END AS actual,
               t.registered * CASE WHEN t.all_registered > 0
                                   THEN h.registered / t.all_registered
                                   ELSE h.homes / t.all_homes END AS registered
        FROM home AS h
        JOIN told AS t USING (identity_id)
        CROSS JOIN LATERAL (
            SELECT a.id FROM now_is AS a WHERE ST_Intersects(a.geom, h.point)
            ORDER BY a.id LIMIT 1) AS n
        UNION ALL
        SELECT n.id, t.actual * s.share, t.registered * s.share
        FROM told AS t
        JOIN now_is AS n ON ST_Intersects(n.geom, t.geom)
        CROSS JOIN LATERAL (
            SELECT ST_Area(ST_Intersection(n.geom, t.geom)) / ST_Area(t.geom) AS share) AS s
        WHERE t.all_homes IS NULL
    )
    UPDATE area AS a
    SET actual_residents = round(s.actual), registered_residents = round(s.registered)
    FROM (SELECT n.id, sum(p.actual) AS actual, sum(p.registered) AS registered
          FROM now_is AS n LEFT JOIN part AS p USING (id) GROUP BY n.id) AS s
    WHERE a.id = s.id
$$;
