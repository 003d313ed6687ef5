{# A table that the next build replaces whole has nothing to vacuum, and has been sampled: what autovacuum does with it is a tenth of the
   build's work, done for nobody. #}
{% macro left_alone() -%}
    {%- if model.config.materialized != 'view' -%}
    alter table {{ this }} set (autovacuum_enabled = false)
    {%- endif -%}
{%- endmacro %}
