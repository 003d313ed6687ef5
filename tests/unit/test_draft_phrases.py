"""What a phrase of a draft promises about the exact figure, and what is only wrongly rounded."""

from __future__ import annotations

from decimal import Decimal

import pytest

from catalogue.load import load
from ingestion.narrative.quantity import Qualifier, Quantity
from reporting.check_report.phrase import Phrase, Truth, phrase_of
from reporting.figures import Figure, exactly

LIMITS = load().check_up.limits


def phrase(quote: str, value: str, low: str, high: str | None, qualifier: str) -> Phrase:
    ceiling = None if high is None else Decimal(high)
    measure = "%" if quote.endswith("%") else "人"
    said = Quantity(
        quote, 0, len(quote), Decimal(value), Decimal(low), ceiling, measure, Qualifier(qualifier), "actual", "own",
        "number", "2021", "",
    )  # fmt: skip
    return phrase_of(said, LIMITS)


EIGHTY_ONE = phrase("8.1万名", "81000", "80500", "81499", "exact")
EIGHTY_TWO = phrase("8.2万名", "82000", "81500", "82499", "exact")
NEARLY = phrase("近5000场次", "5000", "4500", "5000", "nearly")
MORE_THAN = phrase("超过260万人次", "2600000", "2600000", None, "at_least")
OR_MORE = phrase("5000场次以上", "5000", "5000", None, "at_least")
SOME = phrase("1300多个", "1300", "1300", "1399", "approx")
PLAIN = phrase("4900场次", "4900", "4900", "4900", "exact")
FULL = phrase("4913场次", "4913", "4913", "4913", "exact")
SMALL = phrase("20个", "20", "20", "20", "exact")
WIDELY = phrase("910万余人次", "9100000", "9100000", "9109999", "approx")
PERCENT = phrase("12.3%", "12.3", "12.3", "12.3", "exact")
MONEY = phrase("6014.4万元", "60144000", "60144000", "60144000", "exact")


@pytest.mark.parametrize(
    ("said", "number", "is_true"),
    [
        (EIGHTY_ONE, "81234", True), (EIGHTY_ONE, "81500", False), (EIGHTY_TWO, "81500", True),
        (NEARLY, "4936", True), (NEARLY, "5000", False), (NEARLY, "5003", False), (NEARLY, "4499", False),
        (phrase("近520次", "520", "515", "520", "nearly"), "513", True),
        (WIDELY, "9114795", True), (WIDELY, "9200000", False),
        (MORE_THAN, "2600000", False), (MORE_THAN, "2600001", True),
        (OR_MORE, "5000", True), (OR_MORE, "4999", False),
        (SOME, "1300", False), (SOME, "1301", True), (SOME, "1399", True), (SOME, "1400", False),
        (FULL, "4913", True), (FULL, "4914", False),
        (PERCENT, "12.2500", True), (PERCENT, "12.3999", True), (PERCENT, "12.4", False),
        (MONEY, "60144000", True), (MONEY, "60144499.99", True), (MONEY, "60144500", False),
    ],
)  # fmt: skip
def test_a_phrase_is_true_of_the_figures_that_keep_its_promise(said: Phrase, number: str, is_true: bool) -> None:
    assert said.truth(exactly(Decimal(number)), LIMITS) == (Truth.TRUE if is_true else Truth.FALSE)


@pytest.mark.parametrize(
    ("said", "number", "is_rounding"),
    [
        (EIGHTY_TWO, "81234", True), (phrase("9.3万名", "93000", "92500", "93499", "exact"), "81234", False),
        (NEARLY, "5003", True), (NEARLY, "3900", False), (MORE_THAN, "2589000", True), (MORE_THAN, "1900000", False),
        (PLAIN, "4931", True), (PLAIN, "6100", False), (FULL, "4931", False), (SMALL, "21", False),
    ],
)  # fmt: skip
def test_a_false_phrase_is_wrongly_rounded_only_where_its_words_allow_for_rounding_and_its_number_is_close(
    said: Phrase, number: str, is_rounding: bool
) -> None:
    assert said.is_only_badly_rounded(exactly(Decimal(number)), LIMITS) == is_rounding


def test_a_floor_far_below_the_figure_says_too_little() -> None:
    assert MORE_THAN.says_enough(Decimal(2690000), LIMITS)
    assert not MORE_THAN.says_enough(Decimal(5200000), LIMITS)


def test_a_figure_with_bounds_keeps_a_promise_that_its_bounds_keep_and_is_no_proof_where_they_are_far_apart() -> None:
    assert SOME.truth(Figure(Decimal(1300), Decimal(1300), Decimal(1399)), LIMITS) is Truth.TRUE
    assert SOME.truth(Figure(None, Decimal(58), Decimal(2601)), LIMITS) is Truth.UNKNOWN
    assert SOME.truth(Figure(None, Decimal(1400), Decimal(2601)), LIMITS) is Truth.FALSE
    assert SOME.truth(exactly(None), LIMITS) is Truth.UNKNOWN


def test_two_phrases_exclude_each_other_where_no_number_keeps_both() -> None:
    assert EIGHTY_ONE.excludes(EIGHTY_TWO, LIMITS)
    assert not EIGHTY_ONE.excludes(phrase("超过8万名", "80000", "80000", None, "at_least"), LIMITS)
    assert NEARLY.excludes(OR_MORE, LIMITS)
