"""A workbook that must be mended comes back from the inbox marked, and is accepted once it is mended."""

from io import BytesIO
from pathlib import Path

from openpyxl import load_workbook

from catalogue.load import load as load_catalogue
from ingestion.collect import collect
from ingestion.landing import submit
from ingestion.periods import Period
from ingestion.templates import TemplateUnit, write
from kexie.database import acting
from kexie.roles import Role
from tests.integration.office import Office, quietly

COUNTY = TemplateUnit("A", "甲一县科协", "county", "territorial", has_subordinates=False)
SHEET = "组织建设情况表"


def workbook(content: str | float) -> bytes:
    blank, filled = BytesIO(), BytesIO()
    write(blank, COUNTY, Period(2021), load_catalogue())
    book = load_workbook(blank)
    book[SHEET]["E8"] = content
    book.save(filled)
    return filled.getvalue()


def send(office: Office, data: bytes) -> dict[str, int]:
    path = office.home.root / "A_2021.xlsx"
    path.write_bytes(data)
    submit(office.home, [path], "A")
    with acting(office.home, Role.INGEST) as engine:
        return dict(collect(office.home, engine, load_catalogue(), quietly).outcomes)


def outbox(office: Office) -> Path:
    return Path((office.home.outbox / "A").path)


def test_a_rejected_workbook_comes_back_marked_under_its_own_name(office: Office) -> None:
    assert send(office, workbook("约三个")) in ({"rejected": 1}, {"partly_rejected": 1})
    receipt = (outbox(office) / "A_2021.xlsx.回执.txt").read_text("utf-8-sig")
    assert "随附：A_2021.xlsx（有误和待说明的格已标出，改好后可直接用它重报）" in receipt
    book = load_workbook(outbox(office) / "A_2021.xlsx")
    comment = book[SHEET]["E8"].comment
    assert comment is not None
    assert "约三个" in comment.text
    book[SHEET]["E8"] = 3
    book.save(office.home.root / "mended.xlsx")
    assert send(office, (office.home.root / "mended.xlsx").read_bytes()) == {"accepted": 1}


def test_a_workbook_with_nothing_to_mend_is_answered_by_the_receipt_alone(office: Office) -> None:
    assert send(office, workbook(3)) == {"accepted": 1}
    assert [path.name for path in outbox(office).iterdir()] == ["A_2021.xlsx.回执.txt"]
