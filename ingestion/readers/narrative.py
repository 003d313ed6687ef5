"""Read a narrative (文字总结): its text, the period it reports for, every quantity in it and the figures they make."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from catalogue.model import NARRATIVE, Catalogue, Collect
from ingestion import wording
from ingestion.documents import document_text
from ingestion.documents.period import period_in_name, period_in_text, period_in_title
from ingestion.observations import FileContent, Place, Problem, Reading
from ingestion.readers.figures import NUMBER, REDACTED, clipped

if TYPE_CHECKING:
    from ingestion.narrative.combining import Combined
    from ingestion.narrative.quantity import Quantity

_MOST_NAMED = 10
_BETWEEN = "；"
"""Between the quotes of several places that make one figure."""


class Understood(NamedTuple):
    """What is understood of a text: its quantities, what those of its period make, and the readings of what is clear.

    `figures` holds each of what they make with its reading, None where a person must say which figure holds.
    """

    quantities: list[Quantity]
    figures: list[tuple[Combined, Reading | None]]


def read(name: str, data: bytes, catalogue: Catalogue) -> FileContent:
    """All that stands in a narrative. Raises Refusal where it has no text that can be read."""
    text = document_text(name, data, catalogue)
    named, titled = period_in_name(name), period_in_title(text)
    period = str(named or period_in_text(text) or "")
    understood = understand(text, period, catalogue)
    content = FileContent(NARRATIVE, text=text, quantities=understood.quantities)
    if not period:
        content.problems.append(Problem("NARRATIVE_PERIOD_MISSING", Place(), {}))
        return content
    content.filed.append(("", NARRATIVE, period))
    if str(titled or period) != period:
        differs = {"named": wording.period(period), "titled": wording.period(str(titled))}
        content.problems.append(Problem("NARRATIVE_PERIOD_DIFFERS", Place(), differs | _submission(period)))
    for made, reading in understood.figures:
        if reading is not None:
            content.readings.append(reading)
        else:
            content.problems.append(_ambiguous(made, catalogue))
    return content


def understand(text: str, period: str, catalogue: Catalogue) -> Understood:
    """What the text of a narrative says that reports for a period; without one it makes no figures."""
    # Only who reads prose pays for loading what reads it.
    from ingestion.narrative import combined, quantities

    found = quantities(text, catalogue, period)
    counted = [one for one in found if period and one.period == period and is_asked(one, catalogue)]
    made = combined(counted, catalogue)
    return Understood(found, [(one, _reading(one)) for one in made if one.asks or _says_how_much(one)])


def is_asked(quantity: Quantity, catalogue: Catalogue) -> bool:
    """Whether a quantity belongs to an indicator of which figures are kept."""
    indicator = catalogue.indicators.get(quantity.indicator_code)
    return indicator is not None and indicator.collect is not Collect.NO


def _says_how_much(made: Combined) -> bool:
    return made.state == REDACTED or (made.value, made.low, made.high) != (None, None, None)


def _reading(made: Combined) -> Reading | None:
    """What is stored of a figure, with the words and the span of all that made it; None where a person must say."""
    if made.asks:
        return None
    is_number = made.state == NUMBER
    quote = _BETWEEN.join(one.quote for one in made.quantities)
    return Reading(
        unit_code="", form=NARRATIVE, period=made.period, indicator_code=made.indicator_code,
        scope=made.scope, status=made.status, state=made.state,
        value=made.value if is_number else None,
        low=made.low if is_number else None,
        high=made.high if is_number else None,
        # What is known of a quantity is no reason that its unit gave for it.
        note="", raw=clipped(quote),
        place=Place(start=made.quantities[0].start, end=made.quantities[-1].end, quote=quote),
    )  # fmt: skip


def _ambiguous(made: Combined, catalogue: Catalogue) -> Problem:
    first = made.quantities[0]
    details = {
        "indicator_name": catalogue.indicators[made.indicator_code].name_zh,
        "count": str(len(made.quantities)),
        "asks": made.asks,
        "places": "、".join(f"第 {one.start + 1} 字起" for one in made.quantities[:_MOST_NAMED]),
    }
    place = Place(start=first.start, end=first.end, quote=first.quote)
    return Problem("NARRATIVE_AMBIGUOUS", place, details | _submission(made.period))


def _submission(period: str) -> dict[str, str]:
    """What a problem spoils; whose it is, `FileContent.of` adds."""
    return {"form": NARRATIVE, "period": period}
