"""Every command as a person types it, in one instance whose embedded server it starts by itself."""

import csv
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from io import StringIO
from pathlib import Path

import psycopg
import pytest
import typer
from openpyxl import load_workbook

from ingestion.lock import COLLECTING
from kexie import postgres
from kexie.cli import app
from kexie.home import Home
from kexie.roles import Role
from tests.reference.cases import SHARED, USUAL_UNITS, Case, read_cases
from tests.spec.test_worked_cases import wanted
from tests.spec.warehouse import ROW_COLUMNS, UNIT_COLUMNS

KEXIE = Path(sys.executable).with_name("kexie")
CONTRACT = SHARED / "spec" / "rollup_cases.yaml"
WORKED_CASE = "a missing county falls back to its city's claim"
LECTURES = "sp_lecture_count"
MISTAKE, USAGE = 1, 2

Said = subprocess.CompletedProcess[str]
Kexie = Callable[..., Said]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the person at the keyboard works."""
    return tmp_path_factory.mktemp("desk")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    home = Home(tmp_path_factory.mktemp("cli"))
    yield home
    postgres.stop(home)


@pytest.fixture(scope="module")
def kexie(home: Home, folder: Path) -> Kexie:
    def run(*words: str | Path, status: int = 0, program: Sequence[str | Path] = (KEXIE,)) -> Said:
        environment = os.environ | home.environment() | {"COLUMNS": "200", "NO_COLOR": "1"}
        said = subprocess.run(
            [*program, *words], cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=300
        )
        assert "Traceback" not in said.stdout + said.stderr
        assert said.returncode == status, said.stdout + said.stderr
        return said

    return run


@pytest.fixture(scope="module")
def tree(kexie: Kexie, folder: Path) -> Said:
    write(folder / "units" / "units.csv", UNIT_COLUMNS, USUAL_UNITS)
    return kexie("units", "load", "units")


@pytest.fixture(scope="module")
def published(kexie: Kexie, folder: Path, tree: Said) -> Said:  # noqa: ARG001 - figures come from units
    """Two counties' files, one that is refused, and the worked case, all in one run."""
    kexie("template", "--unit", "A", "--period", "2020")
    fill_in(folder / "A_2020.xlsx", LECTURES, 12)
    kexie("submit", "A_2020.xlsx", "--as", "A")
    write(folder / "B.csv", [*ROW_COLUMNS[:6], "note"], [lectures("B", "2020", "30") | {"note": "含线上\n两场"}])
    write(folder / "of_another.csv", ROW_COLUMNS[:6], [lectures("D", "2020", "7")])
    kexie("submit", "B.csv", "of_another.csv", "--as", "B")
    if CONTRACT.exists():
        for number, rows in enumerate(worked_case().submissions):
            write(folder / f"case_{number}.csv", ROW_COLUMNS, rows)
            kexie("submit", f"case_{number}.csv", "--as", "P")
    return kexie("run")


@pytest.fixture(scope="module")
def receipts(home: Home, published: Said) -> dict[str, str]:  # noqa: ARG001 - the run writes them
    return {path.name: path.read_text(encoding="utf-8") for path in Path(home.outbox.path).rglob("*.txt")}


def write(path: Path, columns: Sequence[str], rows: Sequence[dict[str, str]]) -> None:
    path.parent.mkdir(exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, restval="")
        writer.writeheader()
        writer.writerows(rows)


def lectures(unit: str, period: str, value: str) -> dict[str, str]:
    return {"unit_code": unit, "period": period, "indicator_code": LECTURES, "scope": "own", "value": value}


def fill_in(file: Path, indicator: str, value: int) -> None:
    workbook = load_workbook(file)
    (cell,) = (cell for sheet in workbook.worksheets for cell in sheet["A"] if cell.value == indicator)
    cell.offset(column=4).value = value
    workbook.save(file)


def worked_case() -> Case:
    return next(case for case in read_cases(CONTRACT) if case.name == WORKED_CASE)


def answer(kexie: Kexie, query: str) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(kexie("sql", query, "--csv").stdout)))


