"""Words are found in a text however many there are and however they overlap."""

import re

from hypothesis import given
from hypothesis import strategies as st

from catalogue.load import load
from ingestion.narrative.lexicon import lexicon
from ingestion.narrative.words import any_of

LISTS = st.lists(st.text("甲乙丙.(", min_size=1, max_size=4), min_size=1, max_size=8)


@given(words=LISTS, text=st.text("甲乙丙.(", max_size=12))
def test_a_pattern_of_words_finds_the_longest_of_them_and_then_the_next(words: list[str], text: str) -> None:
    left, wanted = text, []
    while left:
        begins = [word for word in words if left.startswith(word)]
        wanted += [max(begins, key=len)] if begins else []
        left = left[len(wanted[-1]) if begins else 1 :]
    assert re.findall(any_of(words), text) == wanted


@given(data=st.data())
def test_every_name_is_found_wherever_it_stands_in_a_sentence(data: st.DataObject) -> None:
    words = sorted(lexicon(load()).by_word)
    said = data.draw(st.lists(st.one_of(st.sampled_from(words), st.sampled_from(["12场", "，", "的"])), max_size=8))
    text = "".join(said)
    found = {(first, last) for _, first, last, *_ in lexicon(load()).words_in(text, 0, len(text))}
    at = 0
    for word in said:
        longer = any(first <= at and last >= at + len(word) for first, last in found)
        assert longer or word not in words, (word, text)
        at += len(word)


def test_a_word_within_a_longer_one_is_known_as_a_part_of_it() -> None:
    text = "农村中学科技馆"
    parts = {word: (inner, ends) for word, _, _, inner, ends in lexicon(load()).words_in(text, 0, len(text))}
    assert parts["农村中学科技馆"] == (False, False)
    assert parts["科技馆"] == (True, True)
