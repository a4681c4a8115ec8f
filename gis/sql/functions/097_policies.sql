-- Who sees which rows. Sub-selects are evaluated once a query; the database has verified them.

CREATE OR REPLACE PROCEDURE allow(
    policy_name text, relation regclass, command text, condition text)
LANGUAGE plpgsql SET search_path = public, pg_temp
AS $$
BEGIN
    EXECUTE format('DROP POLICY IF EXISTS %I ON %s', policy_name, relation);
    EXECUTE format(
        'CREATE POLICY %I ON %s FOR %s USING (%s)', policy_name, relation, command, condition);
END
$$;

CALL allow('within_scope', 'area', 'SELECT', $$
    (SELECT scope_library()) OR ancestor_ids && (SELECT scope_ids())
    OR identity_id = ANY ((SELECT scope_above_ids())::bigint[]) $$);
CALL allow('within_scope', 'building', 'SELECT', $$
    (SELECT scope_library()) OR scope_ids && (SELECT scope_ids()) $$);
CALL allow('within_scope', 'address', 'SELECT', $$
    (SELECT scope_library()) OR scope_ids && (SELECT scope_ids()) $$);
CALL allow('within_scope', 'other_name', 'SELECT', $$
    (SELECT scope_library()) OR scope_ids && (SELECT scope_ids()) $$);
CALL allow('within_scope', 'place_object', 'SELECT',
    $$ (SELECT scope_all()) OR scope_ids && (SELECT scope_ids()) $$);
CALL allow('of_house', 'dwelling', 'SELECT', $$
    (SELECT scope_all()) OR NOT (SELECT scope_library())
    AND EXISTS (SELECT FROM address AS a WHERE a.id = address_id) $$);
CALL allow('of_house', 'enterprise', 'SELECT', $$
    (SELECT scope_all()) OR NOT (SELECT scope_library())
    AND EXISTS (SELECT FROM address AS a WHERE a.id = address_id) $$);
CALL allow('of_house', 'person', 'SELECT', $$
    (SELECT scope_all()) OR NOT (SELECT scope_library())
    AND EXISTS (SELECT FROM address AS a WHERE a.id = address_id) $$);
CALL allow('within_scope', 'site', 'SELECT', $$
    (SELECT scope_library()) OR scope_ids && (SELECT scope_ids()) $$);
CALL allow('within_scope', 'duty', 'SELECT',
    $$ (SELECT scope_all()) OR scope_ids && (SELECT scope_ids()) $$);
CALL allow('posted_within_scope', 'officer', 'SELECT', $$
    (SELECT scope_all()) OR id = (SELECT scope_officer_id())
    OR id IN (SELECT d.officer_id FROM duty AS d) $$);
CALL allow('within_scope', 'incident', 'SELECT', $$
    (SELECT scope_all()) OR scope_ids && (SELECT scope_ids())
    OR unit_id = (SELECT scope_unit_id())
    OR officer_id = (SELECT scope_officer_id())
    OR category_code = ANY ((SELECT scope_categories())::text[])
       AND scope_ids @> (SELECT scope_unit_ground())
    OR grid_id IS NULL AND closed_at IS NULL AND (SELECT scope_places())
    OR answerable_id = (SELECT scope_account_id()) AND (SELECT scope_role()) <> 'intake' $$);
CALL allow('own', 'notice', 'SELECT', $$ account_id = (SELECT scope_account_id()) $$);
CALL allow('admin_reads', 'loop_change', 'SELECT', $$ (SELECT scope_role()) = 'admin' $$);
CALL allow('of_incident', 'report', 'SELECT', $$
    (SELECT scope_all()) OR EXISTS (SELECT FROM incident AS i WHERE i.id = report.id) $$);
CALL allow('of_incident', 'step', 'SELECT', $$
    (SELECT scope_all()) OR EXISTS (SELECT FROM incident AS i WHERE i.id = step.incident_id) $$);
CALL allow('of_incident', 'assignment', 'SELECT', $$
    (SELECT scope_all())
    OR EXISTS (SELECT FROM incident AS i WHERE i.id = assignment.incident_id) $$);
CALL allow('of_incident', 'assignment_change', 'SELECT', $$
    (SELECT scope_all())
    OR EXISTS (SELECT FROM incident AS i WHERE i.id = assignment_change.incident_id) $$);
CALL allow('within_scope', 'publication', 'SELECT',
    $$ (SELECT scope_all()) OR scope_ids && (SELECT scope_ids()) $$);
CALL allow('of_publication', 'publication_area', 'SELECT', $$
    (SELECT scope_all())
    OR EXISTS (SELECT FROM publication AS p WHERE p.id = publication_area.publication_id) $$);
CALL allow('of_publication', 'publication_duty', 'SELECT', $$
    (SELECT scope_all())
    OR EXISTS (SELECT FROM publication AS p WHERE p.id = publication_duty.publication_id) $$);
