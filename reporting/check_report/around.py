"""The words around a quantity of a draft."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

_SENTENCE_ENDS = "。！？；;!?\n"
_CLAUSE_ENDS = "，,：:"
_SPEAKS_OF_NOTHING = re.compile(r"《[^《》]*》|（如[^（）]*）")


class Around:
    """The words of a quantity's sentence before and after it, of its clause, and of its place in a list.

    A year in the name of a document says nothing of when, and places given as examples of one figure (如甲市、乙市) own
    none of those that follow: both are blotted out.
    """

    def __init__(self, passage: str, start: int, end: int) -> None:
        begins = max((passage.rfind(sign, 0, start) for sign in _SENTENCE_ENDS), default=-1) + 1
        self.earlier = passage[:begins]
        self.before = _SPEAKS_OF_NOTHING.sub(lambda found: found[0][-1] * len(found[0]), passage[begins:start])
        self.quote = passage[start:end]
        self.after = passage[end : _first(passage, _SENTENCE_ENDS, end)]
        self.clause = self.before[max((self.before.rfind(sign) for sign in _CLAUSE_ENDS), default=-1) + 1 :]
        # In a list of figures each has words of its own: 专题展览1482次、科技咨询1900次.
        pause = self.clause.rfind("、")
        self.item = self.clause[pause + 1 :] if any(map(str.isdigit, self.clause[: pause + 1])) else self.clause
        self.rest_of_clause = self.after[: _first(self.after, f"{_CLAUSE_ENDS}、", 0)]

    @property
    def said(self) -> str:
        """The whole clause."""
        return self.clause + self.quote + self.rest_of_clause


def _first(text: str, signs: str, start: int) -> int:
    return min((at for sign in signs if (at := text.find(sign, start)) >= 0), default=len(text))


class Words:
    """The word lists of `catalogue/check_up.yaml`, each as a pattern that finds the longest word first."""

    def __init__(self, lists: Mapping[str, Iterable[str]]) -> None:
        self._patterns = {
            use: re.compile("|".join(map(re.escape, sorted(words, key=len, reverse=True))))
            for use, words in lists.items()
        }

    def __getitem__(self, use: str) -> re.Pattern[str]:
        return self._patterns[use]

    def are_in(self, use: str, text: str) -> bool:
        """Whether a text has one of the words."""
        return self._patterns[use].search(text) is not None


def _any_of(words: Iterable[str]) -> re.Pattern[str]:
    return re.compile("|".join(map(re.escape, sorted(words, key=len, reverse=True))))
