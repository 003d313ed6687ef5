-- Run once, by the superuser, when the postgres service makes its cluster: two owners who are no superusers, and a
-- database for each that the other cannot enter. The passwords come from the environment and are never in a file.
\getenv kexie_owner_password KEXIE_OWNER_PASSWORD
\getenv airflow_password AIRFLOW_DATABASE_PASSWORD

-- createrole, because the warehouse makes the office's read-only login itself.
create role kexie_owner login createrole password :'kexie_owner_password';
create role airflow login password :'airflow_password';

-- Sorted by code point, as in the embedded server, so that both give the same order.
create database kexie owner kexie_owner template template0 encoding 'UTF8' locale 'C.UTF-8';
create database airflow owner airflow template template0 encoding 'UTF8' locale 'C.UTF-8';
revoke all on database kexie, airflow from public;
