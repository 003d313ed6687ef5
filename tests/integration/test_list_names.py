"""The names of a list are kept with their place and published with the figure that counts them."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from kexie.database import acting
from kexie.roles import Role
from tests.conftest import NewDatabase
from tests.integration.office import Office

LIST = "base_demo_community_count"
HEADER = "unit_code,form,period,indicator_code,scope,value,name,title,level,batch,located_in,valid_from,valid_until\n"
TITLE = "科普示范社区,省级,2021年第一批"


def _rows(unit: str, *names: str) -> str:
    return HEADER + "".join(f"{unit},,2021,{LIST},own,,{name}\n" for name in names)


@pytest.fixture(scope="module")
def office(new_database: NewDatabase) -> Office:
    """The province lists four names; county A claims three of its own by name, county B two by their number."""
    office = Office(new_database())
    listed = (
        f"东风社区,{TITLE},A,2021-06-01,2099-05-31",
        f"西园社区,{TITLE},B,2021-06-01,2022-05-31",
        f"南湖社区,{TITLE},,,",
        "文昌社区,全国科普示范社区,国家级,,甲一县科协,,",
    )
    claimed = (f"东风社区,{TITLE},,,", f"北苑社区,{TITLE},,,", f"文昌社区,{TITLE},,,")
    assert office.file("P", _rows("P", *listed)) == {"accepted": 1}
    assert office.file("A", _rows("A", *claimed)) == {"accepted": 1}
    office.send("B", f"2021 {LIST} 2")
    office.run(2021)
    return office


def asked(office: Office, query: str) -> list[tuple[object, ...]]:
    with acting(office.home, Role.OFFICE) as engine, engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


def test_the_figure_is_the_count_and_its_leaf_leads_to_the_file(office: Office) -> None:
    assert asked(
        office, f"select unit_code, value, basis from indicator_values where {OF_LIST} and unit_code = 'P'"
    ) == [("P", 4, "list")]
    assert asked(office, f"select file_name, line, value from contributions where {OF_LIST} and unit_code = 'P'") == [
        ("P.csv", 2, 4)
    ]


def test_which_communities_and_are_they_still_valid_is_one_query(office: Office) -> None:
    assert asked(
        office, f"select name, is_valid from list_names where {OF_LIST} and unit_code = 'P' order by line"
    ) == [
        ("东风社区", True),
        ("西园社区", False),
        ("南湖社区", True),
        ("文昌社区", True),
    ]


def test_a_name_is_published_with_title_level_batch_place_and_file(office: Office) -> None:
    columns = "unit_name, title, level, batch, located_in_name, valid_until::text, is_counted, file_name, line"
    assert asked(office, f"select {columns} from list_names where {OF_LIST} and name = '西园社区'") == [
        ("示例省科协", "科普示范社区", "province", "2021年第一批", "甲二县科协", "2022-05-31", True, "P.csv", 3)
    ]


def test_a_claim_meets_the_name_of_the_same_title_and_level_and_no_other(office: Office) -> None:
    columns = "unit_code, name, state, listed_title, listed_level, file_name, line"
    assert asked(office, f"select {columns} from list_matches where {OF_LIST} order by unit_code, state, name") == [
        ("A", "东风社区", "agreed", "科普示范社区", "province", "A.csv", 2),
        ("A", "北苑社区", "not_listed", None, None, "A.csv", 3),
        ("A", "文昌社区", "other_title", "全国科普示范社区", "national", "A.csv", 4),
        ("B", "西园社区", "not_claimed", "科普示范社区", "province", "P.csv", 3),
        (None, "南湖社区", "not_claimed", "科普示范社区", "province", "P.csv", 4),
    ]


def test_each_unit_below_is_reconciled_with_the_names_of_its_area(office: Office) -> None:
    columns = (
        "unit_code, claimed_count, listed_count, gap, names_claimed, names_agreed, not_listed, other_title, not_claimed"
    )
    query = f"select {columns}, listed_without_place from list_reconciliation where {OF_LIST} order by unit_code"
    assert asked(office, query) == [
        ("A", 3, 2, 1, 3, 1, "北苑社区", "文昌社区", None, 1),
        ("B", 2, 1, 1, 0, 0, None, None, "西园社区", 1),
        ("C", 5, 3, 2, 3, 1, "北苑社区", "文昌社区", "西园社区", 1),
    ]


def test_a_revision_replaces_the_names_whole_once_it_is_published(office: Office) -> None:
    assert _names(office, "A") == ["东风社区", "北苑社区", "文昌社区"]
    office.file("A", _rows("A", "东风社区,,,,,,", "文昌社区,,,,,,", "长青社区,,,,,,"))
    assert _names(office, "A") == ["东风社区", "北苑社区", "文昌社区"]
    assert "增加 1 个：长青社区，去掉 1 个：北苑社区" in office.receipts("A")[-1]
    office.run()
    assert _names(office, "A") == ["东风社区", "文昌社区", "长青社区"]
    assert len(_names(office, "P")) == 4


def _names(office: Office, unit: str) -> list[object]:
    query = f"select name from list_names where {OF_LIST} and unit_code = '{unit}' order by name"
    return [name for (name,) in asked(office, query)]


OF_LIST = f"indicator_code = '{LIST}' and period = '2021'"