-- A unit has no ground: it sees the events of the matters that it sees. What servers tell each other
-- of tiles and of accounts nobody sees.
CALL allow('within_scope', 'event', 'SELECT', $$
    kind NOT IN ('tiles', 'access') AND (
        (SELECT scope_all()) OR scope_ids && (SELECT scope_ids())
        OR kind = 'incident' AND scope_ids = '{}' AND (SELECT scope_places())
        OR (SELECT scope_unit_id()) IS NOT NULL AND kind = 'incident'
           AND EXISTS (SELECT FROM incident AS i
                       WHERE i.id = (payload::jsonb ->> 'id')::bigint)) $$);
CALL allow('own', 'account', 'SELECT',
    $$ id = (SELECT scope_account_id()) OR (SELECT scope_role()) = 'admin' $$);
CALL allow('own', 'account_area', 'SELECT',
    $$ account_id = (SELECT scope_account_id()) OR (SELECT scope_role()) = 'admin' $$);
CALL allow('admin_reads', 'audit', 'SELECT', $$ (SELECT scope_role()) = 'admin' $$);

-- A unit has no ground: it lists through the incidents that it sees.
CALL allow('within_scope', 'incident_area', 'SELECT', $$
    (SELECT scope_all()) OR identity_id = ANY ((SELECT scope_under_ids())::bigint[])
    OR (SELECT scope_unit_id()) IS NOT NULL
       AND EXISTS (SELECT FROM incident AS i WHERE i.id = incident_id) $$);
CALL allow('of_incident', 'assessment_fact', 'SELECT', $$
    (SELECT scope_all()) OR scope_ids && (SELECT scope_ids())
    OR unit_id = (SELECT scope_unit_id()) $$);
CALL allow('of_incident', 'extent', 'SELECT', $$
    (SELECT scope_all()) OR EXISTS (SELECT FROM incident AS i WHERE i.id = extent.incident_id) $$);
CALL allow('of_incident', 'share', 'SELECT', $$
    (SELECT scope_all()) OR EXISTS (SELECT FROM incident AS i WHERE i.id = share.incident_id) $$);
CALL allow('own_counts', 'assessment_count', 'SELECT', $$
    (SELECT scope_all())
    OR CASE subject WHEN 'officer' THEN key_id IN (SELECT d.officer_id FROM duty AS d)
                    WHEN 'unit' THEN key_id = (SELECT scope_unit_id())
                    WHEN 'whole' THEN false
                    ELSE key_id = ANY ((SELECT scope_under_ids())::bigint[]) END $$);
CALL allow('own_counts', 'assessment_time', 'SELECT', $$
    (SELECT scope_all())
    OR CASE subject WHEN 'officer' THEN key_id IN (SELECT d.officer_id FROM duty AS d)
                    WHEN 'unit' THEN key_id = (SELECT scope_unit_id())
                    WHEN 'whole' THEN false
                    ELSE key_id = ANY ((SELECT scope_under_ids())::bigint[]) END $$);
CALL allow('of_incident', 'rating', 'SELECT', $$
    (SELECT scope_all()) OR EXISTS (SELECT FROM incident AS i WHERE i.id = incident_id) $$);
CALL allow('within_scope', 'field_work', 'SELECT', $$
    (SELECT scope_all()) OR area_identity_id = ANY ((SELECT scope_under_ids())::bigint[]) $$);
-- Who leads officers sees where they are: those posted on their ground, while they are on it.
CALL allow('own_officers', 'track_fix', 'SELECT', $$
    officer_id = (SELECT scope_officer_id())
    OR (SELECT scope_role()) IN ('hall', 'street', 'community', 'admin')
       AND ((SELECT scope_all())
            OR scope_ids && (SELECT scope_ids())
               AND officer_id IN (SELECT d.officer_id FROM duty AS d)) $$);
-- A planner's work, on the ground that they stand for: as sees_draft.
CALL allow('planners', 'draft', 'SELECT', $$
    (SELECT scope_role()) IN ('planner', 'admin')
    AND ((SELECT scope_all()) OR scope_ids && (SELECT scope_ids())) $$);
CALL allow('of_draft', 'draft_operation', 'SELECT', $$
    EXISTS (SELECT FROM draft AS d WHERE d.id = draft_id) $$);
CALL allow('of_draft', 'draft_face', 'SELECT', $$
    EXISTS (SELECT FROM draft AS d WHERE d.id = draft_id) $$);
-- Who sees the area sees the raster.
CALL allow('of_area', 'raster', 'SELECT', $$
    (SELECT scope_role()) = 'admin'
    OR (SELECT scope_role()) <> 'filing'
    AND (roles = '{}' OR (SELECT scope_role()) = ANY (roles))
    AND (area_identity_id IS NULL OR (SELECT scope_all())
         OR EXISTS (SELECT FROM area AS a
                    WHERE a.identity_id = area_identity_id AND upper_inf(a.period))) $$);
CALL allow('of_raster', 'raster_file', 'SELECT', $$
    EXISTS (SELECT FROM raster AS r WHERE r.id = raster_id) $$);

