"""What a judgement is called and explained as, in Chinese: for the comment, the table and the terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from catalogue.check_up import Verdict
from catalogue.model import Catalogue
from ingestion.wording import figure as written
from ingestion.wording import period as spoken_period
from reporting.check_report.claims import Claim, Kind, Sense, Target
from reporting.check_report.judge import Judgement
from reporting.check_report.published import Asked, Fit, Unit
from reporting.figures import Figure, shown
from reporting.moments import shown as shown_moment

_KINDS = {Kind.VALUE: "", Kind.OWN: "本级", Kind.CLAIMED: "自报含下级", Kind.COMPUTED: "汇总", Kind.PLAN: "计划"}
# The style of `catalogue/wordings.yaml` for what is computed of figures.
_RATE = "rate"
_MOVES = {False: "增加", True: "减少"}


@dataclass(frozen=True, slots=True)
class Marked:
    """One figure of the draft as the office reads of it."""

    number: int
    quote: str
    place: str
    reading: str
    published: str
    verdict: Verdict
    label: str
    reason: str
    true_phrase: str

    @property
    def comment(self) -> str:
        """The words of the comment at the figure."""
        told = [f"第{self.number}处【{self.label}】{self.reason}"]
        if self.published:
            told.append(f"{self.reading}：{self.published}。")
        if self.true_phrase:
            told.append(f"可写：{self.true_phrase}。")
        return "".join(told)


class Sentences:
    """Words for the judgements of one draft."""

    def __init__(self, catalogue: Catalogue, units: Mapping[str, Unit]) -> None:
        self._catalogue, self._units = catalogue, units

    def marked(self, claims: Sequence[Claim], judged: Sequence[Judgement], phrases: Sequence[str]) -> list[Marked]:
        """Every figure with its verdict, in the draft's order."""
        labels = self._catalogue.check_up.labels
        return [
            Marked(
                number=number,
                quote=claim.quantity.quote,
                place=claim.place,
                reading=self.reading(claim, one),
                published=self._published(one),
                verdict=one.verdict,
                label=labels[one.verdict],
                reason=self._reason(claim, one, claims),
                true_phrase=phrase if one.verdict is not Verdict.RIGHT else "",
            )
            for number, (claim, one, phrase) in enumerate(zip(claims, judged, phrases, strict=True), 1)
        ]

    def reading(self, claim: Claim, one: Judgement) -> str:
        """How the figure was understood: whose, when and what."""
        target = one.target or next(iter(claim.targets), None)
        if target is not None and target.indicator_code:
            return self._meaning(target, is_total=claim.is_total)
        indicator = self._catalogue.indicators.get(claim.quantity.indicator_code)
        return indicator.name_zh if indicator and indicator.code != "other" else "不在指标目录内"

    def asked(self, one: Judgement) -> Asked:
        """For what true phrases are wanted: a figure of which the draft says something else."""
        target = one.target
        if one.verdict is Verdict.RIGHT or target is None or one.figure.is_missing:
            return Asked(one.figure)
        if target.sense in (Sense.PERCENT, Sense.OF_PLAN):
            return Asked(one.figure, "%", _RATE)
        indicator = self._catalogue.indicators[target.indicator_code]
        lines = [line for line in self._catalogue.report_lines.values() if line.indicators == (indicator.code,)]
        if lines:
            return Asked(one.figure, lines[0].counter, lines[0].style)
        kind = (indicator.aggregation, indicator.theme, indicator.measure)
        return Asked(one.figure, indicator.measure, self._catalogue.wordings.usual_style(*kind))

    def _meaning(self, target: Target, *, is_total: bool = False) -> str:
        name = self._catalogue.indicators[target.indicator_code].name_zh
        whose = "几个单位合计" if is_total else self._whose(target.unit_code)
        told = f"{whose} {spoken_period(target.period)}{_KINDS[target.kind]}“{name}”"
        if target.sense is Sense.OF_PLAN:
            return f"{told}完成年度计划的百分比"
        if target.sense is Sense.LEVEL:
            return told
        return f"{told}比{spoken_period(target.base_period)}{_MOVES[target.falls]}"

    def _whose(self, code: str) -> str:
        unit = self._units.get(code)
        if unit is None:
            return code
        return "全省" if not unit.superior else unit.name

    def _published(self, one: Judgement) -> str:
        if one.target is None or one.figure.is_missing:
            return ""
        return f"{self._shown(one.figure)}{self._measure(one.target)}"

    def _shown(self, figure: Figure) -> str:
        return shown(*(None if part is None else part.normalize() for part in figure))

    def _measure(self, target: Target) -> str:
        if target.sense in (Sense.PERCENT, Sense.OF_PLAN):
            return "%"
        return self._catalogue.indicators[target.indicator_code].measure

    def _reason(self, claim: Claim, one: Judgement, claims: Sequence[Claim]) -> str:
        told = self._explained(claim, one)
        if one.others:
            places = "、".join(f"第{n + 1}处“{claims[n].quantity.quote}”（{claims[n].place}）" for n in one.others)
            told += f"同一件事，与{places}说法不一。"
        return told

    def _explained(self, claim: Claim, one: Judgement) -> str:
        match one.verdict:
            case Verdict.RIGHT:
                return f"{one.reason}。" if one.reason else ""
            case Verdict.STALE if one.once is not None:
                released = f"，定稿 {one.once.release} 用的就是它" if one.once.release else ""
                return f"与 {shown_moment(one.once.at)} 发布的数相符{released}；此后已更正。"
            case Verdict.WRONGLY_ROUNDED:
                return f"数接近，但取整或“近、超过、多”用得不对{self._difference(claim, one)}。"
            case Verdict.WRONG_SCOPE_OR_PERIOD if one.fit is not None:
                return f"这是{self._fit(one.fit, one)}的数，不是这里说的{self._difference(claim, one)}。"
            case Verdict.INCONSISTENT | Verdict.CONTRADICTED:
                return f"与发布的数不符{self._difference(claim, one)}。"
            case Verdict.UNSUPPORTED if one.target is None or not one.target.indicator_code:
                return "指标目录里没有这一项，系统里没有这个数，请另附依据。"
            case Verdict.UNSUPPORTED:
                return "这项指标没有发布过这个数，请另附依据。"
            case _:
                return f"{one.reason}。" if one.reason else ""

    def _difference(self, claim: Claim, one: Judgement) -> str:
        """By how much the written number is more or less than the published one."""
        base, number = claim.phrase.base, one.figure.point
        if base is None or number is None or one.target is None or base == number:
            return ""
        measure = "个百分点" if self._measure(one.target) == "%" else self._measure(one.target)
        return f"，写的{'多' if base > number else '少'} {written(_plain(abs(base - number)))}{measure}"

    def _fit(self, fit: Fit, one: Judgement) -> str:
        kind = _KINDS[fit.kind] or ("采用" if one.target is not None and one.target.kind is not Kind.VALUE else "")
        return f"{self._whose(fit.unit.code)} {spoken_period(fit.period)}{kind}（{written(_plain(fit.figure))}）"


def _plain(number: Decimal) -> Decimal:
    return number.normalize()
