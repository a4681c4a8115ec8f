-- name: keep_changes
SELECT keep_changes()

-- name: escalate_due
SELECT escalate_due(%(most)s)

-- name: escalate_at
SELECT escalate_at(%(at)s, %(most)s)

-- name: take_in_unsealed
SELECT take_in_unsealed()

-- name: seal_since
-- The first batch sealed at an instant or later; one past the last where there is none.
SELECT coalesce((SELECT min(number) FROM seal_batch WHERE sealed_at >= %(since)s),
                (SELECT coalesce(max(number), 0) + 1 FROM seal_batch))

-- name: seal_touched
-- Incidents whose steps changed in a batch and after, or wait for the next one.
CREATE TEMPORARY TABLE touched ON COMMIT DROP AS
SELECT incident_id FROM seal_head WHERE batch_number >= %(first)s
UNION SELECT incident_id FROM incident_change

-- name: seal_all
-- Where all is looked at: incidents, and what is left of those that are gone.
CREATE TEMPORARY TABLE touched ON COMMIT DROP AS
SELECT id AS incident_id FROM incident
UNION SELECT incident_id FROM step
UNION SELECT incident_id FROM seal_head

-- name: seal_touched_index
ALTER TABLE touched ADD PRIMARY KEY (incident_id);
ANALYZE touched

-- name: chain_faults
-- Steps that are not what their hash says or do not follow the one before, in order.
SELECT incident_id, number, before_number,
       CASE WHEN number <> coalesce(before_number, 0) + 1 THEN 'missing'
            WHEN NOT kept_note THEN 'note'
            WHEN NOT kept_target THEN 'target'
            WHEN hash <> made_hash THEN 'changed'
            ELSE 'unlinked' END AS fault
FROM (
    SELECT s.incident_id, s.number, s.hash, s.previous_hash,
           lag(s.number) OVER w AS before_number, lag(s.hash) OVER w AS before_hash,
           s.note IS NULL OR step_field_digest(s.note) = s.note_digest AS kept_note,
           s.target IS NULL OR step_field_digest(s.target) = s.target_digest AS kept_target,
           step_hash(s.previous_hash, s.incident_id, s.number, s.action, s.at, s.actor_id,
                     s.actor_role, s.tier, s.state, s.until, s.stage_deadline_at, s.deadline_at,
                     s.note_digest, s.target_digest) AS made_hash
    FROM step AS s
    JOIN touched AS t USING (incident_id)
    WINDOW w AS (PARTITION BY s.incident_id ORDER BY s.number)
) AS checked
WHERE number <> coalesce(before_number, 0) + 1 OR NOT kept_note OR NOT kept_target
   OR hash <> made_hash OR previous_hash IS DISTINCT FROM before_hash
ORDER BY incident_id, number

-- name: head_faults
-- Of each incident whose steps are not what was sealed: the first batch that says so, and up to
-- which step the seals agree.
SELECT DISTINCT ON (incident_id)
       incident_id, step_count, batch_number, sealed_at, there, coalesce(agreed, 0) AS agreed
FROM (
    SELECT c.*, max(CASE WHEN agrees THEN step_count END) OVER (PARTITION BY incident_id)
               AS agreed
    FROM (
        SELECT h.incident_id, h.step_count, h.batch_number, b.sealed_at,
               s.hash IS NOT NULL AS there, coalesce(s.hash = h.hash, false) AS agrees
        FROM seal_head AS h
        JOIN touched AS t USING (incident_id)
        LEFT JOIN seal_batch AS b ON b.number = h.batch_number
        LEFT JOIN step AS s ON s.incident_id = h.incident_id AND s.number = h.step_count
    ) AS c
) AS checked
WHERE NOT agrees
ORDER BY incident_id, batch_number

-- name: unsealed_faults
-- Steps that nothing told the keepers of: written past the program, or by a bulk load.
SELECT i.id, i.step_count, coalesce(h.sealed, 0) AS sealed
FROM incident AS i
JOIN touched AS t ON t.incident_id = i.id
LEFT JOIN (SELECT incident_id, max(step_count) AS sealed FROM seal_head GROUP BY incident_id)
    AS h ON h.incident_id = i.id
