-- For which parts of a year anybody filed an indicator: one row per year, series, indicator and part.
select distinct year, series, indicator_code, year_part, filing_no from {{ ref('int_cell_figures') }}
