"""What a clerk writes in a cell is read exactly, or not at all."""

from decimal import Decimal

import pytest

from ingestion.readers.figures import Figure, figure_in


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("1200", "1200"),
        (" 1200.50 ", "1200.50"),
        ("1,234,567.8", "1234567.8"),
        ("１２３．５", "123.5"),
        ("１，２３４", "1234"),
        ("　98 ", "98"),
        ("0", "0"),
        ("007", "7"),
        ("-5", "-5"),
        ("－5", "-5"),
        ("−5", "-5"),
        ("9" * 30 + "." + "9" * 10, "9" * 30 + "." + "9" * 10),
    ],
)
def test_an_unambiguous_number_is_read_exactly(written: str, number: str) -> None:
    assert figure_in(written) == Figure("number", Decimal(number))


@pytest.mark.parametrize("written", ["-", "—", "——", "－", "–", "--", " - "])
def test_a_dash_is_not_applicable(written: str) -> None:
    assert figure_in(written) == Figure("not_applicable")


@pytest.mark.parametrize("written", ["**", "***", "＊＊", "XX", "xx", "ＸＸ", "××"])
def test_a_mask_is_redacted(written: str) -> None:
    assert figure_in(written) == Figure("redacted")


@pytest.mark.parametrize("written", ["", " ", "　", "\u00a0", "\n"])
def test_a_blank_is_nothing(written: str) -> None:
    assert figure_in(written) is None


NOT_FIGURES = (
    "8.1万 30余 约30 12人 98% 3-5 1,23 12,34,567 100,200,30 1e3 +5 0x10 .5 5. NaN Infinity =1+1 5² ½ ① ٣ 三十 无 "
    "/ * X 1.2.3 --- (5) #N/A open"
)


@pytest.mark.parametrize(
    "written",
    [*NOT_FIGURES.split(), "1 234", "100 200", "9" * 31, "1." + "0" * 11, "1" * 100_000],
    ids=lambda raw: raw[:20],
)
def test_anything_else_is_unreadable(written: str) -> None:
    assert figure_in(written) == Figure("unreadable")
