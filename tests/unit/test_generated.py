"""What is derived from the catalogue is what the repository holds, and says what the catalogue says."""

import csv
import io
from pathlib import Path

import pytest
import yaml

from catalogue.generate import GENERATORS, drift, generate, main, write
from catalogue.load import FOLDER, load
from catalogue.model import Catalogue, Level, UnitType
from orchestration.dag_index import dag_index

ROOT = FOLDER.parent
SEEDS = "dbt_project/seeds"


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load()


@pytest.fixture(scope="module")
def files(catalogue: Catalogue) -> dict[str, str]:
    return generate(catalogue)


def test_the_generated_files_are_current(files: dict[str, str]) -> None:
    assert drift(ROOT, files) == []


def test_no_file_is_generated_twice(catalogue: Catalogue, files: dict[str, str]) -> None:
    assert sum(len(generator(catalogue)) for generator in GENERATORS.values()) == len(files)


def test_check_names_each_drifted_file_and_leaves_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([], root=tmp_path) == 0
    (tmp_path / SEEDS / "indicators.csv").write_text("by hand\n", encoding="utf-8")
    (tmp_path / "docs" / "data_dictionary.md").unlink()
    capsys.readouterr()

    assert main(["--check"], root=tmp_path) == 1

    assert capsys.readouterr().out.splitlines() == [
        f"{SEEDS}/indicators.csv differs from its source; run: python -m catalogue.generate",
        "docs/data_dictionary.md differs from its source; run: python -m catalogue.generate",
    ]
    assert (tmp_path / SEEDS / "indicators.csv").read_text(encoding="utf-8") == "by hand\n"


def test_generating_again_repairs_the_drift_and_then_finds_nothing_to_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main([], root=tmp_path)
    (tmp_path / SEEDS / "codelists.csv").write_text("by hand\n", encoding="utf-8")
    capsys.readouterr()
    assert (main([], root=tmp_path), capsys.readouterr().out) == (0, f"wrote {SEEDS}/codelists.csv\n")
    assert (main(["--check"], root=tmp_path), capsys.readouterr().out) == (0, "")


def test_a_file_with_windows_line_ends_has_drifted(tmp_path: Path) -> None:
    write(tmp_path, {"a.csv": "x\ny\n"})
    (tmp_path / "a.csv").write_bytes(b"x\r\ny\r\n")
    assert drift(tmp_path, {"a.csv": "x\ny\n"}) == ["a.csv"]


def test_every_seed_column_has_a_type_and_a_description(files: dict[str, str]) -> None:
    documented = yaml.safe_load((ROOT / SEEDS / "_seeds.yml").read_text(encoding="utf-8"))["seeds"]
    headers = {path: next(csv.reader(io.StringIO(text))) for path, text in files.items() if path.endswith(".csv")}
    assert {f"{SEEDS}/{seed['name']}.csv": list(seed["config"]["column_types"]) for seed in documented} == headers
    assert {f"{SEEDS}/{seed['name']}.csv": [c["name"] for c in seed["columns"]] for seed in documented} == headers


def test_the_indicators_seed_has_one_row_per_indicator(files: dict[str, str], catalogue: Catalogue) -> None:
    rows = _rows(files, "indicators")
    assert [row["indicator_code"] for row in rows] == list(catalogue.indicators)
    by_code = {row["indicator_code"]: row for row in rows}
    assert by_code["fin_literacy_budget"]["unit_of_account"] == "0.01"
    assert by_code["tr_exam_pass_rate"] == {
        "indicator_code": "tr_exam_pass_rate",
        "indicator_name": "考试合格率",
        "measure": "%",
        "form": "rural_training",
        "theme": "train",
        "aggregation": "ratio",
        "over_time": "parts",
        "owner_level": "",
        "distinct_by": "",
        "numerator": "tr_exam_passed_count",
        "denominator": "tr_exam_taken_count",
        "collect": "computed",
        "unit_of_account": "1",
        "sort_order": by_code["tr_exam_pass_rate"]["sort_order"],
    }


