-- The rollup: one row per slice, unit and indicator that has an expected unit or a figure in its subtree.
{{ config(materialized='view') }}

-- Without the arrays, of which dbt's unit tests cannot make rows.
select
    node_id, parent_id, slice_id, unit_code, parent_code, depth, level, indicator_code, basis,
    {% for part in ['value', 'low', 'high'] %}
    {{ part }}, own_{{ part }}, computed_{{ part }}, claimed_{{ part }},
    {% endfor %}
    has_value, provisional_value, narrative_value, is_provisional, is_narrative, is_inherited, is_estimate,
    adjustment_value, units_expected, units_reported, units_covered, stands_in, is_ratio, has_figure
from {{ ref('int_rollup_rows') }}
