-- The rollup of units with others below them, for parts of years and whatever else is no whole year: one row per slice, unit and
-- indicator that has an expected unit or a figure in its subtree.
{{ rollup_above(leaves=ref('int_rollup_leaves_of_parts'), of_years=false) }}
