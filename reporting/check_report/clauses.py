"""What the clause of a quantity counts: the indicators that its words name, or a thing of its own."""

from __future__ import annotations

import re

from catalogue.model import Catalogue
from ingestion.narrative.lexicon import OUTSIDE, lexicon
from ingestion.narrative.quantity import Quantity
from ingestion.narrative.text import plain
from reporting.check_report.around import Around, Words
from reporting.check_report.subjects import Subjects

_A_THING = 3
"""With fewer characters than these nothing is named."""


class Clauses:
    """Looks for the words by which prose speaks of indicators."""

    def __init__(self, catalogue: Catalogue, words: Words, subjects: Subjects) -> None:
        self._language, self._words, self._subjects = catalogue.language, words, subjects
        self._lexicon = lexicon(catalogue)

    def other_indicators(self, quantity: Quantity, around: Around) -> list[str]:
        """Other indicators of which the same sentence has spoken, and whose figure the quantity might be as well."""
        words = self._words_in(around.before + around.quote + around.rest_of_clause)
        names = (name for word in words for name in self._lexicon.by_word[word] if words.issuperset(name.words))
        codes = {name.indicator.code for name in names if name.takes(quantity.measure)}
        return sorted(codes - {quantity.indicator_code, OUTSIDE})

    def named_outright(self, quantity: Quantity, around: Around) -> str:
        """The indicator that the quantity's own words name in full, by the longest name; empty for none."""
        words = self._words_in(around.item + around.quote + around.rest_of_clause)
        names = [
            name
            for word in words
            for name in self._lexicon.by_word[word]
            if words.issuperset(name.words) and name.takes(quantity.measure)
        ]
        codes = {name.indicator.code for name in names}
        if not names or quantity.indicator_code in codes or OUTSIDE in codes:
            return ""
        return max(names, key=lambda name: sum(map(len, name.words))).indicator.code

    def named_before(self, around: Around) -> str:
        """The indicator that the sentence names by the longest name before the quantity; empty for none."""
        words = self._words_in(around.before)
        names = [name for word in words for name in self._lexicon.by_word[word] if words.issuperset(name.words)]
        longest = max(names, key=lambda name: sum(map(len, name.words)), default=None)
        return longest.indicator.code if longest and longest.indicator.code != OUTSIDE else ""

    def name_nothing(self, around: Around) -> bool:
        """Whether the clause only says that something is so many: 力争达到5200场."""
        said = plain(around.item, self._language) + plain(around.rest_of_clause, self._language)
        own = self._words["light"].sub("", self._subjects.without(said))
        return len(re.sub(r"[\W\d_]", "", own)) < _A_THING

    def name_something_else(self, quantity: Quantity, around: Around) -> bool:
        """Whether the clause counts a thing of its own, and no word of it belongs to the quantity's indicator."""
        words = self._words_in(around.item) | self._words_in(around.rest_of_clause)
        codes = {name.indicator.code for word in words for name in self._lexicon.by_word[word]}
        return quantity.indicator_code not in codes and not self.name_nothing(around)

    def _words_in(self, text: str) -> set[str]:
        said = plain(text, self._language)
        return {word for word, *_ in self._lexicon.words_in(said, 0, len(said))}