-- Nothing is open to everybody but what no jurisdiction divides.
DO $$
DECLARE
    relation text;
BEGIN
    REVOKE ALL ON ALL TABLES IN SCHEMA public FROM gridwall_server;
    GRANT USAGE ON SCHEMA public TO gridwall_server;
    FOREACH relation IN ARRAY ARRAY[
        'area', 'building', 'address', 'site', 'site_change', 'duty', 'officer', 'incident', 'report', 'step',
        'assignment', 'event', 'audit', 'account_area', 'area_identity',
        'scheme', 'category', 'line', 'unit', 'shift', 'ground', 'city_setting', 'event_head',
        'role_order', 'choice_order', 'alembic_version',
        'notice', 'loop_change', 'calendar_day', 'loop_version',
        'extent', 'share', 'publication', 'publication_area', 'publication_duty',
        'assignment_change',
        'incident_area', 'assessment_fact', 'assessment_count', 'assessment_time',
        'assessment_head', 'score_part', 'star_rule', 'rating', 'field_work',
        'other_name', 'place_object', 'place_category', 'dwelling', 'enterprise',
        'draft', 'draft_operation', 'draft_face', 'raster', 'raster_file', 'track_fix']
    LOOP
        EXECUTE format('GRANT SELECT ON %I TO gridwall_server', relation);
    END LOOP;
    GRANT SELECT (id, name, display_name, role, whole, officer_id, unit_id, disabled_at, created_at)
        ON account TO gridwall_server;
    -- Not `sealed`: that is unmask_person's to give.
    GRANT SELECT (id, address_id, kind, relation, key_id, masked) ON person TO gridwall_server;
END
$$;

-- Of the project's own routines the server calls these; nobody but the owner calls the others.
DO $$
DECLARE
    routine record;
BEGIN
    FOR routine IN
        SELECT p.oid::regprocedure AS signature, p.proname AS name
        FROM pg_proc AS p
        LEFT JOIN pg_depend AS d
            ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e'
        WHERE p.pronamespace = 'public'::regnamespace AND d.objid IS NULL
          AND p.proowner = current_user::regrole
    LOOP
        EXECUTE format('REVOKE EXECUTE ON ROUTINE %s FROM public, gridwall_server',
                       routine.signature);
        IF routine.name IN (
            'enter', 'scope', 'scope_all', 'scope_ids', 'scope_above_ids', 'scope_role',
            'scope_account_id', 'scope_unit_id', 'scope_categories',
            'sign_in_salt', 'sign_in', 'sign_out', 'renew_session',
            'sign_in_wait', 'sign_in_from', 'sign_in_by_provider', 'who_is', 'note_use',
            'rotate_session', 'end_copied_session', 'hold_session', 'release_session',
            'end_session', 'own_account', 'end_own_sessions', 'change_own_password',
            'make_own_token', 'revoke_token', 'list_accounts', 'list_credentials',
            'add_account', 'change_account', 'reset_password', 'end_sessions', 'make_token',
            'list_mappings', 'add_mapping', 'remove_mapping',
            'file_reports', 'append_step', 'locate_points', 'nearest_buildings',
            'codes_beginning', 'buildings_within', 'houses_within', 'site_text', 'bare_number',
            'text_without_room', 'sequence_events',
            'scope_officer_id', 'scope_unit_ground', 'scope_places', 'scope_library',
            'read_notices', 'incident_people',
            'change_loop', 'undo_loop_change',
            'incident_assignments', 'unmask_person', 'rename_place',
            'coverages_due', 'coverage_shapes', 'store_coverage',
            'open_load', 'tile_areas', 'tile_buildings', 'tile_ground', 'tile_bounds',
            'tile_incidents', 'tile_addresses', 'tile_places', 'tile_custom',
            'custom_described',
            'surroundings', 'map_shapes', 'desk_map', 'desk_buildings', 'note_export', 'audit_actions', 'audit_sealed',
            'keep_changes', 'escalate_due', 'incident_duplicates', 'append_pair', 'report_state',
            'extent_told', 'set_extent',
            'begin_publication', 'area_codes_given', 'stage_publication', 'put_in_force',
            'publication_outlook', 'publication_author',
            'fold_matters', 'rate_incident', 'scope_under_ids', 'part_of_fact',
            'ground_matters', 'ground_counts',
            'open_draft', 'store_draft_operation', 'move_draft', 'rebase_draft',
            'set_draft_rules', 'rename_draft', 'abandon_draft', 'set_plan_rules', 'drafts_told', 'draft_areas',
            'draft_parents', 'draft_faces', 'draft_operations', 'draft_points',
            'draft_open_incidents', 'draft_ground', 'plan_rules_of',
            'rehearse_officers', 'store_fixes', 'tile_tracks',
            'tile_changes', 'event_origin', 'tile_share', 'areas_settled', 'on_shift', 'setting_text', 'setting_number')
        THEN
            EXECUTE format('GRANT EXECUTE ON ROUTINE %s TO gridwall_server', routine.signature);
        END IF;
    END LOOP;
END
$$;
