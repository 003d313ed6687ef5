-- The rollup of units with nobody below them, for parts of years and whatever else is no whole year: one row per slice, unit and
-- indicator that is expected or has a figure.
{{ rollup_of_leaves(of_years=false) }}
