"""A preview says exactly what sending a file would change, and leaves nothing behind: row, number, file, relation."""

import csv
import hashlib
import os
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO, StringIO
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlalchemy import Engine, text
from typer.testing import CliRunner

from catalogue.load import load as load_catalogue
from ingestion.collect import collect
from ingestion.landing import submit
from ingestion.units import load as load_units
from kexie.cli import app
from kexie.database import acting, ready
from kexie.errors import UserError
from kexie.home import Home
from kexie.roles import DBT, KEPT, PREVIEW, Role
from pipeline import preview as preview_steps
from pipeline import preview_schemas
from pipeline.locks import building
from pipeline.preview import Preview, preview
from reporting.foreseen import SHOWN, Row
from reporting.foreseen_text import DESCRIBING, LABELS, UNTOLD, csv_lines, lines, summary
from reporting.publish import RELATIONS, history_columns
from reporting.release import Approval, release_year
from tests.conftest import NewDatabase
from tests.integration.office import Office, quietly

LECTURES, VOLUNTEERS = "sp_lecture_count", "vol_person_mobilized_count"
CATALOGUE = load_catalogue()
COLUMNS = "unit_code,form,period,indicator_code,scope,value,status\n"
KILLED = 9

UNITS = """\
unit_code,name,level,unit_type,parent_code,valid_from,valid_to
P,示例省科协,province,territorial,,2000-01-01,
C,甲市科协,city,territorial,P,2000-01-01,
A,甲一县科协,county,territorial,C,2000-01-01,
B,甲二县科协,county,territorial,C,2000-01-01,2022-03-01
E,甲新县科协,county,territorial,C,2022-03-01,
D,甲三县科协,county,territorial,C,2000-01-01,2021-07-01
"""
EVENTS = "event_date,kind,from_code,to_code,weight\n2021-07-01,merge,D,A,\n2022-03-01,rename,B,E,\n"

FORKS = get_context("forkserver")
FORKS.set_forkserver_preload(["dbt.cli.main", __name__])

Keyed = dict[tuple[Any, ...], Row]


def a_file(office: Office, name: str, *rows: str) -> Path:
    """A CSV of rows such as `A 2021 sp_lecture_count own 10`, with a status where a row has a sixth word."""
    fields = (row.split() for row in rows)
    written = (f"{unit},,{period},{code},{scope},{value},{''.join(status)}\n"
               for unit, period, code, scope, value, *status in fields)  # fmt: skip
    file = office.home.root / name
    file.write_text(COLUMNS + "".join(written), encoding="utf-8")
    return file


def collected(office: Office, file: Path, submitter: str) -> dict[str, int]:
    submit(office.home, [file], submitter)
    with acting(office.home, Role.INGEST) as engine:
        return dict(collect(office.home, engine, CATALOGUE, quietly).outcomes)