def commands(group: typer.core.TyperGroup, words: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    yield words
    for name, command in group.commands.items():
        if isinstance(command, typer.core.TyperGroup):
            yield from commands(command, (*words, name))
        else:
            yield (*words, name)


def every_command() -> list[tuple[str, ...]]:
    group = typer.main.get_command(app)
    assert isinstance(group, typer.core.TyperGroup)
    return list(commands(group))


@pytest.mark.parametrize("words", every_command(), ids=" ".join)
def test_help_says_what_a_command_is_for(kexie: Kexie, words: tuple[str, ...]) -> None:
    said = kexie(*words, "--help").stdout
    assert "Usage: " + " ".join(("kexie", *words)) in said
    assert len(said.splitlines()) > 5


def test_the_commands_of_the_contract_are_there() -> None:
    assert {" ".join(words) for words in every_command()} >= {
        *("up", "down", "demo", "units load", "template", "submit", "withdraw", "read", "run", "sql", "ops", "trace"),
        *("remind", "maintain", "release"),
    }


def test_an_unknown_command_is_named(kexie: Kexie) -> None:
    assert "No such command 'pubish'" in kexie("pubish", status=USAGE).stderr


def test_a_tree_with_mistakes_is_refused_with_file_line_and_what_would_be_right(kexie: Kexie, folder: Path) -> None:
    rows = [dict(row) for row in USUAL_UNITS]
    rows[2]["level"], rows[4]["valid_from"] = "town", "2000-13-01"
    write(folder / "wrong" / "units.csv", UNIT_COLUMNS, rows)
    said = kexie("units", "load", "wrong", status=MISTAKE).stderr
    assert re.search(r"units\.csv.*line 4.*level 'town' is unknown; use one of: province, city, county", said)
    assert re.search(r"units\.csv.*line 6.*valid_from '2000-13-01' is no day; write it like 2021-07-01", said)


def test_a_tree_is_loaded_whole_and_a_second_time_changes_nothing(kexie: Kexie, tree: Said) -> None:
    assert tree.stdout == "6 units; 6 rows and 0 events are new or changed.\n"
    assert kexie("units", "load", "units").stdout == "6 units; 0 rows and 0 events are new or changed.\n"


@pytest.mark.usefixtures("tree")
@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["units", "load", "nowhere"], "nowhere/units.csv is missing; give a folder that holds units.csv."),
        (["template", "--unit", "Q", "--period", "2021"], "There is no unit 'Q'; `kexie units load` adds units."),
        (["template", "--unit", "A", "--period", "2021-13"],
         "'2021-13' is no period; write 2021, 2021-H1, 2021-Q3 or 2021-09."),
        (["template", "--unit", "A", "--period", "1999"],
         "Unit A did not exist in 1999; choose a period in which it did."),
        (["template", "--unit", "A", "--period", "2021", "--output", "nowhere/A.xlsx"],
         "nowhere/A.xlsx cannot be used: No such file or directory."),
        (["submit", "nowhere.csv", "--as", "A"], "nowhere.csv is no file; give the path of a file to submit."),
        (["submit", "units/units.csv", "--as", "../A"],
         "'../A' cannot be a unit's code; give the code of the unit that submits."),
        (["withdraw", "99999999999999999999"],
         "There is no submission 99999999999999999999; its number is in its receipt."),
        (["read", "nowhere.xlsx"], "nowhere.xlsx is no file; give the path of a workbook, CSV or narrative."),
        (["sql", "selec 1"], 'PostgreSQL refuses the query: syntax error at or near "selec"'),
        (["sql", "delete from releases"],
         "PostgreSQL refuses the query: cannot execute DELETE in a read-only transaction"),
        (["sql", "select * from landing.submission"],
         "PostgreSQL refuses the query: permission denied for schema landing"),
        (["ops", "select * from landing.delivery"],
         "PostgreSQL refuses the query: permission denied for schema landing"),
        (["ops", "delete from build"],
         "PostgreSQL refuses the query: cannot execute DELETE in a read-only transaction"),
        (["sql", "select 1; select 2"],
         "PostgreSQL refuses the query: cannot insert multiple commands into a prepared statement"),
        (["sql", "copy (select 1) to stdout"],
         "PostgreSQL refuses the query: COPY cannot be used with this method; use copy() instead"),
        (["sql", ""], "The query returns no rows; ask with select …"),
        (["trace", "A", "no_such_indicator", "2021"],
         "Nothing is published for indicator 'no_such_indicator'; see `kexie sql` on published.indicator_values."),
    ],
    ids=lambda given: " ".join(given) if isinstance(given, list) else "",
)  # fmt: skip
def test_a_mistake_is_answered_with_one_sentence(kexie: Kexie, words: list[str], sentence: str) -> None:
    said = kexie(*words, status=MISTAKE)
    assert (said.stdout, said.stderr) == ("", sentence + "\n")


