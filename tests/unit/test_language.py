"""An office teaches the reader in YAML; a mistake there is named with its entry and what would be right."""

import shutil
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from catalogue.load import FOLDER, CatalogueError, load
from catalogue.model import Combine
from catalogue.read_prose import default_names
from ingestion.narrative import parse_quantity, quantities

LANGUAGE, YOUTH = "number_language.yaml", "forms/youth.yaml"
Edit = Callable[[dict[str, Any]], object]


def _copy(folder: Path) -> Path:
    return Path(shutil.copytree(FOLDER, folder / "catalogue", ignore=shutil.ignore_patterns("__pycache__", "*.py")))


def _edit(folder: Path, file: str, edit: Edit) -> None:
    content = yaml.safe_load((folder / file).read_text(encoding="utf-8"))
    edit(content)
    (folder / file).write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False), encoding="utf-8")


def _in_prose(**fields: object) -> Edit:
    return lambda form: form["indicators"]["youth_activity_count"]["prose"].update(fields)


# ---- taught


def test_an_indicator_is_taught_another_name_and_measure(tmp_path: Path) -> None:
    folder, text = _copy(tmp_path), "举办小小发明家集市7摊"
    assert quantities(text, load(folder)) == []
    _edit(folder, LANGUAGE, lambda it: it["measures"].update({"摊": ["摊"]}))
    _edit(folder, YOUTH, _in_prose(names=["小小发明家集市"], measures=["摊"]))
    (one,) = quantities(text, load(folder))
    assert (one.quote, one.indicator_code, one.value) == ("7摊", "youth_activity_count", Decimal(7))


def test_a_hedge_is_taught_with_what_it_does_to_the_bounds(tmp_path: Path) -> None:
    folder = _copy(tmp_path)
    hedge = {"word": "几近", "position": "before", "effect": "below", "qualifier": "nearly"}
    _edit(folder, LANGUAGE, lambda it: it["hedges"].append(hedge))
    stated = parse_quantity("几近3000份", load(folder).language)
    assert stated is not None
    assert (stated.value, stated.low, stated.high) == (Decimal(3000), Decimal(2700), Decimal(3000))


def test_a_slogan_is_taught_to_be_no_quantity(tmp_path: Path) -> None:
    folder, text = _copy(tmp_path), "推进三场硬仗"
    assert [one.quote for one in quantities(text, load(folder))] == ["三场"]
    _edit(folder, LANGUAGE, lambda it: it["names"].append("三场硬仗"))
    assert quantities(text, load(folder)) == []


def test_without_an_entry_an_indicators_own_name_and_measure_hold(tmp_path: Path) -> None:
    folder = _copy(tmp_path)
    _edit(folder, YOUTH, lambda form: form["indicators"]["youth_activity_count"].pop("prose"))
    (one,) = quantities("青少年科技活动9场", load(folder))
    assert one.indicator_code == "youth_activity_count"


@pytest.mark.parametrize(
    ("name", "names"),
    [
        ("科普(宣传)活动场次", (("科普活动",),)),
        ("科技馆/科普场馆数", (("科技馆",), ("科普场馆",))),
        ("考试合格率", (("考试合格率",),)),
        ("注册科技志愿服务组织(队伍)数", (("注册科技志愿服务组织",),)),
    ],
)
def test_a_name_in_prose_is_the_name_without_brackets_and_what_is_counted(name: str, names: object) -> None:
    assert default_names(name) == names


def test_flows_add_up_and_other_kinds_ask() -> None:
    indicators = load().indicators
    assert indicators["sp_lecture_count"].prose.combine is Combine.SUM
    assert indicators["fin_literacy_budget"].prose.combine is Combine.SUM
    assert indicators["org_enterprise_ast_count"].prose.combine is Combine.ASK
    assert indicators["contest_rank"].prose.combine is Combine.ASK


# ---- mistakes


def _in_hedge(**fields: object) -> Edit:
    return lambda it: it["hedges"][0].update(fields)


def _in_pattern(pattern: str) -> Edit:
    return lambda it: it["not_quantities"][0].update(pattern=pattern)


MISTAKES: list[tuple[str, Edit, str]] = [
    (LANGUAGE, _in_hedge(effect="more"), "number_language.yaml: effect 'more' is unknown; use one of: none, above"),
    (LANGUAGE, _in_hedge(position="under"), "position 'under' is unknown; use one of: before, inside, after"),
    (LANGUAGE, _in_hedge(qualifier="sure"), "qualifier 'sure' is unknown; use one of: exact, approx"),
    (LANGUAGE, _in_hedge(not_in=["多余的"]), "not_in '多余的' does not end with '余'; give longer words that do"),
    (LANGUAGE, _in_pattern("[0-9]+"), "pattern '[0-9]+' repeats without end; bound it, such as {1,9} instead of +"),
    (LANGUAGE, _in_pattern("(一"), "pattern '(一' is no regular expression"),
    (LANGUAGE, lambda it: it["measures"]["人"].append("场"), "'场' is written for 人 and for 场; keep one"),
    (LANGUAGE, lambda it: it["exact_measures"].append("斤"), "exact_measures '斤' is no measure; use one of: "),
    (LANGUAGE, lambda it: it["measure_traps"].update({"斤": ["两"]}), "'斤' is no spelling of a measure; use one of"),
    (LANGUAGE, lambda it: it["kindred_measures"].append(["斤"]), "kindred_measures '斤' is no measure; use one of"),
    (LANGUAGE, lambda it: it["kindred_measures"].append([]), "kindred_measures must be a list of lists of texts"),
    (LANGUAGE, lambda it: it["variants"].update({"兩個": "两"}), "'兩個: 两' must be one sign for one sign"),
    (LANGUAGE, lambda it: it["digits"].pop(), "digits has 9 rows; give ten, the signs for 0 to 9 in order"),
    (LANGUAGE, lambda it: it["names"].append("三农"), "names repeats '三农'; write each once"),
    (LANGUAGE, lambda it: it.pop("ranks"), "field 'ranks' is missing; give a list of texts"),
    (LANGUAGE, lambda it: it["statuses"][0].update(status="done"), "status 'done' is unknown; use one of: actual"),
    (LANGUAGE, lambda it: it["scopes"][0].update(reach="far"), "reach 'far' is unknown; use one of: clause"),
    (YOUTH, _in_prose(measures=["斤"]), "youth_activity_count, prose: '斤' is no measure of number_language.yaml; add"),
    (YOUTH, _in_prose(parts="nothing"), "prose: parts 'nothing' is no indicator; use the code of one"),
    (YOUTH, _in_prose(combine="add"), "prose: combine 'add' is unknown; use one of: sum, part_of, ask"),
    (YOUTH, _in_prose(synonyms=["活动"]), "prose: field 'synonyms' is unknown; use one of: by_measure, combine"),
]


@pytest.mark.parametrize(("file", "edit", "sentence"), MISTAKES, ids=[sentence[:60] for _, _, sentence in MISTAKES])
def test_a_mistake_is_named_with_its_entry_and_remedy(file: str, edit: Edit, sentence: str, tmp_path: Path) -> None:
    folder = _copy(tmp_path)
    _edit(folder, file, edit)
    with pytest.raises(CatalogueError) as mistake:
        load(folder)
    assert sentence in str(mistake.value)
