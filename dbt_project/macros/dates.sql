{# Postgres-only date arithmetic, kept in one place. #}

{% macro day(year, month, day) -%}
    make_date(({{ year }})::integer, ({{ month }})::integer, ({{ day }})::integer)
{%- endmacro %}

{% macro last_day_of_month(year, month) -%}
    ({{ day(year, month, 1) }} + interval '1 month' - interval '1 day')::date
{%- endmacro %}