@pytest.mark.parametrize(
    "words", [["withdraw", "the_last"], ["run", "--year", "99999"], ["submit", "A.xlsx"], ["template", "--unit", "A"]]
)
def test_words_that_make_no_command_are_answered_with_its_usage(kexie: Kexie, words: list[str]) -> None:
    assert f"Usage: kexie {words[0]}" in kexie(*words, status=USAGE).stderr


def test_a_run_takes_all_files_and_succeeds_with_a_rejection_among_them(
    published: Said, receipts: dict[str, str]
) -> None:
    cases = len(worked_case().submissions) if CONTRACT.exists() else 0
    assert f"{3 + cases} files: {2 + cases} accepted, 1 rejected.\n" in published.stdout
    assert re.search(r"Publication \d+: \d+ figures written, 0 closed\.\n$", published.stdout)
    assert len(receipts) == 3 + cases
    assert "受理结果：已全部受理。" in receipts["A_2020.xlsx.回执.txt"]
    assert "受理结果：已退回" in receipts["of_another.csv.回执.txt"]


@pytest.mark.usefixtures("published")
def test_a_run_with_nothing_to_do_says_so_and_starts_neither_dbt_nor_great_expectations(kexie: Kexie) -> None:
    said = kexie("run", program=(sys.executable, "-X", "importtime", "-m", "kexie.cli"))
    assert said.stdout == "No new files.\nNothing has changed since the last publish; nothing to build.\n"
    imported = {line.rsplit("|", 1)[-1].strip() for line in said.stderr.splitlines()}
    assert "pipeline.steps" in imported
    assert not [name for name in imported if name.partition(".")[0] in ("dbt", "great_expectations", "airflow")]


@pytest.mark.usefixtures("published")
def test_sql_prints_a_table_as_wide_as_its_characters(kexie: Kexie) -> None:
    query = (
        "select unit_name as 单位, value, basis from indicator_values "
        f"where indicator_code = '{LECTURES}' and period = '2020' and value is not null order by unit_code"
    )
    assert kexie("sql", query).stdout.splitlines() == [
        "单位        value  basis",
        "----------  -----  --------",
        "甲一县科协  12     computed",
        "甲二县科协  30     computed",
        "甲市科协    42     partial",
        "示例省科协  42     partial",
        "(4 行)",
    ]


@pytest.mark.usefixtures("published")
def test_ops_answers_the_data_team_about_runs_and_files(kexie: Kexie) -> None:
    query = "select file_name, outcome from file_outcomes where outcome = 'rejected'"
    assert kexie("ops", query, "--csv").stdout == "file_name,outcome\nof_another.csv,rejected\n"
    assert kexie("ops", "select state from ops.build").stdout.splitlines() == [
        "state",
        "---------",
        "published",
        "(1 行)",
    ]


@pytest.mark.usefixtures("tree")
def test_sql_takes_a_query_that_begins_with_a_comment(kexie: Kexie) -> None:
    assert kexie("sql", "-- one\nselect 1 as a; -- done", "--csv").stdout == "a\n1\n"


@pytest.mark.usefixtures("tree")
def test_sql_prints_csv_with_exact_figures_and_quotes_where_needed(kexie: Kexie) -> None:
    query = (
        "select 12345678901234567890.123456789::numeric as figure, '科协,一\"' as words, null as nothing, 7 % 4 as rest"
    )
    assert kexie("sql", query, "--csv").stdout == (
        'figure,words,nothing,rest\n12345678901234567890.123456789,"科协,一""",,3\n'
    )


