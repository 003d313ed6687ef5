"""How prose speaks of an indicator: the optional entry `prose` of each indicator, and what follows from its name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import product

from catalogue.entries import Entry, Mistakes
from catalogue.language import Language
from catalogue.model import Aggregation, Combine, Form, Prose, Status

DEFAULT_COMBINE = {
    Aggregation.FLOW: Combine.SUM,
    Aggregation.NEWADD: Combine.SUM,
    Aggregation.MONEY: Combine.SUM,
}
"""Kinds whose figures of one text add up; of every other kind a person is asked which figure holds."""

_BRACKETS = re.compile(r"[（(][^（）()]*[）)]")
_COUNTED = re.compile(
    r"(?:总?人次|场次|次数|期数|人数|台次|条数|块数|支数|项数|部数|种数|册数|本数|天数|户数|总数|数|额)$"
)


def read_prose(entry: Entry, aggregation: Aggregation | None) -> Prose:
    """The entry `prose` of an indicator; without one, what its name and measure say."""
    combine = DEFAULT_COMBINE.get(aggregation, Combine.ASK) if aggregation else Combine.ASK
    measure = entry.text("measure", "")
    if "prose" not in entry.fields:
        names = default_names(entry.text("name_zh", ""))
        return Prose(names, frozenset({measure} - {""}), frozenset(), (), None, "", "", combine)
    prose = entry.child("prose", f"{entry.name}, prose")
    read = Prose(
        names=tuple(dict.fromkeys(words for name in prose.texts("names", ()) for words in spelled_out(name))),
        measures=frozenset(prose.texts("measures", (measure,) if measure else ())),
        by_measure=frozenset(prose.texts("by_measure", ())),
        unless=prose.texts("unless", ()),
        status=prose.word("status", Status, None),
        parts=prose.text("parts", ""),
        stock=prose.text("stock", ""),
        combine=prose.word("combine", Combine, combine) or combine,
    )
    prose.finish()
    return read


def spelled_out(name: str) -> Iterator[tuple[str, ...]]:
    """The words of a name; where one of them may be another (大篷车 受益/接待), each choice in turn."""
    return product(*(word.split("/") for word in name.split()))


def default_names(name_zh: str) -> tuple[tuple[str, ...], ...]:
    """What an indicator is called in prose when nobody said: its name without brackets and 数."""
    whole = _BRACKETS.sub("", name_zh)
    stems = [_COUNTED.sub("", part) for part in whole.split("/")]
    return tuple((stem,) for stem in stems if len(stem) > 1)


def check_prose(forms: Iterable[Form], language: Language, mistakes: Mistakes) -> None:
    """Note each measure that the language does not know, and parts or a stock that are no indicator."""
    known = frozenset(language.measures.values()) | {"名"}
    indicators = [(form, indicator) for form in forms for indicator in form.indicators]
    codes = {indicator.code for _, indicator in indicators}
    for form, indicator in indicators:
        where = f"catalogue/forms/{form.code}.yaml", f"{indicator.code}, prose"
        for measure in sorted((indicator.prose.measures | indicator.prose.by_measure) - known - {indicator.measure}):
            mistakes.add(*where, f"'{measure}' is no measure of number_language.yaml; add it there or use another")
        for field, code in (("parts", indicator.prose.parts), ("stock", indicator.prose.stock)):
            if code and code not in codes:
                mistakes.add(*where, f"{field} '{code}' is no indicator; use the code of one")
