"""The check-up names the seeded faults of drafts rightly, raises nothing in true ones, and leaves the draft alone."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from docx import Document
from openpyxl import load_workbook
from sqlalchemy import Connection, text

from catalogue.check_up import Verdict
from catalogue.load import load
from kexie.database import acting
from kexie.errors import UserError
from kexie.home import Home
from kexie.roles import Role
from reporting.check_report.checkup import check
from reporting.check_report.sentences import Marked
from tests.conftest import NewDatabase
from tests.spec.drafted_province import YEAR, build
from tests.spec.drafts import KINDS
from tests.spec.scored_drafts import score

# Not the seeds on which limits and words were chosen.
PROVINCE = 77
TRUE_DRAFTS, FAULTY_DRAFTS = range(5000, 5020), range(6000, 6040)
RIGHTLY = 0.97

KEXIE = Path(sys.executable).with_name("kexie")
LECTURES = "sp_lecture_count"


@pytest.fixture(scope="module")
def home(new_database: NewDatabase) -> Home:
    home = new_database()
    build(home, PROVINCE)
    return home


@pytest.fixture(scope="module")
def office(home: Home) -> Iterator[Connection]:
    with acting(home, Role.OFFICE) as engine, engine.connect() as connection:
        yield connection


def lectures(office: Connection, period: str = "2021", column: str = "value", unit: str = "P") -> int:
    query = (
        f"select {column} from published.indicator_values "
        "where unit_code = :unit and indicator_code = :code and period = :period"
    )
    return int(office.execute(text(query), {"unit": unit, "code": LECTURES, "period": period}).scalar_one())


def checked(office: Connection, folder: Path, *paragraphs: str) -> list[Marked]:
    draft = folder / "草稿.txt"
    draft.write_text("\n".join(paragraphs), encoding="utf-8")
    return check(office, load(), draft, YEAR).marked


def test_a_true_draft_raises_nothing(office: Connection) -> None:
    result = score(office, TRUE_DRAFTS)
    assert result.figures > 600
    assert result.alarms == []


def test_seeded_faults_are_named_rightly_and_nothing_else_is_raised(office: Connection) -> None:
    result = score(office, FAULTY_DRAFTS, KINDS)
    assert result.seeded.total() > 220
    assert set(result.seeded) == set(KINDS)
    assert result.rate >= RIGHTLY, "\n".join(result.missed)
    assert result.alarms == []


def test_a_contradiction_says_by_how_much_and_what_would_be_true(office: Connection, tmp_path: Path) -> None:
    now = lectures(office)
    (one,) = checked(office, tmp_path, f"全省举办科普讲座{now * 3 + 7}场。")
    assert one.verdict is Verdict.CONTRADICTED
    assert f"写的多 {now * 2 + 7}场" in one.reason
    assert one.published == f"{now}场"
    assert one.true_phrase


def test_a_fault_says_whose_or_which_years_figure_was_taken(office: Connection, tmp_path: Path) -> None:
    for value, said in (
        (lectures(office, "2020"), "全省 2020 年"),
        (lectures(office, column="own_value"), "全省 2021 年本级"),
        (lectures(office, unit="C2"), "云岭市科协 2021 年"),
    ):
        (one,) = checked(office, tmp_path, f"全省举办科普讲座{value}场。")
        assert (one.verdict, said in one.reason) == (Verdict.WRONG_SCOPE_OR_PERIOD, True), one.reason


def test_two_places_that_differ_name_each_other(office: Connection, tmp_path: Path) -> None:
    now = lectures(office)
    first, second = checked(office, tmp_path, f"全省举办科普讲座{now}场。", f"科普讲座共{now * 2 + 1}场。")
    assert (first.verdict, second.verdict) == (Verdict.RIGHT, Verdict.INCONSISTENT)
    assert "第2处" in first.reason
    assert "第1处" in second.reason


def test_a_plan_is_held_against_the_plan_and_a_result_against_the_result(office: Connection, tmp_path: Path) -> None:
    plan = int(
        office.execute(
            text(
                "select plan_value from published.progress "
                "where unit_code = 'P' and indicator_code = :code and period = '2022'"
            ),
            {"code": LECTURES},
        ).scalar_one()
    )
    now = lectures(office)
    found = checked(
        office,
        tmp_path,
        f"举办科普讲座{now}场。",
        "2022年工作安排",
        f"在2021年举办科普讲座{now}场的基础上，力争达到{plan}场。",
        f"举办科普讲座{now}场。",
    )
    verdicts = [one.verdict for one in found]
    assert verdicts == [Verdict.RIGHT, Verdict.RIGHT, Verdict.RIGHT, Verdict.WRONG_SCOPE_OR_PERIOD]


def test_a_change_is_computed_again(office: Connection, tmp_path: Path) -> None:
    now, before = lectures(office), lectures(office, "2020")
    percent = round((now - before) * 100 / before, 1)
    level, right = checked(office, tmp_path, f"举办科普讲座{now}场，比上年增长{percent}%。")
    (wrong,) = checked(office, tmp_path, f"科普讲座比上年增长{percent + 20:.1f}%。")
    assert [one.verdict for one in (level, right, wrong)] == [Verdict.RIGHT, Verdict.RIGHT, Verdict.CONTRADICTED]


def test_the_command_writes_a_commented_copy_and_a_table_and_leaves_the_draft_alone(
    home: Home, office: Connection, tmp_path: Path
) -> None:
    document = Document()
    document.add_paragraph(f"全省举办科普讲座{lectures(office)}场，建成众创空间326个。")
    draft = tmp_path / "草稿.docx"
    document.save(str(draft))
    before = draft.read_bytes()
    said = kexie(home, "check-report", draft, "--year", str(YEAR))
    assert said.returncode == 0, said.stderr
    assert "共 2 处数字：相符 1，查无依据 1。" in said.stdout
    assert draft.read_bytes() == before
    copy = Document(str(tmp_path / "草稿_体检.docx"))
    assert copy.paragraphs[0].text == document.paragraphs[0].text
    assert {(comment.author, "查无依据" in comment.text) for comment in copy.comments} == {
        ("体检", True),
        ("体检·相符", False),
    }
    sheet = load_workbook(tmp_path / "草稿_体检.xlsx")["体检"]
    verdicts = [row[6] for row in sheet.iter_rows(min_row=2, values_only=True)]
    assert verdicts == ["right", "unsupported"]


def kexie(home: Home, *words: str | Path) -> subprocess.CompletedProcess[str]:
    environment = os.environ | home.environment()
    return subprocess.run([KEXIE, *words], env=environment, capture_output=True, text=True, check=False, timeout=120)


def zipped(parts: dict[str, bytes]) -> bytes:
    target = BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return target.getvalue()


HOSTILE = {
    "empty.docx": b"",
    "cut.docx": zipped({"word/document.xml": b"<w:document/>"})[:60],
    "no_document.docx": zipped({"hello.txt": b"hello"}),
    "bomb.docx": zipped({"word/document.xml": b" " * 250_000_000}),
    "entities.docx": zipped({"word/document.xml": b"<!DOCTYPE x [<!ENTITY a 'b'>]><x>&a;</x>"}),
    "encrypted.docx": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 512 + "EncryptedPackage\0".encode("utf-16-le"),
    "large.docx": b"PK\x03\x04" + b"x" * 21_000_000,
    "bytes.txt": bytes(range(1, 256)) * 4,
    "picture.pdf": b"%PDF-1.4\n%%EOF",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_no_draft_gets_one_sentence(office: Connection, tmp_path: Path, name: str) -> None:
    draft = tmp_path / name
    draft.write_bytes(HOSTILE[name])
    with pytest.raises(UserError) as refused:
        check(office, load(), draft, YEAR)
    assert name in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_year_of_which_nothing_is_published_is_refused(office: Connection, tmp_path: Path) -> None:
    draft = tmp_path / "草稿.txt"
    draft.write_text("全省举办科普讲座210场。", encoding="utf-8")
    with pytest.raises(UserError, match="2019 年还没有发布过数"):
        check(office, load(), draft, 2019)