@pytest.mark.usefixtures("published")
def test_trace_shows_the_tree_down_to_the_cell_and_the_line(kexie: Kexie) -> None:
    lines = kexie("trace", "C1", LECTURES, "2020").stdout.splitlines()
    assert lines[0] == "甲市科协（C1）42 场 [部分汇总数，已报 2/3]，本级 无数"
    assert lines[1] == "    甲一县科协（A）12 场 [汇总数，已报 1/1]"
    assert re.match(
        r"        └ 2020 12：A_2020\.xlsx \S+ E\d+（报送 \d+，\d{4}-\d\d-\d\d \d\d:\d\d 收到，[0-9a-f]{12}）$",
        lines[2],
    )
    assert lines[3] == "    甲二县科协（B）30 场 [汇总数，已报 1/1]"
    assert re.match(r"        └ 2020 30：B\.csv 第 2 行（.*），说明：含线上 两场$", lines[4])
    assert len(lines) == 5


@pytest.mark.usefixtures("published")
@pytest.mark.parametrize(
    ("unit", "period", "sentence"),
    [
        ("Q", "2020", "Nothing is published for unit 'Q'; see `kexie sql` on published.indicator_values."),
        ("A", "2020-Q1", "Nothing is published for period '2020-Q1'; see `kexie sql` on published.indicator_values."),
    ],
)
def test_a_trace_of_what_is_not_published_says_what_is_unknown(
    kexie: Kexie, unit: str, period: str, sentence: str
) -> None:
    assert kexie("trace", unit, LECTURES, period, status=MISTAKE).stderr == sentence + "\n"


@pytest.mark.usefixtures("published")
def test_read_shows_what_is_in_a_file_and_where(kexie: Kexie) -> None:
    assert kexie("read", "B.csv").stdout == "第 2 行：B 2020 科普讲座/报告会场次 30 场 [own actual]\n"
    (line,) = kexie("read", "A_2020.xlsx").stdout.splitlines()
    assert re.search(r"E\d+：A 2020 科普讲座/报告会场次 12 场 \[own actual\]$", line)


def last_years_cells(file: Path) -> dict[str, object]:
    """Last year's figures in a county's workbook, by indicator."""
    rows = (row for sheet in load_workbook(file).worksheets for row in sheet.iter_rows(min_row=7, max_col=6))
    return {str(row[0].value): row[5].value for row in rows if row[0].value and row[5].value is not None}


@pytest.mark.usefixtures("published")
def test_a_template_shows_what_was_published_of_the_year_before(kexie: Kexie, folder: Path) -> None:
    kexie("template", "--unit", "A", "--period", "2021", "--output", "next_year.xlsx")
    assert last_years_cells(folder / "next_year.xlsx") == {LECTURES: 12}
    kexie("template", "--unit", "A", "--period", "2020", "--output", "first_year.xlsx")
    assert last_years_cells(folder / "first_year.xlsx") == {}


def test_a_template_folds_away_what_a_unit_rarely_has_unless_asked_for_all(kexie: Kexie, folder: Path) -> None:
    kexie("template", "--unit", "A", "--period", "2021", "--output", "folded.xlsx")
    kexie("template", "--unit", "A", "--period", "2021", "--all", "--output", "all.xlsx")
    assert load_workbook(folder / "folded.xlsx")["更多指标"].sheet_state == "hidden"
    assert "更多指标" not in load_workbook(folder / "all.xlsx").sheetnames


def test_what_is_filled_into_the_template_of_november_is_provisional(kexie: Kexie, folder: Path) -> None:
    kexie("template", "--unit", "A", "--period", "2021", "--provisional", "--output", "november.xlsx")
    workbook = load_workbook(folder / "november.xlsx")
    sheet = workbook["科普活动与科技志愿服务情况表"]
    next(row for row in sheet.iter_rows(min_row=7) if row[0].value == LECTURES)[4].value = 12
    workbook.save(folder / "november.xlsx")
    (line,) = kexie("read", "november.xlsx").stdout.splitlines()
    assert line.endswith("科普讲座/报告会场次 12 场 [own provisional]")


@pytest.mark.usefixtures("published")
def test_read_prints_one_json_object_a_figure(kexie: Kexie) -> None:
    (line,) = kexie("read", "A_2020.xlsx", "--json").stdout.splitlines()
    found = json.loads(line, parse_int=Decimal, parse_float=Decimal)
    place = found.pop("place")
    assert found == {
        "unit_code": "A",
        "period": "2020",
        "form": "popularisation",
        "indicator_code": LECTURES,
        "measure": "场",
        "value": 12,
        "low": 12,
        "high": 12,
        "scope": "own",
        "status": "actual",
        "state": "number",
        "note": "",
    }
    assert set(place) == {"sheet", "cell"}


