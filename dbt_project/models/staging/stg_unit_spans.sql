-- One row per unit and validity span; valid_to is exclusive and null while the span lasts.
select unit_code, name, level, unit_type, parent_code, valid_from, valid_to
from {{ source('landing', 'unit_span') }}
