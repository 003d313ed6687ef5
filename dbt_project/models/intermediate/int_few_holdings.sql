-- All holdings but the own figures of units with nobody below them: one row per slice, unit, indicator and scope. A few thousand, read again
-- and again, where there are a million of the others.
select *
from {{ ref('int_holdings') }}
where scope <> 'own' or unit_no in (select unit_no from {{ ref('int_tree') }} where has_children)
