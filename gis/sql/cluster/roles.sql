-- Run by the cluster's superuser on every preparation; may be run any number of times.
do $$
begin
    if not exists (select from pg_roles where rolname = 'gridwall_owner') then
        create role gridwall_owner;
    end if;
    if not exists (select from pg_roles where rolname = 'gridwall_server') then
        create role gridwall_server;
    end if;
end
$$;

-- The owner of a table passes by its row-level security unless that is forced, so that
-- migrations and loading need no BYPASSRLS.
alter role gridwall_owner
    with login nosuperuser nocreatedb nocreaterole noreplication nobypassrls;
alter role gridwall_server
    with login nosuperuser nocreatedb nocreaterole noreplication nobypassrls;
