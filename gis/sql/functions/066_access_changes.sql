-- Who may see what has changed: told into the outbox, so that servers forget at once what they
-- remember of callers. Kind `access`; the payload has the number of a `credential`, an `account` or an
-- `officer`. What tiles a caller sees depends on the caller's share of the city alone.

-- The caller's share: equal for all who see the same tiles, but for what is theirs as an account.
CREATE OR REPLACE FUNCTION tile_share()
RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
AS $$ SELECT md5((scope() - 'account' - 'credential' - 'access')::text) $$;

CREATE OR REPLACE FUNCTION access_changed()
RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    was constant jsonb := to_jsonb(OLD);
BEGIN
    INSERT INTO event_pending (kind, payload) VALUES (
        'access', jsonb_build_object(
            TG_ARGV[0], coalesce(was, to_jsonb(NEW)) -> TG_ARGV[1])::text);
    RETURN NULL;
END
$$;

CREATE OR REPLACE TRIGGER access_changed AFTER UPDATE ON credential
    FOR EACH ROW WHEN (
        (OLD.revoked_at, OLD.access, OLD.area_identity_id, OLD.account_id)
            IS DISTINCT FROM (NEW.revoked_at, NEW.access, NEW.area_identity_id, NEW.account_id)
        OR NEW.expires_at < coalesce(OLD.expires_at, 'infinity'))
    EXECUTE FUNCTION access_changed('credential', 'id');
CREATE OR REPLACE TRIGGER access_ended AFTER DELETE ON credential
    FOR EACH ROW WHEN (OLD.revoked_at IS NULL)
    EXECUTE FUNCTION access_changed('credential', 'id');
CREATE OR REPLACE TRIGGER access_changed AFTER UPDATE ON account
    FOR EACH ROW WHEN (
        (OLD.role, OLD.whole, OLD.officer_id, OLD.unit_id, OLD.disabled_at, OLD.must_change)
            IS DISTINCT FROM (NEW.role, NEW.whole, NEW.officer_id, NEW.unit_id, NEW.disabled_at,
                              NEW.must_change))
    EXECUTE FUNCTION access_changed('account', 'id');
CREATE OR REPLACE TRIGGER access_ended AFTER DELETE ON account
    FOR EACH ROW EXECUTE FUNCTION access_changed('account', 'id');
CREATE OR REPLACE TRIGGER access_changed AFTER INSERT OR UPDATE OR DELETE ON account_area
    FOR EACH ROW EXECUTE FUNCTION access_changed('account', 'account_id');
CREATE OR REPLACE TRIGGER access_changed AFTER UPDATE ON officer
    FOR EACH ROW WHEN (OLD.unit_id IS DISTINCT FROM NEW.unit_id)
    EXECUTE FUNCTION access_changed('officer', 'id');
