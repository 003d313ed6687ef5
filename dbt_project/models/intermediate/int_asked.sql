-- What is asked of each kind of unit: one row per kind (slice, level and type of unit that its tree has) and indicator rolled up in it. Said of a
-- kind, it need not be found out again for each unit.
with kinds as (
    select distinct slice_id, level, unit_type, kind_no from {{ ref('int_tree') }}
)

select
    kinds.kind_no,
    indicators.indicator_code,
    indicators.indicator_name,
    indicators.measure,
    indicators.sort_order as indicator_no,
    indicators.aggregation = 'peak' as is_peak,
    indicators.aggregation = 'coverage' as is_coverage,
    indicators.aggregation = 'peak'
        or (indicators.aggregation = 'coverage' and coalesce(indicators.distinct_by = 'name', false)) as has_greatest_low,
    indicators.aggregation in {{ adding_kinds() }} as is_adding,
    -- Some of it may be provisional or from prose; of any other figure all of it is, or nothing.
    indicators.aggregation in {{ adding_kinds() }} or indicators.aggregation = 'list' as has_parts,
    indicators.aggregation in ('ratio', 'rank', 'target', 'ref') and indicators.numerator is null as is_never_added,
    indicators.numerator is not null as is_ratio,
    coalesce(indicators.aggregation = 'list' and kinds.level = indicators.owner_level, false)
        and expectations.indicator_code is not null as is_list_owner,
    expectations.indicator_code is not null as is_expected
from kinds
join {{ ref('int_slice_indicators') }} as slice_indicators on slice_indicators.slice_id = kinds.slice_id
join {{ ref('indicators') }} as indicators on indicators.indicator_code = slice_indicators.indicator_code
left join {{ ref('indicator_expectations') }} as expectations
    on expectations.indicator_code = indicators.indicator_code
    and expectations.level = kinds.level
    and expectations.unit_type = kinds.unit_type