def test_the_expectations_seed_says_of_whom_each_indicator_is_expected(
    files: dict[str, str], catalogue: Catalogue
) -> None:
    rows = [(row["indicator_code"], row["level"], row["unit_type"]) for row in _rows(files, "indicator_expectations")]
    asked = [(i.code, level, kind) for level in Level for kind in UnitType for i in catalogue.asked_of(level, kind)]
    assert sorted(rows) == sorted(asked)
    assert [row for row in rows if row[0] == "org_rule_made_count"] == [
        ("org_rule_made_count", "province", "territorial")
    ]


def test_the_statuses_seed_ranks_them_in_the_indicators_order(files: dict[str, str]) -> None:
    ranked = [row for row in _rows(files, "indicator_statuses") if row["indicator_code"] == "ref_resident_population"]
    assert [(row["rank"], row["status"]) for row in ranked] == [
        ("1", "actual"),
        ("2", "provisional"),
        ("3", "reference"),
        ("4", "cumulative"),
    ]


def test_the_parts_of_a_year_lie_within_their_parents_and_cover_them(files: dict[str, str]) -> None:
    parts = {row["part"]: row for row in _rows(files, "year_parts")}
    assert len(parts) == 1 + 2 + 4 + 12
    for code, part in parts.items():
        children = [p for p in parts.values() if p["parent"] == code]
        months = [month for child in children for month in _months(child)]
        assert months in ([], _months(part))
    assert [code for code, part in parts.items() if not part["parent"]] == ["year"]
    assert parts["08"]["parent"] == "Q3"


def test_no_seed_holds_the_word_that_dbt_loads_as_null(files: dict[str, str]) -> None:
    tables = [text for path, text in files.items() if path.endswith(".csv")]
    assert not [row for text in tables for row in csv.reader(io.StringIO(text)) if "null" in map(str.lower, row)]


def test_the_dictionary_names_every_form_and_indicator(files: dict[str, str], catalogue: Catalogue) -> None:
    text = files["docs/data_dictionary.md"]
    assert [form.title for form in catalogue.forms.values() if f"{form.number} {form.title}" not in text] == []
    assert [i.code for i in catalogue.indicators.values() if f"| {i.name_zh} | `{i.code}` |" not in text] == []


def test_every_table_row_of_the_dictionary_has_the_columns_of_its_heading(files: dict[str, str]) -> None:
    rows = [line for line in files["docs/data_dictionary.md"].splitlines() if line.startswith("|")]
    assert {row.replace("\\|", "").count("|") for row in rows} == {4, 6, 11}


def test_the_index_of_the_dags_names_every_dag_with_its_schedule_and_tasks(files: dict[str, str]) -> None:
    text = files["docs/dags.md"]
    sections = [line.removeprefix("## ") for line in text.splitlines() if line.startswith("## ")]
    assert sections == sorted(path.stem for path in (ROOT / "dags").glob("*.py"))
    assert "| `*/5 * * * *`；`inbox` 有更新时 | 数据组 | 收报 |" in text
    assert "| `0 0 1 1 *` | 数据组 | 汇总 |" in text
    tasks = [line for line in text.splitlines() if line.startswith("| `")]
    assert "| `completeness` | 该年度应报的报表到了多少、缺哪些单位。只说明，不阻断。 |" in tasks
    assert [line for line in tasks if line.endswith("|  |")] == []


def test_the_index_reads_a_dag_that_names_everything_itself(tmp_path: Path) -> None:
    (tmp_path / "nightly.py").write_text(NIGHTLY, encoding="utf-8")
    text = dag_index(tmp_path)["docs/dags.md"]
    assert "| [nightly](#nightly) | 每夜 | 手工 | 甲 | 乙、丙 |" in text
    assert [line for line in text.splitlines() if line.startswith("| `")] == ["| `first` | 先 |", "| `second` | 后 |"]


NIGHTLY = """
from airflow.sdk import dag, task


@task(doc_md="后")
def second(): ...


@task(task_id="first", doc_md="先")
def begin(): ...


@dag(schedule=None, description="每夜", tags=["乙", "丙"], default_args={"owner": "甲"})
def nightly():
    begin() >> second()
"""


def _rows(files: dict[str, str], seed: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(files[f"{SEEDS}/{seed}.csv"])))


def _months(part: dict[str, str]) -> list[int]:
    return list(range(int(part["first_month"]), int(part["last_month"]) + 1))
