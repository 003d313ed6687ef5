"""Whose figures a sentence speaks of: the units it names, the province, or one that nobody can tell."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from reporting.check_report.published import Unit

_TITLE = re.compile(r"(科学技术协会|科协)$")
_JOINED = re.compile(r"[、和与及，,\s]{0,2}")
_LEVELS = "[市县区州盟旗]"


class Whose(StrEnum):
    """What kind of subject was named."""

    UNITS = "units"
    PROVINCE = "province"
    OWN = "own"
    EITHER = "either"
    NAMELESS = "nameless"


@dataclass(frozen=True, slots=True)
class Subject:
    """Who was named, and where the words end; units named together are one subject.

    Each of `units` holds the codes of all units that have the name.
    """

    whose: Whose
    units: tuple[tuple[str, ...], ...]
    end: int


class Subjects:
    """Finds the units of a year's tree in a text."""

    def __init__(self, units: Sequence[Unit], words: Mapping[str, Iterable[str]]) -> None:
        self.province = units[0]
        self._stems: dict[str, list[str]] = {}
        for unit in units[1:]:
            self._stems.setdefault(_stem(unit.name), []).append(unit.code)
        kinds = {
            Whose.PROVINCE: [*words["province"], _stem(self.province.name)],
            Whose.OWN: [*words["own"], f"{_stem(self.province.name)}本级"],
            Whose.EITHER: words["either"],
        }
        self._kinds = {word: whose for whose, some in kinds.items() for word in some}
        spoken = sorted([*self._stems, *self._kinds], key=len, reverse=True)
        nameless = f"[{''.join(map(re.escape, words['nameless']))}]{{1,3}}{_LEVELS}"
        self._pattern = re.compile(f"(?P<nameless>{nameless})|{'|'.join(map(re.escape, spoken))}")
        self._city_own = re.compile("|".join(map(re.escape, words["city_own"])))

    def named_in(self, text: str) -> list[Subject]:
        """The subjects that a text names, in order; units joined by 、 or 和 are one subject."""
        found: list[Subject] = []
        for match in self._pattern.finditer(text):
            subject = self._subject(match)
            last = found[-1] if found else None
            if (
                last
                and last.whose is subject.whose is Whose.UNITS
                and _JOINED.fullmatch(text[last.end : match.start()])
            ):
                found[-1] = Subject(Whose.UNITS, last.units + subject.units, subject.end)
            else:
                found.append(subject)
        return found

    def _subject(self, match: re.Match[str]) -> Subject:
        if match["nameless"]:
            return Subject(Whose.NAMELESS, (), match.end())
        whose = self._kinds.get(match[0])
        if whose is not None:
            return Subject(whose, ((self.province.code,),), match.end())
        return Subject(Whose.UNITS, (tuple(self._stems[match[0]]),), match.end())

    def without(self, text: str) -> str:
        """A text without the subjects that it names."""
        return self._pattern.sub("", text)

    def is_own_of_city(self, after: str) -> bool:
        """Whether the words after a unit's name say that its own figure is meant (市本级)."""
        return self._city_own.search(after) is not None


def _stem(name: str) -> str:
    return _TITLE.sub("", name) or name


def only_strong(subjects: Iterable[Subject]) -> Iterator[Subject]:
    """Without 省科协 where a unit was named before it: it helped, and the sentence goes on about the unit."""
    has_unit = False
    for subject in subjects:
        has_unit = has_unit or subject.whose in (Whose.UNITS, Whose.NAMELESS)
        if subject.whose is not Whose.EITHER or not has_unit:
            yield subject
