-- Every unit that ever was, with a number by which figures are joined: one row per unit.
select unit_code, row_number() over (order by unit_code)::integer as unit_no
from (select distinct unit_code from {{ ref('stg_unit_spans') }}) as units