WHERE coalesce(h.sealed, 0) < greatest(i.step_count, (
          SELECT max(s.number) FROM step AS s WHERE s.incident_id = i.id))
  AND NOT EXISTS (SELECT FROM incident_change AS c WHERE c.incident_id = i.id)
ORDER BY i.id

-- name: seal_batches
-- Batches from one on, each with what its contents give today.
SELECT b.number, b.sealed_at, b.head_count, b.root, b.audit_from, b.audit_to, b.audit_count,
       b.audit_root, b.previous_hash, b.hash,
       (SELECT count(*) FROM seal_head AS h WHERE h.batch_number = b.number) AS heads_found,
       seal_root(b.number) AS root_found,
       (SELECT count(*) FROM audit AS a WHERE a.id BETWEEN b.audit_from AND b.audit_to)
           AS audit_found,
       audit_root(b.audit_from, b.audit_to) AS audit_root_found
FROM seal_batch AS b
WHERE b.number >= %(first)s
ORDER BY b.number

-- name: seal_batch_before
SELECT number, hash FROM seal_batch WHERE number < %(first)s ORDER BY number DESC LIMIT 1

-- name: seal_heads_lost
-- Heads whose batch is gone.
SELECT DISTINCT batch_number FROM seal_head AS h
WHERE NOT EXISTS (SELECT FROM seal_batch AS b WHERE b.number = h.batch_number)
ORDER BY batch_number

-- name: kept_steps
-- All steps of the incidents looked at, in order.
SELECT s.* FROM step AS s JOIN touched AS t USING (incident_id)
ORDER BY s.incident_id, s.number

-- name: kept_incidents
-- The rows of the same, in order.
SELECT i.*, i.grid_id IS NOT NULL AS placed
FROM incident AS i JOIN touched AS t ON t.incident_id = i.id
ORDER BY i.id

-- name: incident_duplicates
SELECT jsonb_build_object(
    'id', i.id, 'distance_m', d.distance_m, 'minutes_apart', round(d.minutes_apart::numeric, 1),
    'reason', ARRAY(SELECT r FROM unnest(ARRAY[
        CASE WHEN d.same_house THEN 'house_code' END, CASE WHEN d.near THEN 'place' END])
        AS r WHERE r IS NOT NULL),
    'category', i.category_code, 'summary', i.summary, 'state', i.state, 'tier', i.tier,
    'received_at', i.received_at,
    'reports', 1 + (SELECT count(*) FROM incident AS m WHERE m.merged_into_id = i.id))
FROM incident_duplicates(%(id)s) WITH ORDINALITY AS d
JOIN incident AS i ON i.id = d.id
ORDER BY d.ordinality
LIMIT 20

-- name: incident_merged
-- Into which an incident was merged, and which were merged into it; no row where it is not seen.
SELECT i.merged_into_id, ARRAY(
    SELECT m.id FROM incident AS m WHERE m.merged_into_id = i.id ORDER BY m.id)
FROM incident AS i WHERE i.id = %(id)s

-- name: append_pair
SELECT append_pair(%(secret)s, %(merged)s, %(merged_count)s, %(merge_step)s::jsonb,
                   %(merge_cache)s::jsonb, %(absorbing)s, %(absorbing_count)s,
                   %(absorb_step)s::jsonb, %(absorb_cache)s::jsonb)

-- name: report_state
SELECT report_state(%(id)s)

-- name: extent_told
SELECT extent_told(%(id)s)

-- name: set_extent
SELECT set_extent(%(secret)s, %(id)s, ST_SetSRID(%(shape)s::geometry, 4490), %(datum)s,
                  %(received)s::jsonb)

-- name: incident_beside
-- How many open matters may be the same, and whose shares it makes.
SELECT CASE WHEN i.closed_at IS NULL
            THEN (SELECT count(*) FROM incident_duplicates(i.id)) ELSE 0 END,
       coalesce(extent_told(i.id) -> 'shares', '[]')
FROM incident AS i WHERE i.id = %(id)s
