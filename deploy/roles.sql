-- Run once, by the superuser, when the postgres service makes its cluster: a database for the warehouse and one for
-- Airflow, each with an owner who is no superuser and cannot enter the other, and the logins of kexie/roles.py, whom the
-- warehouse's owner lets in. The passwords come from the environment and are never in a file.
\getenv kexie_owner_password KEXIE_OWNER_PASSWORD
\getenv kexie_ingest_password KEXIE_INGEST_PASSWORD
\getenv kexie_transform_password KEXIE_TRANSFORM_PASSWORD
\getenv kexie_publish_password KEXIE_PUBLISH_PASSWORD
\getenv kexie_office_password KEXIE_OFFICE_PASSWORD
\getenv kexie_operator_password KEXIE_OPERATOR_PASSWORD
\getenv kexie_backup_password KEXIE_BACKUP_PASSWORD
\getenv airflow_password AIRFLOW_DATABASE_PASSWORD

create role kexie_owner login password :'kexie_owner_password';
create role kexie_ingest login password :'kexie_ingest_password';
create role kexie_transform login password :'kexie_transform_password';
create role kexie_publish login password :'kexie_publish_password';
create role kexie_office login password :'kexie_office_password';
create role kexie_operator login password :'kexie_operator_password';
create role kexie_backup login createdb password :'kexie_backup_password';
create role airflow login password :'airflow_password';

-- The owner takes over what dbt made, and says who reads it.
grant kexie_transform to kexie_owner;

alter role kexie_office set default_transaction_read_only = on;
alter role kexie_office set statement_timeout = '5min';
alter role kexie_office set timezone = 'Asia/Shanghai';
alter role kexie_office set search_path = published;
alter role kexie_operator set default_transaction_read_only = on;
alter role kexie_operator set statement_timeout = '5min';
alter role kexie_operator set timezone = 'Asia/Shanghai';
alter role kexie_operator set search_path = ops;

-- Sorted by code point, as in the embedded server, so that both give the same order.
create database kexie owner kexie_owner template template0 encoding 'UTF8' locale 'C.UTF-8';
create database airflow owner airflow template template0 encoding 'UTF8' locale 'C.UTF-8';
revoke all on database kexie, airflow from public;
