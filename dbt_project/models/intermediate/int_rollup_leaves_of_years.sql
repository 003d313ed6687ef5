-- The rollup of units with nobody below them, for whole years: one row per slice, unit and
-- indicator that is expected or has a figure.
{{ rollup_of_leaves(of_years=true) }}
