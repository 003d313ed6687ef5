-- Every unit that ever was, with a number by which figures are joined: one row per unit, with its first day and the day it ended on, if it did.
select
    unit_code,
    row_number() over (order by unit_code)::integer as unit_no,
    min(valid_from) as first_day,
    case when count(*) = count(valid_to) then max(valid_to) end as ended_on
from {{ ref('stg_unit_spans') }}
group by unit_code
