-- The rollup of units with others below them, for whole years: one row per slice, unit and
-- indicator that has an expected unit or a figure in its subtree.
{{ rollup_above(leaves=ref('int_rollup_leaves_of_years'), of_years=true) }}
