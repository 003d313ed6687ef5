"""The two histories that grow with the figures lie in partitions, one a year.

A year of which nothing was published yet is written into tables without indexes, and these are made afterwards, in one
go: row by row they cost two thirds of a first publish. What a year's publish, or the office's question about a year,
reads and writes is the partition of the year, however many years there are.

PostgreSQL makes no partitioned table of one that is there. So each view that reads it is made to read nothing for a
moment, and what was published moves to the partitions.
"""

from alembic import op

revision = "0028"
down_revision = "0027"

LEAF = "period, holder_code, indicator_code, role, leaf_indicator_code"

INDEXES = {
    "indicator_values": (
        """
        create unique index indicator_values_in_force on published.indicator_values_history
        (period, unit_code, indicator_code, closed_by) nulls not distinct
        """,
        """
        create index indicator_values_above on published.indicator_values_history (indicator_code, unit_level, period)
        where closed_by is null and unit_level in ('province', 'city')
        """,
    ),
    "contribution_leaves": (
        f"""
        create unique index contribution_leaves_in_force on published.contribution_leaves_history ({LEAF})
        where closed_by is null
        """,
        f"""
        create index contribution_leaves_closed on published.contribution_leaves_history ({LEAF})
        where closed_by is not null
        """,
        """
        create index contribution_leaves_adjusting on published.contribution_leaves_history (indicator_code, period)
        where role = 'adjustment'
        """,
    ),
}


def upgrade() -> None:
    op.execute(OPEN_YEARS)
    op.execute(ANALYSE_HISTORY)
    for relation, indexes in INDEXES.items():
        op.execute(DIVIDED.format(relation=relation))
        for index in indexes:
            op.execute(index)


# A table becomes a partition of the history only when it has its rows, and then gets its indexes.
OPEN_YEARS = """
    create function ops.open_years(relation text, years integer[], publication_id bigint) returns bigint
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
    set maintenance_work_mem = '256MB'
    set max_parallel_maintenance_workers = 0
    as $$
    declare
        history text := format('published.%I', relation || '_history');
        unindexed text := format('published.%I', relation || '_unindexed');
        columns text;
        year integer;
        place text;
        written bigint := 0;
    begin
        execute format('create table %s (like %s) partition by range (period)', unindexed, history);
        foreach year in array years loop
            place := format('published.%I', relation || '_history_' || year);
            execute format('create table %s (like %s including all excluding indexes)', place, history);
            execute format(
                'comment on table %s is %L',
                place, format('%s，%s年', obj_description(history::regclass, 'pg_class'), year)
            );
            execute format(
                'alter table %s attach partition %s for values from (%L) to (%L)', unindexed, place, year, year + 1
            );
        end loop;
        if publication_id is not null then
            select string_agg(quote_ident(attname), ', ' order by attnum) into columns
            from pg_attribute
            where attrelid = history::regclass and attnum > 0 and not attisdropped
                and attname not in ('opened_by', 'closed_by');
            execute format(
                'insert into %s (%s, opened_by) select %2$s, $1 from candidate.%I', unindexed, columns, relation
            ) using publication_id;
            get diagnostics written = row_count;
        end if;
        foreach year in array years loop
            place := format('published.%I', relation || '_history_' || year);
            execute format('alter table %s detach partition %s', unindexed, place);
            execute format(
                'alter table %s attach partition %s for values from (%L) to (%L)', history, place, year, year + 1
            );
            execute format('analyze %s', place);
        end loop;
        execute format('drop table %s', unindexed);
        return written;
    end
    $$
"""

# Each partition is counted by itself when it is written; what is left to count is the whole that they make up.
ANALYSE_HISTORY = """
    create or replace function ops.analyse_history(relation text) returns void
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
    as $$
    declare
        history regclass := format('published.%I', relation || '_history')::regclass;
        alone text := case when current_setting('server_version_num')::integer >= 180000 then 'only' else '' end;
    begin
        execute format('analyze %s %s', alone, history);
    end
    $$
"""

DIVIDED = """
    do $$
    declare
        history regclass := 'published.{relation}_history'::regclass;
        reader record;
        readers text[] := array[]::text[];
        meant text[] := array[]::text[];
        place integer;
    begin
        for reader in
            select distinct pg_rewrite.ev_class::regclass as view
            from pg_depend
            join pg_rewrite on pg_rewrite.oid = pg_depend.objid
            where pg_depend.classid = 'pg_rewrite'::regclass and pg_depend.refobjid = history
        loop
            readers := readers || reader.view::text;
            meant := meant || pg_get_viewdef(reader.view);
            execute format(
                'create or replace view %s as select %s',
                reader.view,
                (
                    select string_agg(
                        format('null::%s as %I', format_type(atttypid, atttypmod), attname), ', ' order by attnum
                    )
                    from pg_attribute where attrelid = reader.view and attnum > 0
                )
            );
        end loop;

        alter table published.{relation}_history rename to {relation}_undivided;
        create table published.{relation}_history (like published.{relation}_undivided including all excluding indexes)
            partition by range (period);
        execute format(
            'comment on table published.{relation}_history is %L', obj_description(history, 'pg_class')
        );
        perform ops.open_years(
            '{relation}',
            array(select distinct left(period, 4)::integer from published.{relation}_undivided order by 1),
            null
        );
        insert into published.{relation}_history select * from published.{relation}_undivided;
        drop table published.{relation}_undivided;

        for place in 1 .. cardinality(readers) loop
            execute format('create or replace view %s as %s', readers[place], meant[place]);
        end loop;
    end
    $$
"""
