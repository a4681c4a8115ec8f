-- Which function fires where.
CREATE OR REPLACE TRIGGER report_ground BEFORE INSERT ON report
    FOR EACH STATEMENT EXECUTE FUNCTION ground_shared();
CREATE OR REPLACE TRIGGER report_received AFTER INSERT ON report
    REFERENCING NEW TABLE AS inserted FOR EACH STATEMENT EXECUTE FUNCTION reports_received();
CREATE OR REPLACE TRIGGER report_unaltered BEFORE UPDATE OR DELETE ON report
    FOR EACH ROW EXECUTE FUNCTION refuse_unless_erased();
CREATE OR REPLACE TRIGGER report_untruncated BEFORE TRUNCATE ON report
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER incident_kept BEFORE DELETE ON incident
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER incident_untruncated BEFORE TRUNCATE ON incident
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER assignment_kept BEFORE DELETE ON assignment
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER assignment_untruncated BEFORE TRUNCATE ON assignment
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER step_unaltered BEFORE UPDATE OR DELETE ON step
    FOR EACH ROW EXECUTE FUNCTION refuse_unless_erased();
CREATE OR REPLACE TRIGGER step_untruncated BEFORE TRUNCATE ON step
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER audit_unaltered BEFORE UPDATE OR DELETE ON audit
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER audit_untruncated BEFORE TRUNCATE ON audit
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER building_placed BEFORE INSERT OR UPDATE OF geom ON building
    FOR EACH ROW EXECUTE FUNCTION building_placed();
CREATE OR REPLACE TRIGGER address_placed BEFORE INSERT OR UPDATE OF geom, building_id ON address
    FOR EACH ROW WHEN (coalesce(current_setting('gridwall.places_in_sets', true), '') <> 'on')
    EXECUTE FUNCTION address_placed();
CREATE OR REPLACE TRIGGER address_text_kept AFTER UPDATE OF text ON address
    FOR EACH ROW WHEN (OLD.text IS DISTINCT FROM NEW.text) EXECUTE FUNCTION name_kept('text');
CREATE OR REPLACE TRIGGER building_name_kept AFTER UPDATE OF name ON building
    FOR EACH ROW WHEN (OLD.name IS DISTINCT FROM NEW.name AND OLD.name <> '')
    EXECUTE FUNCTION name_kept('name');
CREATE OR REPLACE TRIGGER building_text_kept AFTER UPDATE OF text ON building
    FOR EACH ROW WHEN (OLD.text IS DISTINCT FROM NEW.text AND OLD.text <> '')
    EXECUTE FUNCTION name_kept('text');
CREATE OR REPLACE TRIGGER building_code_kept AFTER DELETE OR UPDATE OF building_code ON building
    FOR EACH ROW WHEN (OLD.building_code IS NOT NULL)
    EXECUTE FUNCTION code_kept('building_code');
CREATE OR REPLACE TRIGGER house_code_kept AFTER DELETE OR UPDATE OF house_code ON address
    FOR EACH ROW WHEN (OLD.house_code IS NOT NULL) EXECUTE FUNCTION code_kept('house_code');
CREATE OR REPLACE TRIGGER other_name_placed BEFORE INSERT OR UPDATE OF standard ON other_name
    FOR EACH ROW WHEN (coalesce(current_setting('gridwall.places_in_sets', true), '') <> 'on')
    EXECUTE FUNCTION other_name_placed();
CREATE OR REPLACE TRIGGER place_object_placed BEFORE INSERT OR UPDATE OF geom ON place_object
    FOR EACH ROW WHEN (coalesce(current_setting('gridwall.places_in_sets', true), '') <> 'on')
    EXECUTE FUNCTION place_object_placed();
CREATE OR REPLACE TRIGGER duty_placed BEFORE INSERT OR UPDATE OF area_identity_id, building_id
    ON duty FOR EACH ROW EXECUTE FUNCTION duty_placed();
CREATE OR REPLACE TRIGGER assignment_rules_changed
    AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON city_setting
    FOR EACH STATEMENT EXECUTE FUNCTION assignment_rules_changed();
CREATE OR REPLACE TRIGGER assignment_rules_changed
    AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON scheme
    FOR EACH STATEMENT EXECUTE FUNCTION assignment_rules_changed();
CREATE OR REPLACE TRIGGER assignment_rules_changed
    AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON role_order
    FOR EACH STATEMENT EXECUTE FUNCTION assignment_rules_changed();
CREATE OR REPLACE TRIGGER assignment_rules_changed
    AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON choice_order
    FOR EACH STATEMENT EXECUTE FUNCTION assignment_rules_changed();
CREATE OR REPLACE TRIGGER loop_data_changed
    AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON category
    FOR EACH STATEMENT EXECUTE FUNCTION loop_data_changed();
CREATE OR REPLACE TRIGGER loop_data_changed
    AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON calendar_day
    FOR EACH STATEMENT EXECUTE FUNCTION loop_data_changed();
CREATE OR REPLACE TRIGGER loop_data_counted AFTER INSERT OR UPDATE OR DELETE ON category
    FOR EACH ROW EXECUTE FUNCTION loop_data_changed();
CREATE OR REPLACE TRIGGER loop_data_counted AFTER INSERT OR UPDATE OR DELETE ON calendar_day
    FOR EACH ROW EXECUTE FUNCTION loop_data_changed();
-- By row: a setting is written at every start, and mostly as it was.
CREATE OR REPLACE TRIGGER loop_data_changed AFTER INSERT OR UPDATE OR DELETE ON city_setting
    FOR EACH ROW EXECUTE FUNCTION loop_data_changed();
CREATE OR REPLACE TRIGGER loop_change_unaltered BEFORE UPDATE OR DELETE ON loop_change
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER loop_change_untruncated BEFORE TRUNCATE ON loop_change
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER seal_unaltered BEFORE UPDATE OR DELETE ON seal_batch
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER seal_untruncated BEFORE TRUNCATE ON seal_batch
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER seal_head_unaltered BEFORE UPDATE OR DELETE ON seal_head
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER seal_head_untruncated BEFORE TRUNCATE ON seal_head
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER clock_mark_unaltered BEFORE UPDATE OR DELETE ON clock_mark
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER clock_mark_untruncated BEFORE TRUNCATE ON clock_mark
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
