"""What the demo says of a figure beside the report's wording."""

from decimal import Decimal

import pytest

from catalogue.model import Bounds
from kexie.demo import bears
from reporting.figures import shown

NEARLY_5000 = Bounds(Decimal(4500), Decimal(5000), low_strict=False, high_strict=True)


@pytest.mark.parametrize(
    ("value", "low", "high", "printed", "is_borne_out"),
    [
        (Decimal(4936), Decimal(4936), Decimal(4936), "4936", True),
        (Decimal(5000), Decimal(5000), Decimal(5000), "5000", False),
        (Decimal(5000), Decimal(4500), Decimal(5000), "4500～5000", True),
        (Decimal(4900), Decimal(4900), None, "4900～", False),
        (None, Decimal(4600), Decimal(4700), "4600～4700", False),
        (None, None, None, "无", False),
    ],
)
def test_a_figure_bears_out_a_wording(
    value: Decimal | None, low: Decimal | None, high: Decimal | None, printed: str, is_borne_out: bool
) -> None:
    assert shown(value, low, high) == printed
    assert bears(NEARLY_5000, value, low, high) is is_borne_out


def test_a_figure_is_written_to_its_last_digit() -> None:
    long = Decimal("12345678901234567890123456789012.50")
    assert shown(long, long, long) == "12345678901234567890123456789012.5"
