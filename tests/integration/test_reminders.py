"""Who has not filed is reminded: the right ones, on the right days, by the right way, and never twice."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from catalogue.load import load as load_catalogue
from ingestion.filing_calendar import Source, keep_exceptions
from ingestion.units import load as load_units
from kexie.database import acting
from kexie.errors import UserError
from kexie.roles import Role
from notices.mail import Mailer
from notices.settings import mail_server as mail_at
from reporting.reminders import ledger, remind
from tests import mail_server
from tests.conftest import NewDatabase
from tests.integration.office import UNITS, Office, quietly
from tests.integration.test_approval_ladder import accept, ask_for_approval
from tests.integration.test_calendar import exception
from tests.integration.test_reporting_status import LECTURES, send_blank

DUE = date(2022, 1, 31)
POPULARISATION = "popularisation"
CONTACTS = "unit_code,email\nA,a@kexie.example\nC,c@kexie.example\n"


OTHERS = [exception("2021-01-01", "9999-01-01", form=form) for form in load_catalogue().forms if form != POPULARISATION]
"""Only the form of popularisation is missed by anybody: the others are exempt."""


@pytest.fixture
def office(new_database: NewDatabase) -> Iterator[Office]:
    """P, below it C, below that A and B."""
    office = Office(new_database())
    with office.engine.begin() as connection:
        # A year is known once something of it has come.
        connection.execute(text("insert into landing.year_change values (2021, 1), (2023, 1)"))
        keep_exceptions(connection, Source.UNITS, OTHERS)
    yield office
    office.engine.dispose()


def on(office: Office, day: date, mail: str = "") -> None:
    with acting(office.home, Role.INGEST) as engine:
        remind.remind(office.home, engine, load_catalogue(), mail_at(mail) if mail else None, day, quietly)


def put(office: Office) -> dict[str, list[str]]:
    """Unit → its reminders in the outbox, in the order of their numbers, each as text."""
    pages = sorted(Path(office.home.outbox.path).glob("*/催报_*.html"), key=lambda page: int(page.stem.split("_")[-1]))
    found: dict[str, list[str]] = {}
    for page in pages:
        found.setdefault(page.parent.name, []).append(page.read_text(encoding="utf-8"))
    return found


def told(office: Office, columns: str = "recipient_code, unit_code, step") -> list[tuple[object, ...]]:
    with office.engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(f"select {columns} from ops.reminder order by 1, 2"))]


def load_contacts(office: Office, contacts: str = CONTACTS) -> None:
    (office.home.root / "contacts.csv").write_text(contacts, encoding="utf-8")
    with acting(office.home, Role.INGEST) as engine:
        load_units(engine, office.home.root)


# ---- whom, when


STEPS = [
    (-8, {}),
    (-7, {"A": ["A"], "B": ["B"], "C": ["C"], "P": ["P"]}),
    (0, {"A": ["A"], "B": ["B"], "C": ["A", "B", "C"], "P": ["C", "P"]}),
    (14, {"A": ["A"], "B": ["B"], "C": ["A", "B", "C"], "P": ["A", "B", "C", "P"]}),
    (60, {"A": ["A"], "B": ["B"], "C": ["A", "B", "C"], "P": ["A", "B", "C", "P"]}),
    (61, {}),
]


@pytest.mark.parametrize(("days", "expected"), STEPS, ids=[f"{days} days" for days, _ in STEPS])
def test_the_later_it_is_the_higher_it_is_told(office: Office, days: int, expected: dict[str, list[str]]) -> None:
    on(office, DUE + timedelta(days))
    found: dict[str, list[str]] = {}
    for recipient, unit in told(office, "recipient_code, unit_code"):
        found.setdefault(str(recipient), []).append(str(unit))
    assert found == expected
    assert set(put(office)) == set(expected)


def test_who_has_filed_is_left_alone_and_who_sent_a_blank_form_or_was_rejected_is_not(office: Office) -> None:
    office.send("A", f"2021 {LECTURES} 10")
    send_blank(office, "B")
    assert set(office.file("C", f"unit_code,form,period,indicator_code,scope,value\nC,,2021,{LECTURES},own,x\n")) == {
        "rejected"
    }
    on(office, DUE)
    assert told(office, "recipient_code, unit_code") == [("B", "B"), ("C", "B"), ("C", "C"), ("P", "C"), ("P", "P")]
    assert "收到的是空表" in put(office)["B"][0]
    assert "被退回，尚未重报" in put(office)["C"][0]


def test_an_exemption_a_longer_term_and_their_expiry_are_respected(office: Office) -> None:
    with office.engine.begin() as connection:
        keep_exceptions(
            connection,
            Source.UNITS,
            [
                *OTHERS,
                exception("2021-01-01", "2023-01-01", unit_code="A"),
                exception("2021-01-01", "2022-01-01", "2022-03-10", unit_code="B"),
            ],
        )
    on(office, DUE)
    assert [unit for unit, *_ in told(office, "unit_code, recipient_code") if unit in ("A", "B")] == []
    on(office, date(2022, 3, 10))
    assert told(office, "unit_code, step, due_date::text")[:1] == [("B", "due_day", "2022-03-10")]
    # The exemption has expired with 2022.
    on(office, date(2024, 1, 31))
    assert ("A", "2023") in told(office, "unit_code, period")
    assert ("A", "2021") not in told(office, "unit_code, period")


def test_the_superior_gets_the_list_and_the_words_to_send_and_the_unit_what_it_is_asked_for(office: Office) -> None:
    on(office, DUE + timedelta(3))
    (page,) = put(office)["C"]
    assert "下级 2 个单位有 2 张报表待报" in page
    for cell in ("甲一县科协（A）", "2021 年", "2022-01-31", "未报", "<td>3</td>"):
        assert cell in page
    assert "<h3>甲一县科协</h3><pre>甲一县科协：\n以下报表已于 2022-01-31 截止，至今没有收齐，请尽快报送：" in page
    (own,) = put(office)["A"]
    assert "以下报表已于 2022-01-31 截止" in own
    assert "甲二县科协" not in own


def test_a_name_with_markup_stays_words(office: Office) -> None:
    (office.home.root / "units.csv").write_text(UNITS.replace("甲一县科协", "<b>甲&一</b>"), encoding="utf-8")
    with acting(office.home, Role.INGEST) as engine:
        load_units(engine, office.home.root)
    on(office, DUE)
    assert "&lt;b&gt;甲&amp;一&lt;/b&gt;" in put(office)["C"][0]
    assert "<b>" not in put(office)["C"][0]


def test_a_unit_that_has_ended_is_not_written_to_but_its_superior_is(office: Office) -> None:
    (office.home.root / "units.csv").write_text(UNITS.removesuffix("\n") + "2022-01-10\n", encoding="utf-8")
    (office.home.root / "unit_events.csv").write_text(
        "event_date,kind,from_code,to_code,weight\n2022-01-10,merge,B,A,1\n", encoding="utf-8"
    )
    with acting(office.home, Role.INGEST) as engine:
        load_units(engine, office.home.root)
    on(office, DUE)
    assert [recipient for recipient, unit in told(office, "recipient_code, unit_code") if unit == "B"] == ["C"]


# ---- approvals that wait


@pytest.fixture
def asking(office: Office) -> Office:
    """What A files in 2021 is approved by the city, then by the province; it has filed today."""
    ask_for_approval(office, f"{POPULARISATION},county,,city province,keep_out,2021-01-01,\n")
    with office.engine.begin() as connection:
        keep_exceptions(connection, Source.UNITS, [exception("2021-01-01", "9999-01-01")])
    office.send("A", f"2021 {LECTURES} 10")
    return office


def came(office: Office) -> date:
    """The day in Beijing on which the last file came."""
    with office.engine.connect() as connection:
        query = "select max(received_at at time zone 'Asia/Shanghai')::date from landing.delivery"
        day: date = connection.scalars(text(query)).one()
    return day


def test_whose_turn_it_is_to_approve_is_told_and_the_longer_it_waits_the_higher(asking: Office) -> None:
    day = came(asking)
    on(asking, day + timedelta(2))
    assert told(asking) == []
    on(asking, day + timedelta(3))
    on(asking, day + timedelta(6))
    assert told(asking) == [("C", "A", "waits_three_days")]
    (page,) = put(asking)["C"]
    for said in (
        "催审：有 1 次报送等待本单位审核",
        f"以下报送自 {day} 起等待你单位审核",
        "报送 1：甲一县科协（A），科普活动与科技志愿服务情况表，2021 年",
        "kexie approve 报送编号 --as C --by 审核人",
    ):
        assert said in page
    on(asking, day + timedelta(7))
    on(asking, day + timedelta(7))
    assert told(asking)[1:] == [("C", "A", "waits_week"), ("P", "A", "waits_week")]
    (page,) = put(asking)["P"]
    assert "等待下级审核的报送" in page
    assert "【甲市科协（C）：1 次报送】\n  · 报送 1：甲一县科协（A）" in page


def test_once_one_has_approved_the_next_is_told_and_after_the_last_nobody(asking: Office) -> None:
    day = came(asking)
    accept(asking, 1, "C")
    on(asking, day + timedelta(14))
    assert told(asking) == [("P", "A", "waits_two_weeks")]
    accept(asking, 1, "P")
    on(asking, day + timedelta(21))
    assert len(told(asking)) == 1


def test_a_revision_waits_anew_and_what_was_returned_waits_for_nobody(asking: Office) -> None:
    day = came(asking)
    with asking.engine.begin() as connection:
        connection.execute(text("update landing.delivery set received_at = received_at - interval '10 days'"))
    on(asking, day - timedelta(7))
    asking.send("A", f"2021 {LECTURES} 11")
    on(asking, day + timedelta(2))
    on(asking, day + timedelta(3))
    assert told(asking, "recipient_code, step, due_date") == [
        ("C", "waits_three_days", day - timedelta(10)),
        ("C", "waits_three_days", day),
    ]
    with asking.engine.begin() as connection:
        connection.execute(text("insert into landing.withdrawal (submission_id) values (1), (2)"))
    on(asking, day + timedelta(30))
    assert len(told(asking)) == 2


def test_what_became_of_a_unit_is_told_in_its_place(asking: Office) -> None:
    day = came(asking)
    ended = (day + timedelta(1)).isoformat()
    rows = UNITS.replace("territorial,P,2000-01-01,", f"territorial,P,2000-01-01,{ended}")
    rows = rows.replace("territorial,C,2000-01-01,", f"territorial,C,2000-01-01,{ended}")
    rows += f"D,甲新市科协,city,territorial,P,{ended},\n"
    rows += "".join(f"{unit},{unit}县科协,county,territorial,D,{ended},\n" for unit in "AB")
    folder = asking.home.root / "units"
    (folder / "units.csv").write_text(rows, encoding="utf-8")
    (folder / "unit_events.csv").write_text(
        f"event_date,kind,from_code,to_code,weight\n{ended},rename,C,D,1\n", encoding="utf-8"
    )
    with acting(asking.home, Role.INGEST) as engine:
        load_units(engine, folder)
    with asking.engine.begin() as connection:
        keep_exceptions(connection, Source.UNITS, [exception("2021-01-01", "9999-01-01")])
    on(asking, day + timedelta(3))
    assert told(asking) == [("D", "A", "waits_three_days")]


# ---- never twice


def test_the_same_day_and_the_next_say_nothing_again_and_the_next_step_does(office: Office) -> None:
    on(office, DUE)
    before = told(office), put(office)
    on(office, DUE)
    on(office, DUE + timedelta(2))
    assert (told(office), put(office)) == before
    on(office, DUE + timedelta(3))
    assert [len(pages) for pages in put(office).values()] == [2, 2, 2, 2]


@given(days=st.lists(st.integers(-10, 70), min_size=1, max_size=8))
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_on_whatever_days_it_runs_each_step_that_came_is_told_once(office: Office, days: list[int]) -> None:
    with office.engine.begin() as connection:
        connection.execute(text("truncate ops.reminder, ops.reminder_message"))
    before = {unit: len(pages) for unit, pages in put(office).items()}
    for day in days:
        on(office, DUE + timedelta(day))
    reached = [[step for step in (-7, 0, 3, 7, 14) if step <= day][-1] for day in days if -7 <= day <= 60]
    new = {unit: len(pages) - before.get(unit, 0) for unit, pages in put(office).items()}
    assert {unit: count for unit, count in new.items() if count} == (
        dict.fromkeys(("A", "B", "C", "P"), len(set(reached))) if reached else {}
    )


class StoppedError(BaseException):
    """The process is killed."""


def killed_at(monkeypatch: pytest.MonkeyPatch, place: object, name: str, *, after: bool, nth: int) -> None:
    """Have the nth call of a function kill the process, before or after it has done its work."""
    original: Callable[..., object] = getattr(place, name)
    calls = [0]

    def called(*args: object, **words: object) -> object:
        calls[0] += 1
        if calls[0] == nth and not after:
            raise StoppedError
        result = original(*args, **words)
        if calls[0] == nth and after:
            raise StoppedError
        return result

    monkeypatch.setattr(place, name, called)


CRASHES = [
    (ledger, "write_down", True, 1),
    (remind._Sending, "_put", False, 2),
    (remind._Sending, "_put", True, 2),
    (ledger, "finish", False, 3),
    (ledger, "finish", True, 3),
]


@pytest.mark.parametrize(
    ("place", "name", "after", "nth"),
    CRASHES,
    ids=[f"{'after' if it[2] else 'before'} {it[1]} {it[3]}" for it in CRASHES],
)
def test_killed_anywhere_and_run_again_each_file_is_there_once(
    office: Office, place: object, name: str, after: bool, nth: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        killed_at(patch, place, name, after=after, nth=nth)
        with pytest.raises(StoppedError):
            on(office, DUE)
    on(office, DUE)
    assert {unit: len(pages) for unit, pages in put(office).items()} == {"A": 1, "B": 1, "C": 1, "P": 1}
    assert len(told(office)) == 7


# ---- by mail


def test_who_has_an_address_gets_a_letter_and_the_others_a_file(office: Office) -> None:
    load_contacts(office)
    with mail_server.mail_server() as server:
        on(office, DUE, server.url)
        on(office, DUE, server.url)
    assert server.to() == ["a@kexie.example", "c@kexie.example"]
    assert server.sessions == 1
    assert set(put(office)) == {"B", "P"}
    letter = server.letters[1]
    assert str(letter["Subject"]) == "催报：本单位有 1 张报表待报，下级 2 个单位有 2 张报表待报"
    assert (letter["From"], letter["Auto-Submitted"]) == ("kexie@kexie.example", "auto-generated")
    text_part, page = letter.get_body(("plain",)), letter.get_body(("html",))
    assert text_part is not None
    assert page is not None
    assert "—— 可直接转发给甲一县科协 ——" in text_part.get_content()
    assert "<table>" in page.get_content()


def test_a_mail_server_that_is_away_loses_no_reminder_and_is_said(office: Office) -> None:
    load_contacts(office)
    with mail_server.mail_server() as server:
        gone = server.url
    with pytest.raises(UserError) as error:
        on(office, DUE, gone)
    assert str(error.value).startswith(
        "2 reminders could not be mailed and are in the outbox instead, for A, C: hand them"
    )
    assert set(put(office)) == {"A", "B", "C", "P"}
    on(office, DUE, gone)
    assert {len(pages) for pages in put(office).values()} == {1}


def test_a_letter_of_which_nobody_knows_whether_it_went_is_not_mailed_again(office: Office) -> None:
    load_contacts(office)
    with mail_server.mail_server() as server:
        server.vanishes_after_data = True
        with pytest.raises(UserError, match="2 reminders could not be mailed"):
            on(office, DUE, server.url)
        server.vanishes_after_data = False
        on(office, DUE, server.url)
    assert server.to() == ["a@kexie.example", "c@kexie.example"]
    assert {len(pages) for pages in put(office).values()} == {1}
    with office.engine.connect() as connection:
        remarks = connection.scalars(text("select remark from ops.reminder_message where recipient_code = 'A'")).all()
    assert len(remarks) == 1
    assert remarks[0].startswith("可能已由邮件发出，不再发一次：the mail server 127.0.0.1:")


@pytest.mark.parametrize("after", [False, True], ids=["before the server has it", "after"])
def test_killed_while_a_letter_is_handed_over_it_is_mailed_at_most_once_and_never_lost(
    office: Office, after: bool
) -> None:
    load_contacts(office)
    with mail_server.mail_server() as server:
        with pytest.MonkeyPatch.context() as patch:
            killed_at(patch, Mailer, "send", after=after, nth=1)
            with pytest.raises(StoppedError):
                on(office, DUE, server.url)
        on(office, DUE, server.url)
    assert server.to() == [*(["a@kexie.example"] if after else []), "c@kexie.example"]
    assert {len(pages) for pages in put(office).values()} == {1}
    assert set(put(office)) == {"A", "B", "P"}


def test_an_address_that_the_server_refuses_is_told_and_the_others_of_the_unit_get_the_letter(office: Office) -> None:
    load_contacts(office, CONTACTS + "A,old@kexie.example\n")
    with mail_server.mail_server() as server:
        server.refused = {"old@kexie.example"}
        on(office, DUE, server.url)
    with office.engine.connect() as connection:
        query = text("select channel, place, remark from ops.reminder_message where recipient_code = 'A'")
        assert tuple(connection.execute(query).one()) == ("mail", "a@kexie.example", "服务器拒收：old@kexie.example")


def test_an_outbox_that_cannot_be_written_to_keeps_what_waits_until_it_can(office: Office) -> None:
    (Path(office.home.outbox.path) / "B").write_text("a file where the folder should be")
    with pytest.raises(UserError, match="1 reminders could not be written to the outbox, first for B"):
        on(office, DUE)
    (Path(office.home.outbox.path) / "B").unlink()
    on(office, DUE)
    assert {unit: len(pages) for unit, pages in put(office).items()} == {"A": 1, "B": 1, "C": 1, "P": 1}


# ---- addresses


def test_addresses_beside_the_units_replace_those_loaded_before(office: Office) -> None:
    load_contacts(office)
    load_contacts(office, "unit_code,email\nB,b@kexie.example\n")
    with office.engine.connect() as connection:
        held = connection.execute(text("select unit_code, email from landing.unit_contact")).all()
    assert [tuple(row) for row in held] == [("B", "b@kexie.example")]


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ("Q,q@kexie.example", "contacts.csv, line 2: unit_code Q is no unit; give the code of one"),
        ("A,a at kexie", "contacts.csv, line 2: email 'a at kexie' is no mail address; write name@example.org"),
        ("A,a@kexie.example\nA,A@kexie.example", "contacts.csv, line 3: it repeats line 2; keep one of them"),
    ],
)
def test_a_mistake_in_the_addresses_is_named_and_nothing_is_loaded(office: Office, row: str, sentence: str) -> None:
    with pytest.raises(UserError) as error:
        load_contacts(office, f"unit_code,email\n{row}\n")
    assert sentence in str(error.value)
    with office.engine.connect() as connection:
        assert connection.scalar(text("select count(*) from landing.unit_contact")) == 0
