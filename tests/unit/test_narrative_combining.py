"""Several figures of one indicator become one by the catalogue's rule, or a question; never silently."""

from decimal import Decimal

import pytest

from catalogue.load import load
from ingestion.narrative import Combined, combined, quantities


def _combined(text: str) -> dict[tuple[str, str], Combined]:
    catalogue = load()
    return {(one.indicator_code, one.scope): one for one in combined(quantities(text, catalogue, "2021"), catalogue)}


def _one(text: str) -> Combined:
    (one,) = _combined(text).values()
    return one


def test_one_figure_is_taken_as_it_is() -> None:
    one = _one("举办科普讲座30余场")
    assert one.indicator_code == "sp_lecture_count"
    assert (one.value, one.low, one.high) == (Decimal(30), Decimal(30), Decimal(39))
    assert (one.status, one.scope, one.period, one.says, one.asks) == ("actual", "own", "2021", "", "")


def test_figures_of_a_flow_add_up_end_by_end_and_say_so() -> None:
    one = _one("春季发放科普资料2万余份，秋季发放科普资料1500份")
    assert (one.value, one.low, one.high) == (Decimal(21500), Decimal(21500), Decimal(31499))
    assert len(one.quantities) == 2
    assert "相加" in one.says
    assert "“2万余份”" in one.says


def test_an_open_end_leaves_that_end_of_the_sum_open() -> None:
    one = _one("发放科普资料超过2万份。赠送科普图书1500册")
    assert (one.value, one.low, one.high) == (Decimal(21500), Decimal(21500), None)


def test_a_stock_said_twice_differently_is_a_question() -> None:
    one = _one("全县有企业科协12个。全县有企业科协15个")
    assert (one.value, one.low, one.high) == (None, None, None)
    assert "“12个”、“15个”" in one.asks


def test_a_stock_said_twice_alike_is_one_fact() -> None:
    one = _one("全县有企业科协12个。企业科协12个都已入驻")
    assert (one.value, one.asks) == (Decimal(12), "")
    assert "只计一次" in one.says


def test_a_telling_number_said_twice_is_one_fact_and_a_small_one_is_asked_about() -> None:
    assert _one("发放科普资料12350份。全年发放资料12350份").value == Decimal(12350)
    assert "同一件事还是几件事" in _one("城区办科普讲座12场。乡镇办科普讲座12场").asks


def test_a_total_that_is_the_sum_of_the_others_is_taken_alone() -> None:
    one = _one("办科普讲座100场。城区讲座60场，乡镇讲座40场")
    assert one.value == Decimal(100)
    assert "取总数" in one.says


def test_what_is_masked_stays_missing_and_is_not_added_past() -> None:
    assert _one("发放科普资料**份").state == "redacted"
    assert "隐去" in _one("发放科普资料**份，赠书1500册").asks


def test_a_part_is_kept_apart_from_its_whole() -> None:
    both = _combined("举办科普讲座80场，其中农村讲座30场")
    assert both["sp_lecture_count", "own"].value == Decimal(80)
    assert both["sp_lecture_count", "part"].value == Decimal(30)


@pytest.mark.parametrize("text", ["", "天气很好", "每村2场"])
def test_what_belongs_to_no_indicator_is_left_out(text: str) -> None:
    assert _combined(text) == {}