def everything(office: Office) -> dict[str, Any]:
    """Every row with the transaction that wrote it, where each sequence stands, every file, and what schemas hold."""
    with office.engine.connect() as connection:
        tables: list[str] = list(connection.scalars(text(TABLES), {"schemas": [*KEPT, *DBT, *PREVIEW]}))
        rows = {
            table: connection.scalar(
                text(f"select md5(string_agg(xmin::text || t::text, '|' order by ctid)) from {table} t")
            )
            for table in tables
        }
        sequences = [tuple(row) for row in connection.execute(text(SEQUENCES))]
    folders = [Path(office.home.inbox.path), Path(office.home.outbox.path), office.home.archive]
    files = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    hashes = {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
    return {"rows": rows, "sequences": sequences, "files": hashes}


TABLES = """
    select format('%I.%I', nspname, relname) from pg_class join pg_namespace on pg_namespace.oid = relnamespace
    where nspname = any(:schemas) and relkind = 'r'
"""
SEQUENCES = "select schemaname, sequencename, last_value from pg_sequences order by 1, 2"


def looked_ahead(office: Office, file: Path, submitter: str = "") -> Preview:
    before = everything(office)
    found = preview(office.home, file, submitter)
    assert everything(office) == before
    return found


def in_force(engine: Engine) -> dict[str, Keyed]:
    with engine.connect() as connection:
        return {relation: keyed(connection, relation) for relation in SHOWN}


def keyed(connection: Any, relation: str) -> Keyed:  # noqa: ANN401 - a connection
    columns = ", ".join(history_columns(connection, relation))
    rows = connection.execute(text(f"select {columns} from published.{relation}")).mappings()
    return {tuple(row[column] for column in RELATIONS[relation]): dict(row) for row in rows}


Changes = dict[tuple[Any, ...], tuple[Row | None, Row | None]]


def happened(before: dict[str, Keyed], after: dict[str, Keyed]) -> Changes:
    return {
        (relation, *key): (before[relation].get(key), after[relation].get(key))
        for relation in SHOWN
        for key in before[relation].keys() | after[relation].keys()
        if before[relation].get(key) != after[relation].get(key)
    }


def foreseen(found: Preview) -> Changes:
    return {
        (change.relation, *(change.row[column] for column in RELATIONS[change.relation])): (change.before, change.after)
        for change in found.changes
    }


@dataclass(frozen=True)
class Step:
    """A file as it was previewed, and what sending it then changed."""

    found: Preview
    outcomes: dict[str, int]
    happened: Changes

    def value(self, unit: str, indicator: str, period: str = "2021") -> tuple[Any, Any]:
        before, after = foreseen(self.found)["indicator_values", unit, indicator, period]
        return (before or {}).get("value"), (after or {}).get("value")

    def relations(self) -> set[str]:
        return {change.relation for change in self.found.changes}


@pytest.fixture(scope="module")
def office(new_database: NewDatabase) -> Iterator[Office]:
    """Two counties' years are published, and one of them is released."""
    office = Office(new_database())
    (office.home.root / "units.csv").write_text(UNITS, encoding="utf-8")
    (office.home.root / "unit_events.csv").write_text(EVENTS, encoding="utf-8")
    with acting(office.home, Role.INGEST) as engine:
        load_units(engine, office.home.root)
    office.send("A", f"2021 {LECTURES} 10", f"2021 {VOLUNTEERS} 100", "2021 org_society_count 3")
    office.send("A", f"2020 {VOLUNTEERS} 90")
    office.send("B", f"2021 {LECTURES} 20", f"2021 {VOLUNTEERS} 200")
    office.run()
    with acting(office.home, Role.PUBLISH) as publisher:
        release_year(publisher, 2021, None, Approval("办公室"), quietly)
    yield office
    office.engine.dispose()


@pytest.fixture(scope="module")
def story(office: Office) -> dict[str, Step]:
    """Files sent one after another, each previewed before."""
    steps = {
        "correction": (
            *(f"A 2021 {LECTURES} own 15", f"A 2021 {VOLUNTEERS} own 100"),
            *(f"D 2021-Q1 {LECTURES} own 4", f"D 2021-Q2 {LECTURES} own 1"),
        ),
        "claim": (f"C 2021 {LECTURES} jurisdiction 50", f"C 2022 {LECTURES} own 7"),
        "drop": (f"C 2021 {LECTURES} own 2", f"A 2021 {VOLUNTEERS} own 1000000", f"A 2021 {LECTURES} own 15"),
    }
    told = {}
    for name, rows in steps.items():
        file = a_file(office, f"{name}.csv", *rows)
        found, before = looked_ahead(office, file, "C"), in_force(office.engine)
        outcomes = collected(office, file, "C")
        office.run()
        told[name] = Step(found, outcomes, happened(before, in_force(office.engine)))
    return told


@pytest.mark.parametrize("name", ["correction", "claim", "drop"])
def test_what_a_preview_lists_is_what_sending_the_file_changes(story: dict[str, Step], name: str) -> None:
    step = story[name]
    assert step.happened
    assert foreseen(step.found) == step.happened
    assert step.outcomes == {step.found.trial.checked.outcome: 1}


def test_a_correction_changes_the_figure_on_its_whole_way_up_with_what_it_inherits(story: dict[str, Step]) -> None:
    assert story["correction"].value("D", LECTURES, "2021-Q1") == (None, 4)
    assert [story["correction"].value(unit, LECTURES) for unit in "ACP"] == [(10, 20), (30, 40), (30, 40)]


def test_a_claim_that_appears_and_goes_is_listed_with_its_reconciliation(story: dict[str, Step]) -> None:
    assert story["claim"].value("C", LECTURES) == (40, 50)
    assert {change.kind for change in story["claim"].found.changes if change.relation == "reconciliation"} == {"new"}
    assert {change.kind for change in story["drop"].found.changes if change.relation == "reconciliation"} == {"gone"}
    assert "上次有、这次没有的 1 个数已撤下" in "\n".join(story["drop"].found.trial.receipt)


def test_a_first_figure_of_a_year_has_the_year_before_restated_on_its_tree(story: dict[str, Step]) -> None:
    restated = [change for change in story["claim"].found.changes if change.relation == "restated_values"]
    assert {(change.kind, change.row["period"], str(change.row["tree_date"])) for change in restated} == {
        ("new", "2021", "2022-12-31")
    }
    assert ("restated_values", "2021", restated[0].row["tree_date"], "E", LECTURES) in foreseen(story["claim"].found)


def test_a_held_figure_is_told_and_the_one_in_force_goes(story: dict[str, Step]) -> None:
    assert "已受理，其中 1 个数待说明原因" in "\n".join(story["drop"].found.trial.receipt)
    assert story["drop"].value("A", VOLUNTEERS) == (100, None)
    assert ("report_lines", "volunteers", "2021", "P") in foreseen(story["drop"].found)


def test_what_would_change_is_told_from_the_province_down(story: dict[str, Step]) -> None:
    found = story["drop"].found
    told = [*summary(found.changes, found.pending, found.standing), *lines(found.changes, CATALOGUE)]
    counted, promise = told[0].split("（现在 → 之后）。")
    assert counted == "报送并发布后会改变：5 个数、年报 2 行、自报数核对 1 处、按另一日单位树重算的 5 个数"
    assert promise == "预览本身什么都没有改变。"
    assert any(line.startswith("2021 年已定稿（") for line in told)
    assert "2022 年与上年的比较（全省指标的上年数、增减）随之改变。" in told
    assert [line.split("（")[0] for line in told if line.endswith("）") and "  " not in line] == [
        *("全省", "年报各行", "市级", "县级", "自报含下级数与汇总数不一致之处", "按另一日单位树重算的数"),
    ]
    (line,) = (line for line in told if line.startswith("动员科技志愿者"))
    assert " ".join(line.split()) == (
        "动员科技志愿者 2021 300 → 200 部分汇总数 2/4 → 1/4 覆盖率 50 → 25；按上年份额的覆盖率 50 → 25"
    )


def test_csv_gives_every_value_that_would_change(story: dict[str, Step]) -> None:
    found = story["claim"].found
    rows = list(csv.DictReader(StringIO("\n".join(csv_lines(found.changes)))))
    told = {
        (row["relation"], row["unit_code"], row["indicator_code"], row["period"], row["column"]): row for row in rows
    }
    row = told["indicator_values", "C", LECTURES, "2021", "value"]
    assert (row["change"], row["before"], row["after"], row["unit_name"]) == ("changed", "40", "50", "甲市科协")
    changed = ((change.relation, change.row) for change in found.changes)
    assert {key[:4] for key in told} == {
        (relation, row["unit_code"], row["indicator_code"], row["period"]) for relation, row in changed
    }


@pytest.mark.usefixtures("story")
def test_where_a_year_waits_to_be_published_the_preview_tells_the_files_own_effect(office: Office) -> None:
    waiting = a_file(office, "waiting.csv", f"B 2021 {LECTURES} own 22", f"B 2021 {VOLUNTEERS} own 200")
    assert collected(office, waiting, "B") == {"accepted": 1}
    file = a_file(office, "next.csv", f"A 2021 {LECTURES} own 16", f"A 2021 {VOLUNTEERS} own 101")
    found = looked_ahead(office, file)
    assert found.pending == (2021,)
    assert "2021 年另有已收下、尚未发布的变动" in next(summary(found.changes, found.pending, found.standing))
    office.run()
    before = in_force(office.engine)
    assert collected(office, file, "A") == {"accepted": 1}
    office.run()
    assert foreseen(found) == happened(before, in_force(office.engine))


def test_a_file_that_would_be_rejected_says_why_and_changes_nothing(office: Office) -> None:
    found = looked_ahead(office, a_file(office, "mistyped.csv", f"A 2021 {LECTURES} own 10场"))
    assert "若现在报送：已退回，文件里的数都没有收下。" in found.trial.receipt
    assert any(line.startswith("1. 第 2 行：") for line in found.trial.receipt)
    assert list(summary(found.changes, found.pending, found.standing)) == ["报送以后，已发布的数和年报各行都不会变。"]
    assert found.changes == []


def test_a_file_for_a_unit_that_is_not_the_submitters_is_refused_as_when_it_is_sent(office: Office) -> None:
    file = a_file(office, "of_another.csv", f"A 2021 {LECTURES} own 10")
    found = looked_ahead(office, file, "B")
    assert found.trial.checked.outcome == "rejected"
    assert collected(office, file, "B") == {"rejected": 1}


def test_a_file_that_is_in_force_changes_nothing(office: Office) -> None:
    file = a_file(office, "twice.csv", f"B 2021 {LECTURES} own 22", f"B 2021 {VOLUNTEERS} own 200")
    found = looked_ahead(office, file)
    assert "若现在报送：与现行有效的报送完全相同，数据没有变化。" in found.trial.receipt
    assert found.changes == []


def test_a_narrative_is_the_units_that_would_send_it_and_hidden_where_a_form_speaks(office: Office) -> None:
    file = office.home.root / "2021 工作总结.txt"
    file.write_text("全年举办科普讲座30余场，发放科普资料8000份。", encoding="utf-8")
    found = looked_ahead(office, file, "A")
    assert "若现在报送：已全部受理。" in found.trial.receipt
    assert "1. “30余场”（第 9—12 字）：科普讲座/报告会场次 30—39场（本级，实际完成）" in found.trial.receipt
    told = [one for one in found.changes if one.relation == "indicator_values" and one.row["unit_code"] == "A"]
    assert {one.row["indicator_code"] for one in told} == {"sp_material_distributed_count"}
    with pytest.raises(UserError, match="say whose it is with --as CODE"):
        preview(office.home, file)


def test_a_hostile_file_is_told_in_a_sentence(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", b"<Types/>")
        archive.writestr("xl/workbook.xml", b" " * 250_000_000)
    file = office.home.root / "bomb.xlsx"
    file.write_bytes(bomb.getvalue())
    before = everything(office)
    for name, value in office.home.environment().items():
        monkeypatch.setenv(name, value)
    said = CliRunner().invoke(app, ["preview", str(file)])
    assert said.exit_code == 0
    assert "若现在报送：已退回" in said.stdout
    assert "必须改正的问题（1 条）" in said.stdout
    assert everything(office) == before


def test_a_path_that_is_no_file_is_one_sentence(office: Office) -> None:
    with pytest.raises(UserError, match="is no file"):
        preview(office.home, office.home.root / "none.xlsx")


def ends_under_way(home: Home, file: Path) -> None:
    """Dies when all has been built, as if the machine had stopped."""
    preview_steps._changes = lambda *_: os._exit(KILLED)
    preview(home, file)


def succeeds(home: Home, file: Path, changes: int) -> None:
    assert len(preview(home, file).changes) == changes


def test_previews_at_once_and_after_one_that_died_wait_for_no_build_and_leave_nothing(office: Office) -> None:
    office.run()
    file = a_file(office, "again.csv", f"A 2021 {LECTURES} own 17", f"A 2021 {VOLUNTEERS} own 101")
    alone, before = preview(office.home, file), everything(office)
    assert run_together((ends_under_way, office.home, file)) == [KILLED]
    assert everything(office)["rows"].keys() > before["rows"].keys()
    with acting(office.home, Role.TRANSFORM) as transformer, building(transformer):
        assert run_together(*[(succeeds, office.home, file, len(alone.changes))] * 2) == [0, 0]
    assert everything(office) == before


def run_together(*calls: tuple[Any, ...]) -> Sequence[int | None]:
    processes = [FORKS.Process(target=work, args=arguments) for work, *arguments in calls]
    for process in processes:
        process.start()
    for process in processes:
        process.join(timeout=300)
    return [process.exitcode for process in processes]


def test_every_source_of_the_models_is_stood_in_for(new_database: NewDatabase) -> None:
    engine = ready(new_database(), Role.TRANSFORM)
    with engine.begin() as connection:
        numbers = preview_schemas.last_numbers(connection)
        preview_schemas.stage(connection, numbers)
        for schema, table in preview_schemas.sources():
            real, shown = (columns_of(connection, f"{prefix}{schema}.{table}") for prefix in ("", "preview_"))
            assert shown == real
    engine.dispose()


def test_the_models_read_nothing_else_of_what_a_file_adds_to() -> None:
    declared = yaml.safe_load(preview_schemas.SOURCES.read_text(encoding="utf-8"))["sources"]
    assert {schema for schema, _ in preview_schemas.sources()} == {"landing", "ops"}
    assert {source["name"] for source in declared} == {"landing", "ops", "published"}


def columns_of(connection: Any, relation: str) -> list[tuple[str, str]]:  # noqa: ANN401 - a connection
    query = text(
        "select attname, format_type(atttypid, atttypmod) from pg_attribute "
        "where attrelid = cast(:relation as regclass) and attnum > 0 and not attisdropped order by attnum"
    )
    return [(row.attname, row[1]) for row in connection.execute(query, {"relation": relation})]


def test_every_column_that_can_change_has_a_chinese_word(office: Office) -> None:
    told = {*DESCRIBING, *LABELS, *UNTOLD, "value", "basis", "units_expected", "units_reported", "units_covered"}
    with office.engine.connect() as connection:
        columns = {column for relation in SHOWN for column in history_columns(connection, relation)}
    assert {column for column in columns if not column.endswith(("_low", "_high"))} <= told
