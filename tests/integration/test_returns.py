"""What a superior returns, what is replayed from the archive, and how every change of a cell is told."""

import re
import shutil
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import text

from catalogue.load import FOLDER
from catalogue.load import load as load_catalogue
from catalogue.model import Catalogue
from ingestion.replay import replay
from ingestion.returns import give_back, write_missing_notices
from ingestion.tree import stored
from kexie.database import acting
from kexie.errors import UserError
from kexie.roles import Role
from tests.integration.office import HEADER, Office, quietly

LECTURES = "sp_lecture_count"
FORM = "popularisation"


def last_submission(office: Office, unit: str) -> int:
    query = text("select max(submission_id) from landing.submission where unit_code = :unit")
    with office.engine.connect() as connection:
        return int(connection.execute(query, {"unit": unit}).scalar_one())


def send_back(office: Office, submission: int, by: str, reason: str) -> int:
    with acting(office.home, Role.INGEST) as engine:
        return give_back(office.home, engine, submission, by, reason)


def changes(office: Office) -> list[tuple[Any, ...]]:
    query = text(
        "select unit_code, changed_by, kind, from_value, to_value, reason from published.cell_changes "
        "order by seq, indicator_code"
    )
    with acting(office.home, Role.OFFICE) as engine, engine.connect() as connection:
        return [tuple(row) for row in connection.execute(query)]


def figure(office: Office, unit: str) -> Decimal | None:
    query = text(
        "select own_value from published.indicator_values "
        f"where unit_code = :unit and indicator_code = '{LECTURES}' and period = '2021'"
    )
    with office.engine.connect() as connection:
        found: Decimal | None = connection.execute(query, {"unit": unit}).scalar_one()
        return found


def notices(office: Office, unit: str) -> list[str]:
    return [path.read_text("utf-8-sig") for path in sorted((office.home.outbox / unit).glob("*退回通知*"))]


def test_what_a_city_returns_counts_as_never_sent_and_the_county_is_told_why(office: Office) -> None:
    office.send("A", f"2021 {LECTURES} 10")
    office.send("A", f"2021 {LECTURES} 1000")
    office.run(2021)
    assert figure(office, "A") == 1000
    assert send_back(office, last_submission(office, "A"), "C", "  场次与附件的名单\n对不上 ") == 2021
    office.run()
    assert figure(office, "A") == 10
    (notice,) = notices(office, "A")
    assert "退回单位：甲市科协（C）" in notice
    assert "退回理由：场次与附件的名单 对不上" in notice
    assert "在它之前收下的报送（编号 1）恢复有效" in notice


def test_nobody_below_or_beside_a_unit_returns_what_it_filed(office: Office) -> None:
    office.send("C", f"2021 {LECTURES} 10")
    for by in ("A", "C", "nobody"):
        with pytest.raises(UserError, match=f"{by} was not above C in 2021: to return 1, only P may"):
            send_back(office, 1, by, "不对")
    assert notices(office, "C") == []


@pytest.mark.parametrize("reason", ["", " \n", "长" * 501])
def test_a_return_needs_a_reason_that_a_page_holds(office: Office, reason: str) -> None:
    office.send("A", f"2021 {LECTURES} 10")
    with pytest.raises(UserError, match="Say why in 1 to 500 characters"):
        send_back(office, 1, "C", reason)


def test_what_was_returned_is_not_returned_or_withdrawn_again(office: Office) -> None:
    office.send("A", f"2021 {LECTURES} 10")
    send_back(office, 1, "P", "重复")
    with pytest.raises(UserError, match="Submission 1 was already returned by P on "):
        send_back(office, 1, "C", "重复")
    with pytest.raises(UserError, match="Submission 1 was already returned by P on "):
        office.take_back("A", "2021", FORM)


def test_a_notice_that_a_crash_prevented_is_written_with_the_next_receipts(office: Office) -> None:
    office.send("A", f"2021 {LECTURES} 10")
    send_back(office, 1, "C", "请核对")
    (notice,) = notices(office, "A")
    for path in (office.home.outbox / "A").glob("*退回通知*"):
        path.unlink()
    with office.engine.begin() as connection:
        connection.execute(text("update landing.withdrawal set notice_written_at = null"))
    office.send("B", f"2021 {LECTURES} 10")
    assert notices(office, "A") == [notice]
    with office.engine.connect() as connection:
        tree = stored(connection)
    assert write_missing_notices(office.home, office.engine, load_catalogue(), tree) == []


