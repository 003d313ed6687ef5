"""What a receipt says once its figures are published: what each became in the totals above."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import NewDatabase
from tests.integration.office import HEADER, Office

PAGE_WORKED_ON = "worked on"


@pytest.fixture(scope="module")
def office(new_database: NewDatabase) -> Iterator[Office]:
    """A county reported twice, a city with a claim that is too small, another county in prose; all is published."""
    office = Office(new_database())
    office.send("A", "2021 sp_lecture_count 9", "2021 sp_exhibition_count 3")
    office.send("A", "2021 sp_lecture_count 10", "2021 sp_exhibition_count 3")
    office.file("C", HEADER + "C,,2021,sp_lecture_count,own,3\nC,,2021,sp_lecture_count,jurisdiction,2\n")
    office.tell("B", "2021 工作总结.txt", "举办科普讲座5场次。")
    pages(office)[0].write_text(PAGE_WORKED_ON, encoding="utf-8")
    assert [after_publication(receipt) for unit in "ABC" for receipt in office.receipts(unit)] == [[]] * 4
    office.run()
    office.follow_up()
    yield office
    office.engine.dispose()


def test_a_receipt_tells_what_its_figure_became_in_the_city_and_in_the_province(office: Office) -> None:
    heading, lectures, _ = after_publication(office.receipts("A")[1])
    assert re.fullmatch(r"1\. 甲一县科协（A），.+，2021 年（报送编号 \d+）", heading)
    before, totals = lectures.split("：")
    assert before.endswith(" 10场")
    assert totals == "甲市科协 18场（应报 3 家，已报 3 家）；示例省科协 18场（应报 4 家，已报 3 家）"


def test_a_figure_that_was_replaced_before_it_was_published_says_so(office: Office) -> None:
    _, lectures, _ = after_publication(office.receipts("A")[0])
    assert lectures.endswith(" 9场：未计入汇总，已由后来的报送（编号 2）代替")


def test_a_claim_that_was_not_used_is_not_counted(office: Office) -> None:
    _, own, claim = after_publication(office.receipts("C")[0])
    assert "甲市科协 18场" in own
    assert claim.endswith("（含下级） 2场：未计入汇总")


def test_what_went_with_a_receipt_is_not_written_over(office: Office) -> None:
    assert pages(office)[0].read_text(encoding="utf-8") == PAGE_WORKED_ON
    assert "甲市科协 18场" in after_publication(office.receipts("B")[0])[1]


def test_receipts_are_followed_up_once(office: Office) -> None:
    before = written(office)
    office.follow_up()
    assert written(office) == before


def test_a_new_receipt_waits_for_its_own_publication(office: Office) -> None:
    office.send("B", "2021 sp_lecture_count 7")
    office.follow_up()
    assert after_publication(office.receipts("B")[-1]) == []


def test_a_receipt_is_told_again_when_a_revision_replaces_what_was_published_and_when_that_is_taken_back(
    new_database: NewDatabase,
) -> None:
    office = Office(new_database())
    two_years = "".join(f"{unit},,{year},sp_lecture_count,own,{year}\n" for unit in "AB" for year in (2020, 2021))
    office.file("C", HEADER + two_years)
    office.run()
    office.follow_up()
    assert [line for line in after_publication(office.receipts("C")[0]) if "未计入汇总" in line] == []

    # Only one of the two years changes, and only that is published again.
    office.send("A", "2021 sp_lecture_count 30")
    office.follow_up()
    assert "未计入汇总" not in office.receipts("C")[0]
    office.run()
    office.follow_up()
    replaced = by_heading(office.receipts("C")[0])
    assert replaced["甲一县科协（A） 2021"].endswith("未计入汇总，已由后来的报送（编号 5）代替")
    assert "甲市科协 2051场" in replaced["甲二县科协（B） 2021"]
    assert "甲市科协 4040场" in replaced["甲一县科协（A） 2020"]

    office.take_back("A", "2021", "popularisation")
    office.run()
    office.follow_up()
    assert "未计入汇总" not in office.receipts("C")[0]
    assert after_publication(office.receipts("A")[0])[1].endswith(" 30场：未计入汇总，已撤回或退回")
    office.engine.dispose()


def by_heading(receipt: str) -> dict[str, str]:
    """Unit and year → the line about the one figure below that heading."""
    lines = after_publication(receipt)
    headings = [re.fullmatch(r"[0-9]+\. (.+?)，.+，([0-9]{4}) 年（.+", line) for line in lines[::2]]
    return {f"{one[1]} {one[2]}": line for one, line in zip(headings, lines[1::2], strict=True) if one}


def after_publication(receipt: str) -> list[str]:
    """The lines of a receipt about its published figures."""
    _, _, lines = receipt.partition("发布后的去向")
    return [line.strip() for line in lines.splitlines() if line.strip()]


def pages(office: Office) -> list[Path]:
    """The pages that show what was read of the prose of B."""
    return sorted(Path(str(office.home.outbox / "B")).glob("*.html"))


def written(office: Office) -> dict[str, float]:
    return {file.name: file.stat().st_mtime for file in (office.home.outbox / "A").iterdir()}
