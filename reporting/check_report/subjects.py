"""Whose figures a sentence speaks of: the units it names, the province, or one that nobody can tell."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from reporting.check_report.around import Around, Words
from reporting.check_report.claims import Kind
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


class Meant(NamedTuple):
    """The units that a quantity may be of, the kinds of their figures, and whether it is the sum of all."""

    units: tuple[str, ...]
    kinds: tuple[Kind, ...]
    is_total: bool = False


class Subjects:
    """Finds the units of a year's tree in a text."""

    def __init__(self, units: Sequence[Unit], words: Mapping[str, Sequence[str]]) -> None:
        self.province = units[0]
        self._words = Words(words)
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
        self._city_own = self._words["city_own"]

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

    def meant(self, around: Around, kind: Kind) -> Meant | str:
        """Whose figure of a kind a quantity is, or why nobody can tell."""
        subject, after = self._subject_of(around)
        if subject is None or subject.whose is Whose.PROVINCE:
            return Meant((self.province.code,), (kind,))
        own = Kind.OWN if kind is Kind.VALUE else kind
        if subject.whose is Whose.OWN:
            return Meant((self.province.code,), (own,))
        if subject.whose is Whose.EITHER:
            return Meant((self.province.code,), (kind, own))
        if subject.whose is Whose.NAMELESS:
            return "说的是哪个单位，文中没有写明"
        kinds = (own if self._city_own.search(after[:_RIGHT_BEHIND]) else kind,)
        if len(subject.units) == 1:
            return Meant(subject.units[0], kinds)
        if self._words.are_in("respectively", after):
            return self._nth(subject, after, kinds)
        if self._words["and_so_on"].match(after) or any(len(unit) > 1 for unit in subject.units):
            return _TOGETHER
        return Meant(tuple(unit[0] for unit in subject.units), kinds, is_total=True)

    def _subject_of(self, around: Around) -> tuple[Subject | None, str]:
        """Whom the quantity's sentence speaks of, and the words between that name and the quantity.

        A paragraph that begins with a unit goes on about it until another is named.
        """
        named = list(_only_strong(self.named_in(around.before)))
        if named:
            return named[-1], around.before[named[-1].end :]
        opening = self.named_in(around.earlier[:_OPENING])
        if opening and opening[0].whose in (Whose.UNITS, Whose.NAMELESS):
            return list(_only_strong(self.named_in(around.earlier)))[-1], around.before
        return None, around.before

    def _nth(self, subject: Subject, after: str, kinds: tuple[Kind, ...]) -> Meant | str:
        """The unit that a quantity after 分别 belongs to: as many are before it as quantities are."""
        order = len(_NEXT.findall(after))
        return Meant(subject.units[order], kinds) if order < len(subject.units) else _TOGETHER


_OPENING, _RIGHT_BEHIND = 16, 4
_NEXT = re.compile("[、，,和]")
_TOGETHER = "几个单位合在一起说，分不出各是多少"


def _stem(name: str) -> str:
    return _TITLE.sub("", name) or name


def _only_strong(subjects: Iterable[Subject]) -> Iterator[Subject]:
    """Without 省科协 where a unit was named before it: it helped, and the sentence goes on about the unit."""
    has_unit = False
    for subject in subjects:
        has_unit = has_unit or subject.whose in (Whose.UNITS, Whose.NAMELESS)
        if subject.whose is not Whose.EITHER or not has_unit:
            yield subject