def test_read_says_why_nothing_can_be_read(kexie: Kexie, folder: Path) -> None:
    (folder / "broken.xlsx").write_bytes(b"PK\x03\x04 no workbook")
    for options in ([], ["--json"]):
        said = kexie("read", "broken.xlsx", *options, status=MISTAKE)
        assert said.stdout == ""
        assert len(said.stderr.splitlines()) == 1


@pytest.mark.skipif(not CONTRACT.exists(), reason="the contract's worked cases are not beside this checkout")
@pytest.mark.usefixtures("published")
def test_a_worked_case_fed_through_the_commands_gives_the_figures_it_says(kexie: Kexie) -> None:
    rows = answer(kexie, "select * from indicator_values where period = '2021'")
    found = {(row["unit_code"], row["indicator_code"]): row for row in rows}
    for expected in worked_case().expect:
        row = found[expected["unit"], expected["indicator"]]
        for name in ("basis", "units_expected", "units_reported", "units_covered"):
            assert row[name] == str(expected[name])
        for name, prefix in (("value", ""), ("own", "own_"), ("computed", "computed_"), ("claimed", "claimed_")):
            figure = tuple(
                Decimal(row[prefix + end]) if row[prefix + end] else None for end in ("value", "low", "high")
            )
            assert figure == wanted(name, expected[name])


def test_a_withdrawn_submission_counts_as_never_sent(kexie: Kexie, receipts: dict[str, str]) -> None:
    number = re.findall(r"报送编号 (\d+)", receipts["B.csv.回执.txt"])[0]
    assert kexie("withdraw", number).stdout == (
        f"Submission {number} counts as never sent; `kexie run` computes 2020 again.\n"
    )
    assert f"Submission {number} was already withdrawn on " in kexie("withdraw", number, status=MISTAKE).stderr
    assert re.search(r"Publication \d+: \d+ figures written, \d+ closed\.\n$", kexie("run").stdout)
    query = (
        f"select value, units_reported from indicator_values where indicator_code = '{LECTURES}' and period = '2020'"
    )
    assert answer(kexie, f"{query} and unit_code = 'C1'") == [{"value": "12", "units_reported": "1"}]


def test_a_rejected_submission_cannot_be_withdrawn(kexie: Kexie, home: Home) -> None:
    with psycopg.connect(postgres.start(home).url) as connection:
        query = "select submission_id from landing.submission where state = 'rejected'"
        ((number,),) = connection.execute(query).fetchall()
    sentence = f"Submission {number} was rejected, so there is nothing to withdraw.\n"
    assert kexie("withdraw", str(number), status=MISTAKE).stderr == sentence


def test_a_session_that_the_server_ends_under_way_is_told_in_one_sentence(kexie: Kexie, home: Home) -> None:
    kexie("ops", "select 1")  # makes the logins
    with (
        ThreadPoolExecutor(1) as beside,
        psycopg.connect(postgres.start(home).url, autocommit=True) as owner,
        psycopg.connect(postgres.start(home).url, autocommit=True) as collector,
    ):
        collector.execute("select pg_advisory_lock(%s)", [COLLECTING])
        run = beside.submit(kexie, "run", status=MISTAKE)
        owner.execute(f"grant {postgres.DATABASE}_{Role.INGEST} to current_user")
        while not run.done() and not owner.execute(END_WHO_WAITS).fetchall():
            time.sleep(0.05)
        said = run.result()
    assert re.fullmatch(r"The database did not answer or could not go on \(.*\n", said.stderr)


END_WHO_WAITS = """
    select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and not granted
"""


def test_down_stops_the_server_and_the_next_command_starts_it_again(kexie: Kexie, home: Home) -> None:
    for _ in range(2):
        assert kexie("down").stdout == "Stopped.\n"
        assert not postgres.is_running(home)
    assert kexie("sql", "select 1 as one").stdout == "one\n---\n1\n(1 行)\n"
