-- The candidate for published.indicator_statuses: one row per indicator and status that it counts.
{{ config(alias='indicator_statuses') }}

with statuses as (
    select * from {{ ref('indicator_statuses') }}
),

labels as (
    select * from {{ ref('codelists') }} where list = 'statuses'
)

select
    statuses.indicator_code,
    statuses.status,
    labels.label_zh as status_name,
    statuses.rank
from statuses
join labels on labels.code = statuses.status
