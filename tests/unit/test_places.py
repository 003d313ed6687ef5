"""Where a figure was filed is said so that anyone finds it: sheet and cell, line, or words and where they are."""

from types import SimpleNamespace
from typing import Any

import pytest

from reporting.wording import place

NOWHERE: dict[str, Any] = dict.fromkeys(("sheet", "cell", "line", "quote", "span_start", "span_end"))


@pytest.mark.parametrize(
    ("filed", "said"),
    [
        ({"sheet": "科普活动", "cell": "E13"}, "科普活动 E13"),
        ({"line": 2}, "第 2 行"),
        ({"quote": "受益群众260万人次", "span_start": 10, "span_end": 20}, "“受益群众260万人次”（第 11—20 字）"),
        ({"quote": "近5000场次"}, "“近5000场次”"),
    ],
)
def test_a_place_is_said_as_precisely_as_it_is_known(filed: dict[str, Any], said: str) -> None:
    found: Any = SimpleNamespace(**NOWHERE | filed)
    assert place(found) == said