def test_every_change_of_a_cell_is_told_with_who_and_why(office: Office) -> None:
    office.send("A", f"2021 {LECTURES} 10", "2021 sp_activity_count 5")
    office.send("A", f"2021 {LECTURES} 12")
    send_back(office, 2, "C", "漏了活动场次")
    assert changes(office) == [
        ("A", "A", "filed", None, 5, ""),
        ("A", "A", "filed", None, 10, ""),
        ("A", "A", "dropped", 5, None, ""),
        ("A", "A", "revised", 10, 12, ""),
        ("A", "C", "returned", None, 5, "漏了活动场次"),
        ("A", "C", "returned", 12, 10, "漏了活动场次"),
    ]


def test_what_was_withdrawn_is_told_as_taken_back_by_its_sender(office: Office) -> None:
    office.send("A", f"2021 {LECTURES} 10")
    office.take_back("A", "2021", FORM)
    assert changes(office)[1:] == [("A", "A", "withdrawn", 10, None, "")]


NEW = "sp_new_thing_count"
ENTRY = f"""
  {NEW}:
    name_zh: 新事项数
    measure: 项
    theme: act
    aggregation: flow
    levels: [city, county]
"""


@pytest.fixture(scope="session")
def mended(tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    """The catalogue with an indicator that files named before it was there."""
    folder = tmp_path_factory.mktemp("mended") / "catalogue"
    shutil.copytree(FOLDER, folder)
    with (folder / "forms" / f"{FORM}.yaml").open("a", encoding="utf-8") as form:
        form.write(ENTRY)
    return load_catalogue(folder)


def take_up(office: Office, catalogue: Catalogue, *asked: int) -> list[str]:
    with acting(office.home, Role.INGEST) as engine:
        return [str(one) for one in replay(office.home, engine, catalogue, asked, quietly)]


def row(unit: str, indicator: str, value: str, form: str = "") -> str:
    return f"{unit},{form},2021,{indicator},own,{value}\n"


def in_force(office: Office) -> list[tuple[Any, ...]]:
    query = text(
        "select submission.unit_code, observation.indicator_code, observation.value from landing.submission "
        "join landing.observation using (submission_id) order by submission.delivery_seq, indicator_code"
    )
    with office.engine.connect() as connection:
        return [tuple(found) for found in connection.execute(query)]


def test_what_the_mended_catalogue_accepts_is_taken_from_the_archive(office: Office, mended: Catalogue) -> None:
    assert office.file("A", HEADER + row("A", NEW, "3", FORM)) == {"rejected": 1}
    (still,) = take_up(office, load_catalogue())
    assert still.startswith("1 A/A.csv: still rejected. 指标代码“sp_new_thing_count”不在指标目录中")
    (better,) = take_up(office, mended)
    assert re.fullmatch(r"1 A/A.csv: rejected before, now accepted as \d+", better)
    assert in_force(office) == [("A", NEW, 3)]
    receipts = [path.read_text("utf-8-sig") for path in (office.home.outbox / "A").glob("*回执*")]
    assert sum("系统更新后重新核对受理编号 1 的原件" in receipt for receipt in receipts) == 1


def test_a_replay_arrived_when_its_file_did(office: Office, mended: Catalogue) -> None:
    office.file("A", HEADER + row("A", NEW, "3", FORM))
    take_up(office, mended)
    with office.engine.connect() as connection:
        times = connection.scalars(text("select distinct received_at from landing.delivery")).all()
    assert len(times) == 1


def test_what_was_filed_since_stands_and_only_what_was_rejected_is_taken_up(office: Office, mended: Catalogue) -> None:
    first = HEADER + row("A", NEW, "3", FORM) + row("B", NEW, "7", FORM) + row("C", LECTURES, "1")
    assert office.file("C", first) == {"partly_rejected": 1}
    office.send("A", f"2021 {LECTURES} 10")
    (better,) = take_up(office, mended)
    assert "partly_rejected before, now accepted" in better
    assert in_force(office) == [("C", LECTURES, 1), ("A", LECTURES, 10), ("B", NEW, 7)]


def test_a_file_whose_figures_were_all_filed_anew_stays_as_it_is(office: Office, mended: Catalogue) -> None:
    office.file("A", HEADER + row("A", NEW, "3", FORM))
    office.send("A", f"2021 {LECTURES} 10")
    assert take_up(office, mended) == ["1 A/A.csv: still rejected. What was filed since stands."]
    assert in_force(office) == [("A", LECTURES, 10)]


def test_what_was_replayed_for_good_is_not_replayed_again(office: Office, mended: Catalogue) -> None:
    office.file("A", HEADER + row("A", NEW, "3", FORM))
    take_up(office, mended)
    assert take_up(office, mended) == []
    with pytest.raises(UserError, match=r"Nothing of delivery 1, 99 waits in quarantine"):
        take_up(office, mended, 1, 99)
