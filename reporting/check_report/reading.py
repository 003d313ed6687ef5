"""From the quantities of a draft to what it claims with them: whose figure, of which year, done or planned.

The reader of prose says what a quantity is and to which indicator it belongs. What only a draft of the full-committee
report needs is said here: that its sentences speak of the province unless they name somebody, which sections look back
and which look ahead, and that 比上年增长12% is not a figure but a comparison of two.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from catalogue.check_up import Verdict
from catalogue.model import Aggregation, Catalogue, Status
from ingestion.narrative import quantities
from ingestion.narrative.lexicon import OUTSIDE, lexicon
from ingestion.narrative.quantity import Quantity
from ingestion.narrative.text import plain
from reporting.check_report.claims import Claim, Kind, Otherwise, Sense, Target
from reporting.check_report.draft import Draft, Passage, Span
from reporting.check_report.phrase import phrase_of
from reporting.check_report.published import Unit
from reporting.check_report.subjects import Subject, Subjects, Whose, only_strong
from reporting.check_report.tables import is_prose, table_figures

_SENTENCE_ENDS = "。！？；;!?\n"
_CLAUSE_ENDS = "，,：:"
_YEAR = re.compile(r"(?<![\d—–－\-~～至])((?:19|20)\d\d)(?:年度?)(?!\s*[—–－\-~～至]\s*\d)")
_TITLE_OF_WORK = re.compile(r"《[^《》]*》")
_SENTENCE = re.compile(r"[^。！？；;!?\n]*\d[^。！？；;!?\n]*")
_LONGEST_HEADING = 30
_YEARLY = (Aggregation.FLOW, Aggregation.NEWADD, Aggregation.MONEY)
_PART = re.compile(r"-(H\d|Q\d|\d\d)$")


@dataclass(frozen=True, slots=True)
class Section:
    """What a heading says of everything below it."""

    is_plan: bool
    year: int


class _Around:
    """The words around a quantity: of its sentence, of its clause, and what follows at once."""

    def __init__(self, passage: str, start: int, end: int) -> None:
        begins = max((passage.rfind(sign, 0, start) for sign in _SENTENCE_ENDS), default=-1) + 1
        ends = min((at for sign in _SENTENCE_ENDS if (at := passage.find(sign, end)) >= 0), default=len(passage))
        self.earlier = passage[:begins]
        # A year in the name of a document says nothing of when.
        self.before = _TITLE_OF_WORK.sub(lambda title: "》" * len(title[0]), passage[begins:start])
        self.after = passage[end:ends]
        clause = max((self.before.rfind(sign) for sign in _CLAUSE_ENDS), default=-1) + 1
        self.clause = self.before[clause:]
        # In a list of figures each has words of its own: 专题展览1482次、科技咨询1900次.
        pause = self.clause.rfind("、")
        self.item = self.clause[pause + 1 :] if any(map(str.isdigit, self.clause[: pause + 1])) else self.clause
        stop = min((at for sign in _CLAUSE_ENDS + "、" if (at := self.after.find(sign)) >= 0), default=len(self.after))
        self.rest_of_clause = self.after[:stop]


class DraftReader:
    """Reads drafts of one year against that year's tree."""

    def __init__(self, catalogue: Catalogue, units: Sequence[Unit], year: int) -> None:
        self._catalogue, self._year = catalogue, year
        self._rules = catalogue.check_up
        self._words = {use: _any_of(words) for use, words in self._rules.words.items()}
        self._headings = {use: _any_of(words) for use, words in self._rules.headings.items()}
        self._lexicon = lexicon(catalogue)
        self.subjects = Subjects(units, self._rules.words)

    def claims(self, draft: Draft) -> list[Claim]:
        """What the draft claims, in its order."""
        sections = list(self._sections(draft.passages))
        found = [*self._of_prose(draft, sections), *self._of_tables(draft, sections)]
        return sorted(found, key=lambda claim: claim.span)

    def _of_prose(self, draft: Draft, sections: Sequence[Section]) -> Iterator[Claim]:
        starts = draft.starts
        # Cells with a word or a number each are no sentences, and would spoil those around them.
        text = "\n".join(
            passage.text if passage.cell is None or is_prose(passage) else " " * len(passage.text)
            for passage in draft.passages
        )
        before: list[Claim] = []
        for quantity in _also_repeated(text, quantities(text, self._catalogue, str(self._year))):
            index = bisect_right(starts, quantity.start) - 1
            passage = draft.passages[index]
            start = quantity.start - starts[index]
            span = Span(index, start, min(start + len(quantity.quote), len(passage.text)))
            around = _Around(passage.text, span.start, span.end)
            before.append(
                self._claim(
                    Claim(quantity, span, passage.place, phrase_of(quantity, self._rules.limits)),
                    around,
                    sections[index],
                    before,
                )
            )
        yield from map(_without_what_others_say, before, [before] * len(before))

    def _of_tables(self, draft: Draft, sections: Sequence[Section]) -> Iterator[Claim]:
        for figure in table_figures(draft, self._rules):
            place = draft.passages[figure.passage].place
            said: list[Claim] = []
            span = Span(figure.passage, figure.start, figure.end)
            for quantity in quantities(figure.sentence, self._catalogue, str(self._year)):
                around = _Around(figure.sentence, quantity.start, quantity.end)
                told = Claim(quantity, span, place, phrase_of(quantity, self._rules.limits))
                said.append(self._claim(told, around, sections[figure.passage], said))
            yield from (claim for claim in said if claim.quantity.start <= figure.at < claim.quantity.end)

    def _sections(self, passages: Iterable[Passage]) -> Iterator[Section]:
        section = Section(is_plan=False, year=self._year)
        for passage in passages:
            section = self._headed(passage) or section
            yield section

    def _headed(self, passage: Passage) -> Section | None:
        """The section that a passage opens, where it is a heading that says so."""
        text = passage.text.strip()
        is_short = 0 < len(text) <= _LONGEST_HEADING and not text.endswith(tuple("。；，：,;"))
        if passage.cell is not None or not (passage.is_heading or is_short):
            return None
        named = _YEAR.search(text)
        year = int(named[1]) if named else None
        if self._headings["review"].search(text) and year != self._year + 1:
            return Section(is_plan=False, year=year or self._year)
        if self._headings["plan"].search(text):
            return Section(is_plan=True, year=year or self._year + 1)
        if year is not None and self._headings["by_year"].search(text):
            return Section(is_plan=year > self._year, year=year)
        return None

    def _claim(self, told: Claim, around: _Around, section: Section, before: Sequence[Claim]) -> Claim:
        quantity = told.quantity
        if quantity.value is None and quantity.low is None and quantity.high is None:
            return replace(told, unread="数字没有写明")
        change = self._change(quantity, around)
        if change is None:
            return self._level(self._bound(told, around, before), around, section)
        return self._of_change(told, around, section, change, before)

    # ---- a figure

    def _bound(self, claim: Claim, around: _Around, before: Sequence[Claim]) -> Claim:
        """The claim, of the indicator of the figure before it where its own words name nothing: 力争达到5200场."""
        if self._own_words(around) or not before:
            return claim
        last = before[-1]
        is_near = last.span.passage == claim.span.passage and last.span.start >= claim.span.start - len(around.before)
        measure = claim.quantity.measure
        kindred = self._catalogue.language.kindred_measures.get(measure, frozenset()) | {measure}
        if not is_near or last.quantity.measure not in kindred or not last.quantity.indicator_code:
            return claim
        return replace(claim, quantity=claim.quantity._replace(indicator_code=last.quantity.indicator_code))

    def _own_words(self, around: _Around) -> str:
        """What a quantity's own words say of what is counted; empty where they only say that something is."""
        language = self._catalogue.language
        said = plain(around.item, language) + plain(around.rest_of_clause, language)
        own = re.sub(r"[\W\d_]", "", self._words["light"].sub("", self.subjects.without(said)))
        return own if len(own) >= _A_THING else ""

    def _level(self, claim: Claim, around: _Around, section: Section) -> Claim:
        quantity = claim.quantity
        indicator = self._catalogue.indicators.get(quantity.indicator_code)
        if indicator is None or indicator.code == OUTSIDE:
            indicator = None
            if why := self._why_unknown(quantity, around, section):
                return replace(claim, unread=why)
        is_mean = self._words["each"].search(around.clause[-6:]) or around.clause.endswith("各")
        if is_mean and (indicator is None or indicator.aggregation is not Aggregation.RATIO):
            return replace(claim, unread="说的是平均数或各家的数")
        is_plan, years = self._years(quantity, around, section)
        if not years:
            return replace(claim, unread="说的是别的年份，没有发布过的数可以对照")
        many = self._words["many_years"].search(around.before)
        is_yearly = indicator is None or indicator.aggregation in _YEARLY
        if many and is_yearly and not self._is_this_year(around.before[: many.end()]):
            return replace(claim, unread="说的是几年的合计，没有发布过的数可以对照")
        kind = Kind.PLAN if is_plan else Kind.VALUE
        part = _PART.search(quantity.period)
        periods = [f"{year}{part[0] if part else ''}" for year in years]
        claim = replace(claim, said=around.clause + quantity.quote + around.rest_of_clause)
        if indicator is None:
            return self._of_whom(claim, around, [""], periods, kind)
        claim = replace(claim, otherwise=self._otherwise(quantity, around, section, is_plan=is_plan))
        claim = self._of_whom(claim, around, [indicator.code, *self._others(quantity, around)], periods, kind)
        if is_plan and not section.is_plan:
            # 争取 is said of what was got, too: in a review the figure may be either.
            done = {replace(target, kind=Kind.VALUE, period=str(self._year)): None for target in claim.targets}
            claim = replace(claim, targets=(*claim.targets, *done))
        return claim

    def _others(self, quantity: Quantity, around: _Around) -> list[str]:
        """Other indicators of which the same clauses speak, and whose figure the quantity might be as well."""
        said = plain(around.before + quantity.quote + around.rest_of_clause, self._catalogue.language)
        words = {occurrence.word for occurrence in self._lexicon.words_in(said, 0, len(said))}
        names = (name for word in words for name in self._lexicon.by_word[word] if words.issuperset(name.words))
        codes = {name.indicator.code for name in names if self._lexicon.takes(name.indicator, quantity.measure)}
        return sorted(codes - {quantity.indicator_code, OUTSIDE})

    def _of_whom(
        self,
        claim: Claim,
        around: _Around,
        indicators: Sequence[str],
        periods: Sequence[str],
        kind: Kind,
        **more: object,
    ) -> Claim:
        subject, after = self._subject(around)
        if subject is not None and subject.whose is Whose.NAMELESS:
            return replace(claim, unread="说的是哪个单位，文中没有写明")
        units, kinds, is_total = self._meant(subject, after, kind)
        if not units:
            return replace(claim, unread="几个单位合在一起说，分不出各是多少")
        targets = tuple(
            Target(unit, indicator, period, one, **more)  # type: ignore[arg-type]
            for indicator in (indicators[:1] if is_total else indicators)
            for period in periods
            for one in kinds
            for unit in units
        )
        return replace(claim, targets=targets, is_total=is_total)

    def _subject(self, around: _Around) -> tuple[Subject | None, str]:
        """Whom the quantity's sentence speaks of, and the words between that name and the quantity.

        A paragraph that begins with a unit goes on about it until another is named.
        """
        named = list(only_strong(self.subjects.named_in(around.before)))
        if named:
            return named[-1], around.before[named[-1].end :]
        opening = self.subjects.named_in(around.earlier[:_OPENING])
        if opening and opening[0].whose in (Whose.UNITS, Whose.NAMELESS):
            paragraph = list(only_strong(self.subjects.named_in(around.earlier)))
            return paragraph[-1], around.before
        return None, around.before

    def _meant(self, subject: Subject | None, after: str, kind: Kind) -> tuple[tuple[str, ...], tuple[Kind, ...], bool]:
        """The units, the kinds of their figures, and whether the sum of all is meant."""
        if subject is None or subject.whose is Whose.PROVINCE:
            return (self.subjects.province.code,), (kind,), False
        if subject.whose is Whose.OWN:
            return (self.subjects.province.code,), (Kind.OWN if kind is Kind.VALUE else kind,), False
        if subject.whose is Whose.EITHER:
            both = (kind, Kind.OWN) if kind is Kind.VALUE else (kind,)
            return (self.subjects.province.code,), both, False
        is_own = kind is Kind.VALUE and self.subjects.is_own_of_city(after[:4])
        kinds = (Kind.OWN if is_own else kind,)
        if len(subject.units) == 1:
            return subject.units[0], kinds, False
        if self._words["respectively"].search(after):
            return self._nth(subject, after), kinds, False
        if self._words["and_so_on"].match(after) or any(len(unit) > 1 for unit in subject.units):
            return (), kinds, False
        return tuple(unit[0] for unit in subject.units), kinds, True

    def _nth(self, subject: Subject, after: str) -> tuple[str, ...]:
        """The unit that a quantity after 分别 belongs to: as many are before it as quantities are."""
        order = len(re.findall(r"[、，,和]", after))
        return subject.units[order] if order < len(subject.units) else ()

    # ---- of when

    def _years(self, quantity: Quantity, around: _Around, section: Section) -> tuple[bool, tuple[int, ...]]:
        """Whether a plan is meant, and of which years the figure may be; none where nothing could be published."""
        named = self._year_named(around)
        says_plan = quantity.status == Status.PLAN
        if section.is_plan:
            is_done = named is not None and named <= self._year and not self._words["plan"].search(around.clause)
            year = section.year if named is None else named
            return not is_done, (year,) if year in self._known_years else ()
        if says_plan:
            years = (named,) if named is not None else (self._year, self._year + 1)
            return True, tuple(year for year in years if year in self._known_years)
        year = section.year if named is None else named
        return False, (year,) if year in self._known_years else ()

    @property
    def _known_years(self) -> range:
        return range(self._year - _YEARS_BACK, self._year + 2)

    def _year_named(self, around: _Around) -> int | None:
        """The year that the sentence names last before the quantity, but for those it only compares with."""
        said = around.before
        if _REACHED.search(around.clause) and (start := self._words["from"].search(around.clause)):
            # 由上年的2627个增加到2825个: the second is this year's.
            said = said[: len(said) - len(around.clause) + start.start()]
        marks = {match.start(): int(match[1]) for match in _YEAR.finditer(said)}
        for use, year in (("last_year", self._year - 1), ("next_year", self._year + 1)):
            marks |= {match.start(): year for match in self._words[use].finditer(said)}
        comparing = [at for at in marks if self._is_compared_with(said, at)]
        is_base = bool(self._words["from"].search(around.clause)) and bool(_REACHING.match(around.rest_of_clause))
        named = [at for at in marks if at not in comparing or self._is_base_of_comparison(around, at)]
        if named:
            return marks[max(named)]
        return self._year - 1 if is_base else None

    def _is_compared_with(self, said: str, at: int) -> bool:
        """Whether the year at a place is one that is compared with: 比上年, 与2020年相比."""
        before = self._words["compared"].search(said[max(0, at - 2) : at]) is not None
        return before or re.match(r"[^，。、]{2,6}相比", said[at:]) is not None

    def _is_base_of_comparison(self, around: _Around, at: int) -> bool:
        """Whether the quantity is what is compared with (比上年的1200场增加…), and no result of it."""
        between = around.before[at:]
        has_change = self._words["rise"].search(between) or self._words["fall"].search(between)
        return "的" in between and not has_change and not any(sign in between for sign in _CLAUSE_ENDS)

    def _is_this_year(self, text: str) -> bool:
        return re.search(r"(今年|本年|年初|去年底|上年末)以来$", text) is not None

    # ---- a change

    def _change(self, quantity: Quantity, around: _Around) -> tuple[Sense, bool] | None:
        """Whether the quantity is a change, in percent or not, and whether it is a fall; or a share of a plan."""
        if quantity.measure == "%" and self._words["of_plan"].search(around.clause[-8:]):
            return Sense.OF_PLAN, False
        match = self._moves.search(around.clause)
        if match is None or not self._words["compared"].search(around.before):
            return None
        falls = self._words["fall"].fullmatch(match["move"]) is not None
        return (Sense.PERCENT if quantity.measure == "%" else Sense.CHANGE), falls

    @property
    def _moves(self) -> re.Pattern[str]:
        """A word of rising or falling right before the quantity, but not one that says up to where."""
        rise, fall = (self._words[use].pattern for use in ("rise", "fall"))
        return re.compile(f"(?P<move>{rise}|{fall})了?(率|幅度?)?{_HEDGES}(?:[\\d.]+[%％][、和与及]{_HEDGES})*$")

    def _of_change(
        self, claim: Claim, around: _Around, section: Section, change: tuple[Sense, bool], before: Sequence[Claim]
    ) -> Claim:
        sense, falls = change
        if self._words["not_last_year"].search(around.before + claim.quantity.quote):
            return replace(claim, unread="不是与上年的比较")
        of = self._nth_changed(claim, around, before) or self._changed(claim, before)
        indicator = of.targets[0].indicator_code if of else claim.quantity.indicator_code
        if indicator not in self._catalogue.indicators or section.is_plan:
            return replace(claim, unread="看不出是哪项指标的增减" if not section.is_plan else "说的是计划的增减")
        if of is not None:
            periods = list(dict.fromkeys(target.period for target in of.targets))
            base = periods[0] if sense is Sense.OF_PLAN else self._base(around, periods[0])
            targets = tuple(
                replace(target, sense=sense, base_period=base, falls=falls)
                for target in of.targets
                if target.kind is not Kind.PLAN
            )
            return replace(claim, targets=targets, is_total=False)
        year = self._year_named(around) or section.year
        base = str(year) if sense is Sense.OF_PLAN else self._base(around, str(year))
        return self._of_whom(
            claim, around, [indicator], [str(year)], Kind.VALUE, sense=sense, base_period=base, falls=falls
        )

    def _nth_changed(self, claim: Claim, around: _Around, before: Sequence[Claim]) -> Claim | None:
        """The figure that belongs to one of several changes after 分别: they follow in the same order."""
        respectively = self._words["respectively"].search(around.before)
        if respectively is None or claim.quantity.measure != "%":
            return None
        earlier = len(_PERCENT.findall(around.before, respectively.end()))
        all_of_them = earlier + 1 + len(_PERCENT.findall(around.after))
        levels = [
            other
            for other in before
            if other.span.passage == claim.span.passage
            and claim.span.start - len(around.before) <= other.span.start < claim.span.start
            and other.targets
            and other.targets[0].sense is Sense.LEVEL
        ]
        place = len(levels) - all_of_them + earlier
        return levels[place] if 0 <= place < len(levels) else None

    def _changed(self, claim: Claim, before: Sequence[Claim]) -> Claim | None:
        """The figure whose change this is: the last one of the same paragraph, of its indicator if it has one."""
        for other in reversed(before):
            if other.span.passage != claim.span.passage:
                return None
            if not other.targets or other.targets[0].sense is not Sense.LEVEL:
                continue
            known = claim.quantity.indicator_code
            if known in ("", OUTSIDE, other.targets[0].indicator_code):
                return other
        return None

    def _base(self, around: _Around, period: str) -> str:
        """The period with which the sentence compares: the year it names after 比, or the year before."""
        compared = [
            match for match in _YEAR.finditer(around.before)
            if self._words["compared"].search(around.before[max(0, match.start() - 2) : match.start()])
        ]  # fmt: skip
        year = int(compared[-1][1]) if compared else int(period[:4]) - 1
        return f"{year}{period[4:]}"

    # ---- what cannot be compared

    def _why_unknown(self, quantity: Quantity, around: _Around, section: Section) -> str:
        """Why a quantity without indicator is not asked about; empty where it should be backed by something."""
        is_claim = quantity.status in (Status.ACTUAL, Status.CUMULATIVE) and not section.is_plan
        following = quantity.quote + around.rest_of_clause[:6]
        is_small = quantity.value is None or abs(quantity.value) < self._rules.limits.unsupported_from
        if is_claim and not is_small and not self._words["not_counted"].search(following):
            return ""
        return "指标目录里没有这一项"

    def _otherwise(self, quantity: Quantity, around: _Around, section: Section, *, is_plan: bool) -> Otherwise | None:
        """What a quantity is that may not speak of its indicator's figure at all; None where it does."""
        if quantity.scope == "part" and not self.subjects.named_in(around.clause):
            return Otherwise(Verdict.NOT_CHECKED, "说的是其中一部分，发布的数没有单列")
        is_list = self._catalogue.indicators[quantity.indicator_code].aggregation is Aggregation.LIST
        is_joint = quantity.scope in ("joint_up", "joint_dept") and self._words["jointly"].search(around.before)
        if is_joint and not is_list:
            return Otherwise(Verdict.NOT_CHECKED, "说的是与别的单位联合开展的，发布的数没有单列")
        has_year = self._year_named(around) is not None or _REACHED.search(around.clause)
        is_reference = quantity.status == Status.REFERENCE and not has_year
        if (is_reference or quantity.status == Status.APPLIED) and not is_plan:
            return Otherwise(Verdict.NOT_CHECKED, "说的是申报数或参考数")
        if self._names_something_else(quantity, around):
            why = self._why_unknown(quantity, around, section)
            return Otherwise(Verdict.NOT_CHECKED if why else Verdict.UNSUPPORTED, why)
        return None

    def _names_something_else(self, quantity: Quantity, around: _Around) -> bool:
        """Whether the clause counts a thing of its own, and no word of it belongs to the indicator."""
        before = plain(around.item, self._catalogue.language)
        after = plain(around.rest_of_clause, self._catalogue.language)
        words = {
            occurrence.word for text in (before, after) for occurrence in self._lexicon.words_in(text, 0, len(text))
        }
        if any(
            name.indicator.code == quantity.indicator_code for word in words for name in self._lexicon.by_word[word]
        ):
            return False
        return bool(self._own_words(around))


