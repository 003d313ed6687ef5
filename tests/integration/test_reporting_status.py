"""What published.reporting_status says of blank forms, of what changed after an approval, and of this year."""

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import text

from catalogue.load import load as load_catalogue
from ingestion.blank_forms import addressee
from ingestion.collect import collect
from ingestion.landing import submit
from ingestion.templates import write
from kexie.roles import TIME_ZONE
from reporting.completeness import completeness
from reporting.release import Approval, release_year
from tests.integration.office import HEADER, Office, quietly

LECTURES = "sp_lecture_count"
FORM = "popularisation"


def send_blank(office: Office, unit: str, period: str = "2021") -> None:
    """The unit's workbook as `kexie template` wrote it, sent back with nothing in it."""
    with office.engine.connect() as connection:
        described, parsed = addressee(connection, unit, period)
    file = Path(office.home.root / f"{unit}_{period}.xlsx")
    write(file, described, parsed, load_catalogue())
    submit(office.home, [file], unit)
    assert set(collect(office.home, office.engine, load_catalogue(), quietly).outcomes) == {"accepted"}


def came(office: Office, moment: str) -> None:
    """Have the last file have arrived at that moment."""
    with office.engine.begin() as connection:
        connection.execute(
            text(
                "update landing.delivery set received_at = cast(:moment as timestamptz) "
                "where delivery_seq = (select max(delivery_seq) from landing.delivery)"
            ),
            {"moment": moment},
        )


def status(office: Office, columns: str, unit: str = "A", form: str = FORM, period: str = "2021") -> tuple[object, ...]:
    query = text(
        f"select {columns} from published.reporting_status "
        "where unit_code = :unit and form = :form and period = :period"
    )
    with office.engine.connect() as connection:
        found = connection.execute(query, {"unit": unit, "form": form, "period": period}).one_or_none()
    return tuple(found) if found else ()


def test_a_form_sent_back_blank_is_seen_as_blank_and_neither_on_time_nor_late(office: Office) -> None:
    send_blank(office, "A")
    came(office, "2022-01-05 09:00+08")
    assert status(office, "state, is_on_time, revisions, received_at::date::text") == ("blank", None, 1, "2022-01-05")


def test_the_figures_that_follow_a_blank_form_decide_whether_it_came_in_time(office: Office) -> None:
    send_blank(office, "A")
    came(office, "2022-01-05 09:00+08")
    office.send("A", f"2021 {LECTURES} 10")
    came(office, "2022-02-05 09:00+08")
    assert status(office, "state, is_on_time") == ("accepted", False)


def test_a_blank_form_replaces_what_was_filed_before(office: Office) -> None:
    office.send("A", f"2021 {LECTURES} 10")
    send_blank(office, "A")
    assert status(office, "state, is_on_time, revisions") == ("blank", None, 2)


def test_a_unit_that_sent_blank_forms_only_is_named_among_those_that_sent_nothing(office: Office) -> None:
    send_blank(office, "A")
    office.send("B", f"2021 {LECTURES} 10")
    said: list[str] = []
    completeness(office.engine, 2021, said.append)
    assert said[-1] == "2021: 3 units sent nothing: 甲一县科协（A）、甲市科协（C）、示例省科协（P）."


def test_on_time_is_told_by_beijings_clock(office: Office) -> None:
    office.send("A", f"2021 {LECTURES} 10")
    came(office, "2022-01-31 15:59:59+00")
    office.send("B", f"2021 {LECTURES} 10")
    came(office, "2022-01-31 16:00:00+00")
    assert [status(office, "is_on_time", unit) for unit in ("A", "B")] == [(True,), (False,)]


def test_what_platforms_export_is_owed_by_no_unit(office: Office) -> None:
    office.send("A", "2021 info_kpzg_registered_count 10")
    assert status(office, "state", form="platforms") == ()


def test_this_year_and_the_last_are_owed_before_anything_of_them_has_come(office: Office) -> None:
    year = datetime.now(ZoneInfo(TIME_ZONE)).year
    assert [status(office, "state", period=str(year - back)) for back in range(3)] == [("missing",), ("missing",), ()]


def release(office: Office) -> None:
    with office.engine.connect() as connection:
        seq = connection.scalar(text("select max(publication_id) from published.publication"))
    release_year(office.engine, 2021, seq, Approval("省科协办公室"), quietly)


CHANGED = "is_changed_since_approval"


def test_nothing_is_changed_since_an_approval_that_never_was(office: Office) -> None:
    office.send("A", f"2021 {LECTURES} 10")
    assert status(office, CHANGED) == (None,)


def test_what_was_accepted_or_withdrawn_after_the_release_is_a_change_since_approval(office: Office) -> None:
    office.send("A", f"2021 {LECTURES} 10")
    office.send("B", f"2021 {LECTURES} 20")
    office.run(2021)
    # It changed no figure, so that nothing was published for it: it was known all the same.
    office.send("A", f"2021 {LECTURES} 10", "2021 sp_activity_count 0")
    office.run(2021)
    release(office)
    assert set(office.file("A", f"{HEADER}A,,2021,{LECTURES},own,many\n")) == {"rejected"}
    assert [status(office, CHANGED, unit) for unit in ("A", "B", "C")] == [(False,)] * 3
    office.send("A", f"2021 {LECTURES} 11")
    office.take_back("B", "2021", FORM)
    office.send("C", f"2021 {LECTURES} 30")
    assert [status(office, CHANGED, unit) for unit in ("A", "B", "C")] == [(True,)] * 3
    assert status(office, CHANGED, form="youth") == (False,)
