"""Drafts of a full-committee report over a published province: true ones, and ones with seeded faults.

Every figure of a true draft is read from `published` and said in one of several true ways. A fault changes one figure.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal
from io import BytesIO
from typing import NamedTuple

from docx import Document
from docx.shared import Pt, RGBColor
from sqlalchemy import Connection, text

from catalogue.check_up import Verdict
from tests.spec.drafted_province import PLANNED, WITHOUT_FIGURES, YEAR

Cell = tuple[str, str, str, str]
"""A unit, an indicator, a period, and which figure of the row."""


class Say(NamedTuple):
    """How a sentence speaks of an indicator: words with {} for the figure, and its measure word."""

    words: str
    measure: str


SAID = {
    "vol_org_mobilized_count": Say("动员{}科技志愿服务组织", "个"),
    "vol_person_mobilized_count": Say("动员{}科技志愿者", "名"),
    "sp_five_entry_activity_count": Say("开展科普“五进”活动{}", "场次"),
    "sp_five_entry_persontimes": Say("科普“五进”受益群众{}", "人次"),
    "sp_activity_count": Say("开展科普宣传活动{}", "场次"),
    "sp_audience_persontimes": Say("科普活动参与人次达到{}", "人次"),
    "sp_lecture_count": Say("举办科普讲座{}", "场"),
    "sp_lecture_persontimes": Say("科普讲座参加人次{}", "人次"),
    "sp_material_distributed_count": Say("发放科普资料{}", "份"),
    "sp_display_board_count": Say("制作展板{}", "块"),
    "sp_exhibition_count": Say("举办专题展览{}", "次"),
    "sp_consult_persontimes": Say("接受科技咨询{}", "人次"),
    "tr_practical_class_count": Say("举办农村实用技术短期培训{}", "期"),
    "tr_practical_persontimes": Say("农村实用技术培训{}", "人次"),
    "youth_activity_count": Say("组织青少年科技活动{}", "场"),
    "youth_participant_persontimes": Say("青少年科技活动参与师生{}", "人次"),
    "base_gallery_count": Say("建成科普画廊{}", "个"),
    "base_museum_visitor_persontimes": Say("科技馆接待观众{}", "人次"),
    "org_enterprise_ast_count": Say("企业科协达到{}", "个"),
    "org_enterprise_ast_new_count": Say("新建企业科协{}", "个"),
    "org_agritech_assoc_count": Say("农村专业技术协会发展到{}", "个"),
    "org_individual_member_count": Say("个人会员{}", "人"),
    "info_kpzg_registered_count": Say("科普中国信息员注册{}", "人"),
    "info_kpzg_spread_count": Say("科普中国信息传播量{}", "次"),
    "tank_academic_activity_count": Say("举办学术交流活动{}", "次"),
    "tank_advice_count": Say("报送决策咨询报告{}", "篇"),
    "fin_project_granted_amount": Say("获得科普项目奖补资金{}", "元"),
    "fin_literacy_budget": Say("财政安排科普经费{}", "元"),
    "base_modern_agri_park_count": Say("支持建设{}现代农业科普园", "个"),
    "base_rural_school_museum_count": Say("支持建设{}农村中学科技馆", "个"),
    "base_demo_community_count": Say("支持建设{}科普示范社区", "个"),
    "base_provincial_edu_base_count": Say("认定{}省级科普教育基地", "个"),
    "info_media_mv_count": Say("拍摄制作{}MV", "部"),
    "info_media_play_count": Say("网络播放量{}", "次"),
    "org_rule_made_count": Say("制定制度{}", "项"),
    "sp_sms_count": Say("发送科普短信{}", "条"),
    "sp_vehicle_dispatch_count": Say("出动科普宣传车{}", "台次"),
    "tank_foreign_expert_count": Say("邀请境外专家{}", "人"),
    "base_makerspace_count": Say("建成众创空间{}", "个"),
}  # fmt: skip

# Which indicators stand together in a sentence.
SENTENCES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("深化科技志愿服务，", ("vol_org_mobilized_count", "vol_person_mobilized_count", "sp_five_entry_activity_count")),
    ("推动科普进农村、进社区、进校园，", ("sp_five_entry_activity_count", "sp_five_entry_persontimes")),
    ("围绕全国科普日等重点活动，", ("sp_activity_count", "sp_audience_persontimes")),
    ("聚焦群众关心的话题，", ("sp_lecture_count", "sp_lecture_persontimes")),
    ("面向基层，", ("sp_material_distributed_count", "sp_display_board_count", "sp_exhibition_count")),
    ("科技人员下到田间地头，", ("sp_consult_persontimes",)),
    ("助力乡村振兴，", ("tr_practical_class_count", "tr_practical_persontimes")),
    ("关心青少年成长，", ("youth_activity_count", "youth_participant_persontimes")),
    ("打造城乡科普阵地，", ("base_gallery_count", "base_museum_visitor_persontimes")),
    ("组织体系不断健全，", ("org_enterprise_ast_count", "org_enterprise_ast_new_count", "org_agritech_assoc_count")),
    ("联系服务更加广泛，", ("org_individual_member_count",)),
    ("网络科普亮点纷呈，", ("info_kpzg_registered_count", "info_kpzg_spread_count")),
    ("学术交流更趋活跃，", ("tank_academic_activity_count", "tank_advice_count")),
    ("经费保障得到加强，", ("fin_literacy_budget", "fin_project_granted_amount")),
    ("示范创建扎实推进，", ("base_modern_agri_park_count", "base_rural_school_museum_count")),
    ("深化社区科普，", ("base_demo_community_count",)),
    ("加强基地建设，", ("base_provincial_edu_base_count",)),
    ("用青年人喜爱的方式讲述党史，", ("info_media_mv_count", "info_media_play_count")),
    ("坚持用制度管人管事，", ("org_rule_made_count",)),
)  # fmt: skip

HEADINGS = (
    "一、强化政治引领，凝聚思想共识",
    "二、服务中心大局，助力创新驱动",
    "三、提升科学素质，厚植科学土壤",
    "四、深化改革创新，建强组织体系",
)
FILLERS = (
    "坚持以新思想为指导，深入学习贯彻党的二十大精神，增强“四个意识”、坚定“四个自信”、做到“两个维护”。",
    "围绕庆祝建党100周年，扎实开展党史学习教育，把学党史、悟思想、办实事、开新局贯穿始终。",
    "严格落实八项规定精神，压实全面从严治党责任，着力为基层减负增能。",
    "总结“十三五”全民科学素质工作，印发《全民科学素质行动规划纲要实施方案（2021—2025年）》。",
)
INVENTED = (
    "建成太空育种体验馆{}座",
    "开通科普直通车专线{}条",
    "评选最美科普村寨{}个",
    "推出科普盲盒{}款",
    "发展数字科普合伙人{}名",
)

KINDS = (
    Verdict.WRONGLY_ROUNDED, Verdict.STALE, Verdict.CONTRADICTED, Verdict.WRONG_SCOPE_OR_PERIOD,
    Verdict.INCONSISTENT, Verdict.UNSUPPORTED,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Seeded:
    """A fault: what a checker should call the words, which stand in that paragraph or row."""

    verdict: Verdict
    quote: str
    passage: str
    what: str


@dataclass(slots=True)
class Written:
    """A draft under way: its paragraphs, the rows of its table, and the faults in it."""

    paragraphs: list[str] = field(default_factory=list)
    rows: list[tuple[str, ...]] = field(default_factory=list)
    faults: list[Seeded] = field(default_factory=list)

    def as_word(self, chance: random.Random) -> bytes:
        """A Word document whose runs begin and end anywhere."""
        document = Document()
        for paragraph in self.paragraphs:
            written = document.add_paragraph()
            rest = paragraph
            while rest:
                size = chance.randint(1, max(1, len(rest)))
                run = written.add_run(rest[:size])
                run.bold = chance.random() < 0.3
                run.font.size = Pt(chance.choice((12, 14, 16)))
                if chance.random() < 0.2:
                    run.font.color.rgb = RGBColor(0xC0, 0, 0)
                rest = rest[size:]
        if self.rows:
            table = document.add_table(rows=0, cols=len(self.rows[0]))
            for row in self.rows:
                for cell, words in zip(table.add_row().cells, row, strict=True):
                    cell.text = words
        target = BytesIO()
        document.save(target)
        return target.getvalue()


class Figures:
    """What is published of a province, as the office reads it."""

    def __init__(self, connection: Connection) -> None:
        self.now: dict[Cell, Decimal] = {}
        self.earlier: dict[Cell, list[Decimal]] = {}
        self.units: dict[str, tuple[str, str]] = {}
        for row in connection.execute(text("select * from published.indicator_values")):
            self.units[row.unit_code] = (row.unit_name.removesuffix("科协"), row.unit_level)
            for kind, value in (("value", row.value), ("own", row.own_value)):
                if value is not None:
                    self.now[row.unit_code, row.indicator_code, row.period, kind] = value
        for row in connection.execute(text("select * from published.progress where plan_value is not null")):
            self.now[row.unit_code, row.indicator_code, row.period, "plan"] = row.plan_value
        for row in connection.execute(text("select * from published.release_values where unit_level <> 'county'")):
            cell = (row.unit_code, row.indicator_code, row.period, "value")
            if row.value is not None and row.value != self.now.get(cell):
                self.earlier.setdefault(cell, []).append(row.value)

    def cities(self) -> list[str]:
        return [code for code, (_, level) in self.units.items() if level == "city"]


def steps(value: Decimal) -> Iterator[Decimal]:
    """Place values to which a figure of this size is rounded: its second and third digit."""
    size = len(str(int(value)))
    for digits in (2, 3):
        if size > digits:
            yield Decimal(10) ** (size - digits)


def around(value: Decimal, step: Decimal) -> tuple[Decimal, Decimal]:
    """The multiples of the step below and above."""
    times = value / step
    return times.to_integral_value(ROUND_FLOOR) * step, times.to_integral_value(ROUND_CEILING) * step


def written(value: Decimal) -> str:
    """A round number as a report writes it: in 万 where it is large."""
    if value >= 10000 and value % 100 == 0:
        return f"{(value / 10000).normalize():f}万"
    return f"{value.normalize():f}"


def true_phrases(value: Decimal, measure: str) -> list[str]:
    """Ways to say a figure that are true and tight."""
    if measure == "元":
        exact = f"{(value / 10000).normalize():f}万元"
        floor = (value / 100000).to_integral_value(ROUND_FLOOR) * 10
        return [exact, *([f"超过{floor:f}万元"] if floor * 10000 < value else [])]
    found = [f"{value.normalize():f}{measure}"]
    for step in steps(value):
        below, above = (
            (value / step).to_integral_value(ROUND_FLOOR) * step,
            (value / step).to_integral_value(ROUND_CEILING) * step,
        )
        if below < value and value >= 20:
            found += [f"{written(below)}多{measure}", f"超过{written(below)}{measure}", f"{written(below)}余{measure}"]
        if above * Decimal("0.975") <= value < above:
            found.append(f"近{written(above)}{measure}")
    return found + [f"{one}{measure}" for one in rounded(value)]


def rounded(value: Decimal) -> Iterator[str]:
    """A large figure in 万 without a hedge: to a tenth or a hundredth, or from a million on to a whole one."""
    if value >= 10000:
        for places in ("1", "0.1") if value >= 1000000 else ("0.1", "0.01"):
            yield f"{(value / 10000).quantize(Decimal(places), ROUND_HALF_UP):f}万"


def badly_rounded(value: Decimal, measure: str, chance: random.Random) -> str | None:
    """The figure rounded the wrong way, or with a hedge that it breaks."""
    if measure == "元" or value < 100:
        return None
    step = next(steps(value))
    below, above = (
        (value / step).to_integral_value(ROUND_FLOOR) * step,
        (value / step).to_integral_value(ROUND_CEILING) * step,
    )
    if below == above:
        return None
    ways = [f"超过{written(above)}{measure}", f"{written(above)}多{measure}", f"近{written(below)}{measure}"]
    if value < 10000:
        ways += [f"{written(below)}{measure}", f"{written(above)}{measure}"]
    else:
        rounded = (value / step).to_integral_value(ROUND_HALF_UP) * step
        ways.append(f"{written(above if rounded == below else below)}{measure}")
    return chance.choice(ways)


def is_true_of(phrase: str, value: Decimal, measure: str) -> bool:
    """Whether a phrase of these makers is one of the true ones of another figure, or says it all the same."""
    return phrase in true_phrases(value, measure)


class Writer:
    """Writes one draft; with `kinds` it seeds a fault of each."""

    def __init__(self, figures: Figures, seed: int, kinds: Sequence[Verdict] = ()) -> None:
        self._figures, self._chance, self._kinds = figures, random.Random(seed), list(kinds)  # noqa: S311 - examples, no secrets
        self._used: set[str] = set()
        self.draft = Written()

    def write(self) -> Written:
        """The draft: a review by sections with faults spread over it, a table, and a plan."""
        chance = self._chance
        sentences = list(SENTENCES)
        chance.shuffle(sentences)
        self._faults = self._places_of_faults(len(sentences))
        self.draft.paragraphs += ["在省科协全委会议上的工作报告", "各位委员、同志们：", f"{YEAR}年工作回顾"]
        for number, (opening, codes) in enumerate(sentences):
            if number % 5 == 0:
                self.draft.paragraphs.append(HEADINGS[number // 5 % len(HEADINGS)])
                self.draft.paragraphs.append(chance.choice(FILLERS))
            self._sentence(opening, codes, self._faults.get(number))
        self._city_examples()
        self._table()
        self._plan()
        return self.draft

    def _places_of_faults(self, sentences: int) -> dict[int, Verdict]:
        kinds = [kind for kind in self._kinds if kind is not Verdict.INCONSISTENT]
        numbers = self._chance.sample(range(sentences), len(kinds))
        self._wants_pair = Verdict.INCONSISTENT in self._kinds
        return dict(zip(numbers, kinds, strict=True))

    def _sentence(self, opening: str, codes: Sequence[str], fault: Verdict | None) -> None:
        chance = self._chance
        said = [
            code for code in codes if code not in self._used and ("P", code, str(YEAR), "value") in self._figures.now
        ]
        said = said[: chance.randint(1, len(said))] if said else []
        if not said:
            return
        self._used |= set(said)
        subject = chance.choice(("全省", f"{YEAR}年，全省", "一年来，全省各级科协", "", "全省科协系统"))
        wrong = chance.choice(said) if fault else ""
        clauses, seeded = [], None
        for code in said:
            value = self._figures.now["P", code, str(YEAR), "value"]
            phrase = chance.choice(true_phrases(value, SAID[code].measure))
            if code == wrong and fault is not None:
                made = self._faulty(fault, code, value)
                phrase, seeded = made or (phrase, None)
            clauses.append(SAID[code].words.format(phrase))
            if code != wrong and chance.random() < 0.2:
                clauses.append(self._growth("P", code))
        if fault is Verdict.UNSUPPORTED:
            clause, seeded = self._unsupported()
            clauses.append(clause)
        paragraph = f"{opening}{subject}{'，'.join(clause for clause in clauses if clause)}。"
        self.draft.paragraphs.append(paragraph)
        if seeded is not None and fault is not None:
            self.draft.faults.append(Seeded(fault, seeded[0], paragraph, seeded[1]))

    def _growth(self, unit: str, code: str) -> str:
        now = self._figures.now.get((unit, code, str(YEAR), "value"))
        last = self._figures.now.get((unit, code, str(YEAR - 1), "value"))
        if not now or not last or now == last:
            return ""
        percent = ((now - last) * 100 / last).quantize(Decimal("0.1"), ROUND_HALF_UP)
        return f"比上年{'增长' if percent > 0 else '下降'}{abs(percent)}%"

    def _faulty(self, kind: Verdict, code: str, value: Decimal) -> tuple[str, tuple[str, str]] | None:
        """The words of a fault with what was done; None where this figure cannot have one."""
        makers: dict[Verdict, Callable[[], tuple[str | None, str]]] = {
            Verdict.WRONGLY_ROUNDED: lambda: (badly_rounded(value, SAID[code].measure, self._chance), "rounding"),
            Verdict.STALE: lambda: self._stale(code),
            Verdict.CONTRADICTED: lambda: self._contradicted(code, value),
            Verdict.WRONG_SCOPE_OR_PERIOD: lambda: self._of_another(code, value),
        }
        if kind not in makers:
            return None
        phrase, what = makers[kind]()
        if phrase is None or is_true_of(phrase, value, SAID[code].measure):
            return None
        return phrase, (phrase, f"{code} {value}: {what}")

    def _stale(self, code: str) -> tuple[str | None, str]:
        values = self._figures.earlier.get(("P", code, str(YEAR), "value"))
        if not values:
            return None, ""
        value = self._chance.choice(values)
        return self._false_now(code, value), f"once {value}"

    def _contradicted(self, code: str, value: Decimal) -> tuple[str | None, str]:
        times = self._chance.choice(("0.55", "0.7", "0.8", "1.2", "1.35", "1.6", "2", "10"))
        changed = (value * Decimal(times)).to_integral_value()
        others = [other for cell, other in self._figures.now.items() if cell[1] == code]
        others += [one for cell, values in self._figures.earlier.items() if cell[1] == code for one in values]
        phrase = self._false_now(code, changed)
        # What another figure of the indicator explains is no plain contradiction.
        if changed == value or phrase is None or any(self._may_be_said_of(phrase, other) for other in others):
            return None, ""
        return phrase, f"times {times}"

    def _of_another(self, code: str, value: Decimal) -> tuple[str | None, str]:
        now = self._figures.now
        city = self._chance.choice(self._figures.cities())
        cells = [
            ("P", code, str(YEAR - 1), "value"), (city, code, str(YEAR), "value"), ("P", code, str(YEAR), "own"),
            ("P", code, str(YEAR), "plan"),
        ]  # fmt: skip
        known = [cell for cell in cells if cell in now and now[cell] != value and now[cell] > 1]
        if not known:
            return None, ""
        cell = self._chance.choice(known)
        return self._false_now(code, now[cell]), f"of {cell}"

    def _false_now(self, code: str, value: Decimal) -> str | None:
        """A true phrase of another figure that is plainly false of the published one."""
        now = self._figures.now["P", code, str(YEAR), "value"]
        measure = SAID[code].measure
        phrases = [one for one in true_phrases(value, measure) if one not in true_phrases(now, measure)]
        plain = [one for one in phrases if not self._may_be_said_of(one, now)]
        return self._chance.choice(plain) if plain else None

    def _may_be_said_of(self, phrase: str, value: Decimal) -> bool:
        """Whether a phrase is literally true of a figure, or so near that it is a matter of rounding."""
        match = re.search(r"\d+(\.\d+)?", phrase)
        assert match is not None
        number = Decimal(match[0]) * (10000 if "万" in phrase else 1)
        step = Decimal(10) ** int(number.normalize().as_tuple().exponent)
        is_floor = "超过" in phrase or (("多" in phrase or "余" in phrase) and value < number + step)
        return (is_floor and value > number) or abs(number - value) * 100 < value * 12

    def _unsupported(self) -> tuple[str, tuple[str, str]]:
        chance = self._chance
        number = f"{chance.randint(31, 990)}"
        if chance.random() < 0.5:
            words = chance.choice(INVENTED)
            return words.format(number), (number, "invented")
        code = chance.choice(WITHOUT_FIGURES)
        phrase = f"{number}{SAID[code].measure}"
        return SAID[code].words.format(phrase), (phrase, f"{code} without figure")

    def _city_examples(self) -> None:
        """One or two cities with figures of theirs; a pair of places that differ is made here, too."""
        chance, now = self._chance, self._figures.now
        for city in chance.sample(self._figures.cities(), 2):
            codes = [
                code
                for code in SAID
                if (city, code, str(YEAR), "value") in now and now[city, code, str(YEAR), "value"] > 30
            ]
            chosen = chance.sample(codes, 2)
            clauses = [
                SAID[code].words.format(
                    chance.choice(true_phrases(now[city, code, str(YEAR), "value"], SAID[code].measure))
                )
                for code in chosen
            ]
            name = self._figures.units[city][0]
            self.draft.paragraphs.append(f"各地创造了不少好做法，如{name}{'，'.join(clauses)}。")
        if self._wants_pair:
            self._repeat()

    def _repeat(self) -> None:
        """Say a figure that was said before once more, and otherwise."""
        chance = self._chance
        spoilt = {fault.what.split()[0] for fault in self.draft.faults}
        known = [code for code in self._used if code in SAID and code not in spoilt and code not in WITHOUT_FIGURES]
        chance.shuffle(known)
        for code in known:
            value = self._figures.now["P", code, str(YEAR), "value"]
            phrase, what = self._contradicted(code, value)
            if phrase is not None:
                paragraph = f"总的看，这一年全省{SAID[code].words.format(phrase)}，成绩来之不易。"
                self.draft.paragraphs.append(paragraph)
                self.draft.faults.append(
                    Seeded(Verdict.INCONSISTENT, phrase, paragraph, f"{code} {value}: said again, {what}")
                )
                return

    def _table(self) -> None:
        chance, now = self._chance, self._figures.now
        spoilt = {fault.what.split()[0] for fault in self.draft.faults}
        codes = [
            code
            for code in SAID
            if ("P", code, str(YEAR), "value") in now and SAID[code].measure != "元" and code not in spoilt
        ]
        rows: list[tuple[str, ...]] = [("主要指标", "计量单位", f"{YEAR}年", "上年")]
        for code in chance.sample(codes, 3):
            name = SAID[code].words.replace("{}", "")
            figures = (f"{now['P', code, str(year), 'value']:f}" for year in (YEAR, YEAR - 1))
            rows.append((name, SAID[code].measure, *figures))
        self.draft.rows = rows

    def _plan(self) -> None:
        """Targets of the next year; with faults wanted, one that is no plan but what was done this year."""
        chance, now = self._chance, self._figures.now
        self.draft.paragraphs.append(f"{YEAR + 1}年工作安排")
        self.draft.paragraphs.append("新的一年，重点抓好以下六个方面工作：")
        codes = [code for code in PLANNED if ("P", code, str(YEAR + 1), "plan") in now]
        chosen = chance.sample(codes, 4)
        for number, code in enumerate(chosen):
            value, done = now["P", code, str(YEAR + 1), "plan"], now["P", code, str(YEAR), "value"]
            is_wrong = number == 0 and Verdict.WRONG_SCOPE_OR_PERIOD in self._kinds and done != value
            phrase = f"{done if is_wrong else value:f}{SAID[code].measure}"
            bound = chance.choice(("", "以上")) if SAID[code].words.endswith("{}") and not is_wrong else ""
            opening = chance.choice(("力争全省", "全省计划", f"{YEAR + 1}年，全省"))
            paragraph = f"{opening}{SAID[code].words.format(phrase + bound)}。"
            self.draft.paragraphs.append(paragraph)
            if is_wrong:
                told = f"{code} plan {value}: what was done"
                self.draft.faults.append(Seeded(Verdict.WRONG_SCOPE_OR_PERIOD, phrase, paragraph, told))
