"""The raw rows that the benchmarks of scale work on: a made-up province that files by the month, and what it filed.

3,000 reporting units (a province, its cities, their counties) file 28 indicators on four forms each month, a million
figures a year. One filing in 33 is missing, one delivery in 20 is revised, cities claim for their subtree on two forms.
Everything follows from a figure's place by arithmetic: the same size is the same rows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from catalogue.load import load
from ingestion.filing_calendar import sync_calendar

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

FIGURES_A_YEAR = 1_000_000
LAST_YEAR = 2025
UNITS, CITIES = 3000, 20

INDICATORS = (
    *("org_ast_staff_count", "org_enterprise_ast_count", "org_agritech_assoc_count", "org_individual_member_count"),
    *("org_volunteer_reg_science_count", "org_training_class_count", "org_training_persontimes"),
    *("sp_activity_count", "sp_five_entry_activity_count", "sp_five_entry_persontimes", "sp_audience_persontimes"),
    *("sp_online_peak_viewers", "vol_person_registered_count", "vol_activity_count", "vol_service_persontimes"),
    *("tr_practical_class_count", "tr_practical_persontimes", "tr_nhd_enrolled_count", "tr_benefit_household_count"),
    *("tr_field_guidance_count", "tr_exam_taken_count", "tr_exam_passed_count"),
    *("fin_literacy_budget", "fin_fund_raised", "fin_project_granted_count", "fin_project_granted_amount"),
    *("fin_budget_total", "fin_budget_executed"),
)
CLAIMED_FORMS = ("popularisation", "funds")
"""Forms on which the cities also give a figure with their counties in it."""

PARTS = ("tr_exam_passed_count", "fin_budget_executed")
"""Numerators of the rates: kept below their denominators."""

TABLES = ("delivery", "submission", "observation", "withdrawal", "unit_span", "year_change")


def years_of(figures: int) -> range:
    """The years that hold so many figures, the last of them always the same."""
    return range(LAST_YEAR - max(1, round(figures / FIGURES_A_YEAR)) + 1, LAST_YEAR + 1)


def prepare(engine: Engine, figures: int) -> None:
    """The calendar and the units of an empty warehouse, fewer of these where `figures` is less than a year's."""
    from sqlalchemy import text

    with engine.begin() as connection:
        sync_calendar(connection, load())
        connection.execute(text(SPANS), {"units": min(UNITS, figures * UNITS // FIGURES_A_YEAR), "cities": CITIES})


def fill(engine: Engine, year: int) -> None:
    """Fill `landing` with a year as if everything of it had been collected, and its receipts told what became of it."""
    from sqlalchemy import text

    with engine.begin() as connection:
        _fill_year(connection, year)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for statement in SEQUENCES:
            connection.execute(text(statement))
        for table in TABLES:
            connection.execute(text(f"vacuum (analyze) landing.{table}"))


def _fill_year(connection: Connection, year: int) -> None:
    from sqlalchemy import text

    version = load().version
    connection.execute(text(FORMS))
    for position, code in enumerate(INDICATORS):
        indicator = load().indicators[code]
        row = {
            "position": position,
            "indicator": code,
            "form": indicator.form,
            "status": indicator.statuses[0].value,
            "is_part": code in PARTS,
            "is_money": indicator.measure == "元",
            "is_claimed": indicator.form in CLAIMED_FORMS,
        }
        connection.execute(text(FORM_LINE), row)
    for statement in (DELIVERIES, SUBMISSIONS, OBSERVATIONS):
        connection.execute(text(statement), {"year": year, "version": version})
    connection.execute(text(CHANGED), {"year": year})


SPANS = """
    insert into landing.unit_span (unit_code, name, level, unit_type, parent_code, valid_from)
    select '8800000', '样本省科协', 'province', 'territorial', null, date '1990-01-01'
    union all
    select '88' || lpad(city::text, 2, '0') || '000', '样本' || city || '市科协', 'city', 'territorial', '8800000',
        date '1990-01-01'
    from generate_series(1, :cities) as city
    union all
    select '88' || lpad(city::text, 2, '0') || lpad(county::text, 3, '0'), '样本' || city || '市' || county || '县科协',
        'county', 'territorial', '88' || lpad(city::text, 2, '0') || '000', date '1990-01-01'
    from (
        select number % :cities + 1 as city, number / :cities + 1 as county
        from generate_series(0, :units - :cities - 2) as number
    ) as counties
"""

FORMS = """
    create temporary table form_line (
        position integer, indicator_code text, form text, status text, is_part boolean, is_money boolean,
        is_claimed boolean
    ) on commit drop
"""

FORM_LINE = """
    insert into form_line
    values (:position, :indicator, :form, :status, :is_part, :is_money, :is_claimed)
"""

# A revision comes a month after what it replaces.
DELIVERIES = """
    insert into landing.delivery (
        delivery_seq, submitter_code, file_name, sha256, size_bytes, received_at, kind, outcome, form_version,
        catalogue_version, checked_at, receipt_name, receipt_written_at, figures_told_at
    )
    select
        (select coalesce(max(delivery_seq), 0) from landing.delivery)
            + row_number() over (order by sent.month + sent.revision, sent.revision, sent.unit_code),
        sent.unit_code, sent.unit_code || '_' || :year || '-' || lpad(sent.month::text, 2, '0') || '.xlsx',
        md5(sent.unit_code || sent.month || '/' || sent.revision) || md5(:year || '/' || sent.month),
        20000, sent.received_at, 'workbook', 'accepted', '1', :version, sent.received_at,
        'receipt ' || sent.revision, sent.received_at, sent.received_at
    from (
        select units.unit_code, month, revision,
            make_timestamptz(:year, month, 1, 9, 0, 0) + make_interval(months => 1 + revision) as received_at
        from (
            select unit_code, row_number() over (order by unit_code)::integer as number from landing.unit_span
        ) as units
        cross join generate_series(1, 12) as month
        cross join generate_series(0, 1) as revision
        where revision = 0 or (units.number + month * 3 + :year) % 20 = 0
    ) as sent
"""

SUBMISSIONS = """
    insert into landing.submission (
        delivery_seq, unit_code, form, period, year, state, figures_read, catalogue_version
    )
    select
        delivery.delivery_seq, delivery.submitter_code, forms.form, substring(delivery.file_name from '_(.*)\\.'),
        :year, 'accepted', forms.figures, :version
    from landing.delivery as delivery
    cross join (
        select form, row_number() over (order by form) as number, count(*) as figures from form_line group by form
    ) as forms
    where delivery.file_name like '%\\_' || :year || '-%'
        and (hashtext(delivery.submitter_code || substring(delivery.file_name from '-(..)') || forms.form) + :year) % 33
            <> 0
    order by delivery.delivery_seq, forms.number
"""

OBSERVATIONS = """
    insert into landing.observation (
        submission_id, indicator_code, scope, status, state, value, low, high, is_held, raw, sheet, cell
    )
    select
        submission_id, indicator_code, scope, case when seed % 199 = 1 then 'provisional' else status end,
        case when value is null then 'not_applicable' else 'number' end,
        value, value, case when seed % 211 = 3 then value + 9 else value end,
        seed % 5003 = 7, coalesce(value::text, '-'), form, 'D' || 4 + position
    from (
        select seeded.*, case when seed % 101 <> 5 then
            (case when is_part then 1 + seed % 400 else 600 + seed % 397 end)::numeric
            * case when scope = 'own' then 1 else 110 + seed % 80 end
            * case when is_money then 100.25 else 1 end
        end as value
        from (
            select
                submission.submission_id, form_line.*, scopes.scope,
                (hashtextextended(submission.unit_code || submission.period || form_line.position || scopes.scope,
                    submission.delivery_seq) & 1048575)::integer as seed
            from landing.submission as submission
            join form_line on form_line.form = submission.form
            join (values ('own', false), ('jurisdiction', true)) as scopes (scope, is_claim)
                on not scopes.is_claim
                or (form_line.is_claimed and submission.unit_code like '%000' and submission.unit_code <> '8800000')
            where submission.year = :year
        ) as seeded
    ) as valued
    order by submission_id, position, scope
"""

CHANGED = """
    insert into landing.year_change (year, changed_seq)
    select :year, max(delivery_seq) from landing.delivery
"""

SEQUENCES = ("select setval('landing.landing_seq', (select max(delivery_seq) from landing.delivery))",)
