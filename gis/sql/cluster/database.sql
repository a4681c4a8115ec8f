-- Run by the superuser inside the database :name; may be run any number of times.
create extension if not exists postgis;
create extension if not exists btree_gist;
create extension if not exists pg_trgm;
create extension if not exists pgcrypto;

alter database :"name" owner to gridwall_owner;
revoke all on database :"name" from public;
grant connect on database :"name" to gridwall_server;

-- pg_database_owner (here: gridwall_owner) owns the schema; nobody else makes objects in it.
revoke create on schema public from public;
grant usage on schema public to gridwall_server;