_OPENING = 16
_A_THING = 3
_YEARS_BACK = 5
_HEDGES = "[为达约近超过逾]{0,3}"
_PERCENT = re.compile(r"\d[%％]")
_REACHED = re.compile(r"(增加|提高|上升|增长|发展|扩大|增|提升|下降|减少|降)(到|至|为)了?$")
_REACHING = re.compile(r"(增加|提高|上升|增长|增|提升|下降|减少|降)(到|至|为)")


def _also_repeated(text: str, found: Sequence[Quantity]) -> list[Quantity]:
    """The quantities with those of sentences that were said before, which the reader of prose counts once."""
    known = {quantity.start for quantity in found}
    first: dict[str, int] = {}
    repeated = []
    for sentence in _SENTENCE.finditer(text):
        original = first.setdefault(sentence[0].strip(), sentence.start())
        shift = sentence.start() - original
        repeated += [
            quantity._replace(start=quantity.start + shift, end=quantity.end + shift)
            for quantity in found
            if shift and original <= quantity.start < original + len(sentence[0])
            and quantity.start + shift not in known
        ]  # fmt: skip
    return sorted([*found, *repeated], key=lambda quantity: quantity.start)


def _without_what_others_say(claim: Claim, claims: Sequence[Claim]) -> Claim:
    """The claim without the figures that its paragraph gives in other places: those it can only mean once."""
    said = {
        other.targets[0].indicator_code
        for other in claims
        if other.span.passage == claim.span.passage and other is not claim and other.targets
    }
    if not claim.targets or claim.is_total:
        return claim
    meant = claim.targets[0].indicator_code
    kept = (target for target in claim.targets if target.indicator_code == meant or target.indicator_code not in said)
    return replace(claim, targets=tuple(kept))


def _any_of(words: Iterable[str]) -> re.Pattern[str]:
    return re.compile("|".join(map(re.escape, sorted(words, key=len, reverse=True))))
