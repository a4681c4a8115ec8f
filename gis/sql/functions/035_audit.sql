-- The audit log as an admin reads it. Its rows are under a policy; what is asked here is of all.

-- Every kind of act that the log has, by jumps over the index and not by reading the log.
CREATE OR REPLACE FUNCTION audit_actions()
RETURNS SETOF text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    WITH RECURSIVE found AS (
        (SELECT a.action FROM audit AS a ORDER BY a.action LIMIT 1)
        UNION ALL
        SELECT (SELECT a.action FROM audit AS a WHERE a.action > f.action
                ORDER BY a.action LIMIT 1)
        FROM found AS f WHERE f.action IS NOT NULL
    )
    SELECT f.action FROM found AS f WHERE f.action IS NOT NULL AND scope_role() = 'admin'
$$;

-- The last batch that sealed rows of the log, and up to which row.
CREATE OR REPLACE FUNCTION audit_sealed()
RETURNS TABLE (number bigint, sealed_at timestamptz, audit_to bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    SELECT b.number, b.sealed_at, b.audit_to
    FROM seal_batch AS b
    WHERE scope_role() = 'admin'
    ORDER BY b.number DESC LIMIT 1
$$;
