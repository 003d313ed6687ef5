"""The first publish of a year is cheaper: keys that sort fast, and a year that is written as a table of its own.

Indexes that begin with the period, of which a year has 13, compare it in vain for every two rows. Those that begin with
the unit compare eight bytes at once and seldom more, and take half as long to make. Who asks of one indicator in all
units needs no index beside them: PostgreSQL skips from unit to unit, or before 18 reads through the index, a third of
the table.
"""

from alembic import op

revision = "0030"
down_revision = "0029"

VALUE = "unit_code, indicator_code, period"
LEAF = "holder_code, indicator_code, period, role, leaf_indicator_code"


def upgrade() -> None:
    op.execute(OPEN_YEARS)
    op.execute("set local maintenance_work_mem = '256MB'")
    for statement in REINDEXED:
        op.execute(statement)


# An index of the whole is made in each of its partitions, and dropped in each.
REINDEXED = (
    "drop index published.indicator_values_in_force",
    f"""
    create unique index indicator_values_in_force on published.indicator_values_history ({VALUE}, closed_by)
    nulls not distinct
    """,
    "drop index published.contribution_leaves_in_force",
    f"""
    create unique index contribution_leaves_in_force on published.contribution_leaves_history ({LEAF})
    where closed_by is null
    """,
    "drop index published.contribution_leaves_closed",
    f"""
    create index contribution_leaves_closed on published.contribution_leaves_history ({LEAF})
    where closed_by is not null
    """,
)

# A table made by the query that fills it costs a tenth less than rows sent to it; what the history demands of its
# columns is told afterwards, and proven in one reading with the year, so that attaching the table reads nothing.
# Rows of other years than the one asked for are refused here; of several, by whoever counts what was written.
OPEN_YEARS = """
    create or replace function ops.open_years(relation text, years integer[], publication_id bigint) returns bigint
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
    set maintenance_work_mem = '256MB'
    set max_parallel_maintenance_workers = 1
    as $$
    declare
        history regclass := format('published.%I', relation || '_history')::regclass;
        columns text;
        demands text;
        rows_from text;
        written bigint := 0;
        written_of_year bigint;
        described record;
        year integer;
        place text;
    begin
        select
            string_agg(
                format(
                    '%s::%s as %I',
                    case attname
                        when 'opened_by' then quote_nullable(publication_id)
                        when 'closed_by' then 'null'
                        else quote_ident(attname)
                    end,
                    format_type(atttypid, atttypmod),
                    attname
                ),
                ', ' order by attnum
            ),
            string_agg(format('alter column %I set not null', attname), ', ') filter (where attnotnull)
        into columns, demands
        from pg_attribute
        where attrelid = history and attnum > 0 and not attisdropped;

        foreach year in array years loop
            place := format('published.%I', relation || '_history_' || year);
            rows_from := case
                when publication_id is null then format('%s where false', history)
                when cardinality(years) = 1 then format('candidate.%I', relation)
                else format('candidate.%I where period >= %L and period < %L', relation, year, year + 1)
            end;
            execute format('create table %s as select %s from %s', place, columns, rows_from);
            get diagnostics written_of_year = row_count;
            written := written + written_of_year;

            execute format(
                'alter table %s %s, add constraint within_year check (period >= %L and period < %L)',
                place, demands, year, year + 1
            );
            execute format(
                'alter table %s attach partition %s for values from (%L) to (%L)', history, place, year, year + 1
            );
            execute format('alter table %s drop constraint within_year', place);

            execute format(
                'comment on table %s is %L',
                place, format('%s，%s年', obj_description(history, 'pg_class'), year)
            );
            for described in
                select attname as name, col_description(history, attnum) as comment
                from pg_attribute
                where attrelid = history and attnum > 0 and not attisdropped
            loop
                execute format('comment on column %s.%I is %L', place, described.name, described.comment);
            end loop;
            -- Before PostgreSQL 18 it is counted with the whole, or by the server a minute later (ops.analyse_history).
            if current_setting('server_version_num')::integer >= 180000 then
                execute format('analyze %s', place);
            end if;
        end loop;
        return written;
    end
    $$
"""
