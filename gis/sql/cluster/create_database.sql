-- Makes the database :name, owned by gridwall_owner, where it is not there yet.
select format('create database %I owner gridwall_owner', :'name')
 where not exists (select from pg_database where datname = :'name') \gexec
