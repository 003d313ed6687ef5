"""A number in prose claims exactly what its words say: each phrase with value, low and high."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalogue.language import HedgeEffect, HedgePosition, Language
from catalogue.load import load
from ingestion.narrative.numbers import Stated, parse_quantity

OPEN = None

Claim = tuple[int | str | None, int | str | None, int | str | None, str, str]

STATED: dict[str, Claim] = {
    # 余 and 多: strictly above, below the next step
    "30余场次": (30, 30, 39, "场次", "approx"),
    "30 余场次": (30, 30, 39, "场次", "approx"),
    "10万余册": (100000, 100000, 109999, "册", "approx"),
    "50余万份": (500000, 500000, 599999, "份", "approx"),
    "30000余份": (30000, 30000, 39999, "份", "approx"),
    "38000余次": (38000, 38000, 38999, "次", "approx"),
    "6.1万余人次": (61000, 61000, 61999, "人次", "approx"),
    "9千余人": (9000, 9000, 9999, "人", "approx"),
    "1300多个": (1300, 1300, 1399, "个", "approx"),
    "达80余条": (80, 80, 89, "条", "approx"),
    "10万余元": (100000, 100000, 109999, "元", "approx"),
    "7余部": (7, 7, 7, "部", "approx"),
    "百余批次": (100, 100, 199, "次", "approx"),
    "十余": (10, 10, 19, "", "approx"),
    "二十多": (20, 20, 29, "", "approx"),
    "三百余万人次": (3000000, 3000000, 3999999, "人次", "approx"),
    # 近: strictly below, close
    "近5000场次": (5000, 4500, 5000, "场次", "nearly"),
    "近1800万次": (18000000, 17500000, 18000000, "次", "nearly"),
    "近885万份": (8850000, 8845000, 8850000, "份", "nearly"),
    "近10万人次": (100000, 90000, 100000, "人次", "nearly"),
    "近300组": (300, 270, 300, "组", "nearly"),
    "近百": (100, 90, 100, "", "nearly"),
    # 约, 左右, 来: both sides
    "约9446篇": (9446, "9445.5", "9446.5", "篇", "about"),
    "200人左右": (200, 180, 220, "人", "about"),
    "约1.2万人次": (12000, 11500, 12500, "人次", "about"),
    "约3000份": (3000, 2700, 3300, "份", "about"),
    "十来万元": (100000, 90000, 129999, "元", "about"),
    "二十来场": (20, 18, 26, "场", "about"),
    "百来人": (100, 90, 130, "人", "about"),
    "约10000余份": (10000, 9000, 19999, "份", "about"),
    # at least and at most
    "超过260万人次": (2600000, 2600000, OPEN, "人次", "at_least"),
    "超过130支": (130, 130, OPEN, "支", "at_least"),
    "超32.5件": ("32.5", "32.5", OPEN, "件", "at_least"),
    "不少于800篇": (800, 800, OPEN, "篇", "at_least"),
    "达3000人以上": (3000, 3000, OPEN, "人", "at_least"),
    "上千人": (1000, 1000, OPEN, "人", "at_least"),
    "95%以上": (95, 95, 100, "%", "at_least"),
    "超过1300多个": (1300, 1300, 1399, "个", "approx"),
    "≤104万元": (1040000, OPEN, 1040000, "元", "at_most"),
    "不超过5个工作日": (5, OPEN, 5, "工作日", "at_most"),
    "30人以内": (30, OPEN, 30, "人", "at_most"),
    # exact, unless 万 or a percent sign makes it a rounding; money is exact
    "36场次": (36, 36, 36, "场次", "exact"),
    "达31002次": (31002, 31002, 31002, "次", "exact"),
    "8.1万名": (81000, 80500, 81499, "人", "exact"),
    "67.76万人次": (677600, 677550, 677649, "人次", "exact"),
    "14.5万条": (145000, 144500, 145499, "条", "exact"),
    "3.5万元": (35000, 35000, 35000, "元", "exact"),
    "5723.97万元": (57239700, 57239700, 57239700, "元", "exact"),
    "3,724,055.00元": (3724055, 3724055, 3724055, "元", "exact"),
    "35.7%": ("35.7", "35.65", "35.75", "%", "exact"),
    "617%": (617, "616.5", "617.5", "%", "exact"),
    "99.97%": ("99.97", "99.965", "99.975", "%", "exact"),
    "100%": (100, "99.5", 100, "%", "exact"),
    "10.7个百分点": ("10.7", "10.7", "10.7", "百分点", "exact"),
    "三成": (30, 25, 35, "%", "exact"),
    "1200人(次)": (1200, 1200, 1200, "人次", "exact"),
    "12万余份(册)": (120000, 120000, 129999, "份", "approx"),
    "29次（期）": (29, 29, 29, "次", "exact"),
    "3218个课时次": (3218, 3218, 3218, "课时次", "exact"),
    "3万5千人": (35000, 34500, 35499, "人", "exact"),
    "1亿2000万元": (120000000, 120000000, 120000000, "元", "exact"),
    "１２场": (12, 12, 12, "场", "exact"),
    "8 名": (8, 8, 8, "人", "exact"),
    # Chinese numerals
    "两次": (2, 2, 2, "次", "exact"),
    "九个": (9, 9, 9, "个", "exact"),
    "廿余场": (20, 20, 29, "场", "approx"),
    "一百零五人": (105, 105, 105, "人", "exact"),
    "三百二十万人次": (3200000, 3195000, 3204999, "人次", "exact"),
    # ranges, and orders of magnitude
    "3—5场": (OPEN, 3, 5, "场", "approx"),
    "10至15人": (OPEN, 10, 15, "人", "approx"),
    "3-5万人": (OPEN, 30000, 50000, "人", "approx"),
    "三四十人": (OPEN, 30, 49, "人", "approx"),
    "两三个": (OPEN, 2, 3, "个", "approx"),
    "数十场": (OPEN, 20, 100, "场", "approx"),
    # masked: no value, and only the bounds that can be seen
    "**多项": (OPEN, OPEN, OPEN, "项", "redacted"),
    "**万多人次": (OPEN, OPEN, OPEN, "人次", "redacted"),
    "XX个以上": (OPEN, OPEN, OPEN, "个", "redacted"),
    "近XX份(册)": (OPEN, OPEN, OPEN, "份", "redacted"),
    "XX%": (OPEN, OPEN, OPEN, "%", "redacted"),
    "1*00人次": (OPEN, 1000, 1900, "人次", "redacted"),
    "*000人次": (OPEN, 1000, 9000, "人次", "redacted"),
    "*000多公里": (OPEN, 1000, 9999, "公里", "redacted"),
    "*9个": (OPEN, 19, 99, "个", "redacted"),
    "*所": (OPEN, 1, 9, "所", "redacted"),
    "20__人次": (OPEN, 2000, 2099, "人次", "redacted"),
}

NO_QUANTITY = ["", "科普", "近", "余场次", "百千万", "二〇二一", "5场6人", "近5000场次的活动", "一千千人", "场次30"]


@pytest.fixture(scope="module")
def language() -> Language:
    return load().language


@pytest.mark.parametrize("phrase", STATED)
def test_a_phrase_claims_what_its_words_say(phrase: str, language: Language) -> None:
    value, low, high, measure, qualifier = STATED[phrase]
    state = "redacted" if qualifier == "redacted" else "number"
    wanted = (
        *(None if figure is None else Decimal(figure) for figure in (value, low, high)),
        measure,
        qualifier,
        state,
    )
    assert parse_quantity(phrase, language) == wanted


@pytest.mark.parametrize("phrase", NO_QUANTITY)
def test_what_is_no_quantity_claims_nothing(phrase: str, language: Language) -> None:
    assert parse_quantity(phrase, language) is None


def test_every_hedge_of_the_catalogue_is_understood(language: Language) -> None:
    for hedge in language.hedges:
        shapes = {
            HedgePosition.BEFORE: f"{hedge.word}4000场",
            HedgePosition.INSIDE: f"4000{hedge.word}场",
            HedgePosition.AFTER: f"4000场{hedge.word}",
        }
        stated = parse_quantity(shapes[hedge.position], language)
        assert stated is not None, hedge
        assert stated.qualifier == hedge.qualifier
        assert (stated.low == stated.value == stated.high) == (hedge.effect is HedgeEffect.NONE)


@given(
    phrase=st.text(
        alphabet="0123456789一二三四十百千万亿余多来几近约超过以上左右人次场份元%.*Xx_-—至, (（)）", max_size=30
    )
)
def test_whatever_is_understood_has_its_value_between_its_bounds(phrase: str) -> None:
    stated = parse_quantity(phrase, load().language)
    if stated is not None:
        _in_order(stated)


@given(
    digits=st.integers(0, 10**12),
    hedge=st.sampled_from(["", "近", "约", "超过", "不超过"]),
    inside=st.sampled_from(["", "余"]),
)
def test_no_hedge_moves_the_number_that_is_written(digits: int, hedge: str, inside: str) -> None:
    stated = parse_quantity(f"{hedge}{digits}{inside}人次", load().language)
    assert stated is not None
    assert stated.value == digits
    _in_order(stated)


def _in_order(stated: Stated) -> None:
    known = [figure for figure in (stated.low, stated.value, stated.high) if figure is not None]
    assert known == sorted(known)
    assert all(figure.is_finite() for figure in known)
