"""Reading one YAML entry field by field, collecting every mistake with its file, entry and remedy."""

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from enum import StrEnum
from numbers import Number
from typing import Any, TypeVar

Kind = TypeVar("Kind")
Word = TypeVar("Word", bound=StrEnum)

ABSENT: Any = object()
"""The content of an entry that is not there, and the default of a field that must be."""


def one_of(words: Iterable[str]) -> str:
    """The remedy for a word that is not in a list."""
    return f"use one of: {', '.join(words)}"


class Mistakes:
    """Every mistake found in the catalogue's files, each as one sentence."""

    def __init__(self) -> None:
        self.sentences: list[str] = []

    def add(self, file: str, entry: str, sentence: str) -> None:
        where = f"{file}, {entry}" if entry else file
        self.sentences.append(f"{where}: {sentence}")


class Entry:
    """A mapping of a YAML file. A missing or wrong field is noted and read as empty; `finish` tells at the end."""

    def __init__(self, mistakes: Mistakes, file: str, name: str, content: object) -> None:
        self.file, self.name, self._mistakes = file, name, mistakes
        self._ok = True
        self._asked: set[str] = set()
        self._content: Mapping[str, Any] = {}
        # What is known not to be there must not be called missing field by field.
        self._is_absent = content is ABSENT
        if isinstance(content, Mapping):
            self._content = content
        elif not self._is_absent:
            self._is_absent = True
            self.mistake("it must be a mapping of field: value")

    @property
    def fields(self) -> list[str]:
        """The fields that are written, in order."""
        return [str(field) for field in self._content]

    def mistake(self, sentence: str) -> None:
        self._ok = False
        self._mistakes.add(self.file, self.name, sentence)

    def finish(self) -> bool:
        """Note every field that nobody asked for; true when the entry has no mistake."""
        for unknown in [key for key in self._content if key not in self._asked]:
            self.mistake(f"field '{unknown}' is unknown; {one_of(sorted(self._asked))}")
        return self._ok and not self._is_absent

    def _take(self, field: str, default: Kind | None, kind: type[Kind], should_be: str) -> Kind | None:
        self._asked.add(field)
        if field not in self._content:
            if default is ABSENT and not self._is_absent:
                self.mistake(f"field '{field}' is missing; give {should_be}")
            return None if default is ABSENT else default
        value = self._content[field]
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            self.mistake(f"{field} {value!r} must be {should_be}")
            return None
        return value

    def text(self, field: str, default: str = ABSENT) -> str:
        value = self._take(field, default, str, "a text (in quotes where YAML would read something else)")
        return value or ""

    def required_text(self, field: str) -> str:
        value = self.text(field)
        if field in self._content and isinstance(self._content[field], str) and not value.strip():
            self.mistake(f"{field} is empty; give a text")
        return value

    def texts(self, field: str, default: tuple[str, ...]) -> tuple[str, ...]:
        values = self._take(field, None, list, "a list of texts")
        if values is None:
            return default
        if not values or not all(isinstance(value, str) for value in values):
            self.mistake(f"{field} {values!r} must be a list of texts, or left out")
        return tuple(map(str, values))

    def texts_of_texts(self, field: str) -> list[tuple[str, ...]]:
        """A list of lists of texts."""
        rows = self._take(field, ABSENT, list, "a list of lists of texts") or []
        if not all(isinstance(row, list) and row and all(isinstance(value, str) for value in row) for row in rows):
            self.mistake(f"{field} must be a list of lists of texts, none empty")
            return []
        return [tuple(row) for row in rows]

    def whole(self, field: str, default: int = ABSENT, least: int = 0) -> int:
        should_be = f"a whole number, {least} or more"
        value = self._take(field, default, int, should_be)
        if value is not None and value < least:
            self.mistake(f"{field} {value!r} must be {should_be}")
        return value or 0

    def flag(self, field: str, default: bool = ABSENT) -> bool:
        return bool(self._take(field, default, bool, "true or false"))

    def number(self, field: str, default: Decimal | None = ABSENT) -> Decimal | None:
        value = self._take(field, default, Number, "a number")
        return None if value is None else Decimal(str(value))

    def day(self, field: str, default: date | None = ABSENT) -> date | None:
        return self._take(field, default, date, "a day such as 2021-01-01")

    def has_list(self, field: str) -> bool:
        """Whether a list is written there, and not one value."""
        return isinstance(self._content.get(field), list)

    def codes(self, field: str) -> list[str]:
        """The codes of a mapping of code: entry, as written and without judging them."""
        content = self._content.get(field)
        return [str(code) for code in content] if isinstance(content, Mapping) else []

    def child(self, field: str, name: str) -> "Entry":
        """The mapping under a field, as an entry of its own."""
        content = self._take(field, ABSENT, dict, "a mapping of field: value")
        return Entry(self._mistakes, self.file, name, ABSENT if content is None else content)

    def children(self, field: str) -> Iterable["Entry"]:
        """The entries of a mapping of code: entry, each named by its code."""
        for code, content in self._mapping(field).items():
            yield Entry(self._mistakes, self.file, str(code), content)

    def years(self, field: str, default: Mapping[Any, Any] = ABSENT) -> Iterable[tuple[int, "Entry"]]:
        """The entries of a mapping of year: entry, each with its year."""
        for year, content in self._mapping(field, default).items():
            if isinstance(year, int):
                yield year, Entry(self._mistakes, self.file, f"{self.name}, {year}", content)
            else:
                self.mistake(f"{field} year {year!r} must be a year such as 2021")

    def rows(self, field: str, default: list[object] | None = ABSENT) -> Iterable["Entry"]:
        """The entries of a list, each named as this one."""
        for content in self._take(field, default, list, "a list") or []:
            yield Entry(self._mistakes, self.file, self.name, content)

    def word(self, field: str, words: type[Word], default: Word | None = ABSENT) -> Word | None:
        value = self._take(field, default, str, f"a word; {one_of(words)}")
        return self._word(field, value, words)

    def words(self, field: str, words: type[Word], default: tuple[Word, ...] = ABSENT) -> tuple[Word, ...]:
        if field not in self._content and default is not ABSENT:
            self._asked.add(field)
            return default
        given = self._take(field, ABSENT, list, f"a list of words; {one_of(words)}")
        if given is not None and not given:
            self.mistake(f"{field} is empty; {one_of(words)}")
        read = [self._word(field, value, words) for value in given or ()]
        known = tuple(word for word in read if word is not None)
        if len(set(known)) < len(known):
            self.mistake(f"{field} repeats a word; write each once")
        return known

    def _mapping(self, field: str, default: Mapping[Any, Any] = ABSENT) -> Mapping[Any, Any]:
        return self._take(field, default, dict, "a mapping of code: entry") or {}

    def _word(self, field: str, value: object, words: type[Word]) -> Word | None:
        if value is None:
            return None
        for word in words:
            if word == value:
                return word
        self.mistake(f"{field} '{value}' is unknown; {one_of(words)}")
        return None
