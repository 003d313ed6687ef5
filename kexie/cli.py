"""The command line. Each command is a thin turn of words around a function that the DAGs call too."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kexie.errors import UserError
from kexie.home import Home
from kexie.roles import Role

if TYPE_CHECKING:
    from sqlalchemy import Engine

app = typer.Typer(
    help="科协数仓：收报表、逐级汇总、对外发布，每个数都查得到来处。 KEXIE_HOME names the instance folder.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
units = typer.Typer(help="The reporting tree.", no_args_is_help=True)
app.add_typer(units, name="units")

UnitCode = Annotated[str, typer.Argument(metavar="UNIT", help="a unit's code")]


def main() -> None:
    """Run the command line; a mistake of the person at the keyboard ends as one sentence and exit status 1."""
    try:
        app()
    except UserError as error:
        typer.echo(str(error), err=True)
        sys.exit(1)
    except OSError as error:
        what = f"{error.filename} cannot be used: " if error.filename else ""
        typer.echo(f"{what}{error.strerror or error}.", err=True)
        sys.exit(1)
    except Exception as error:
        from pipeline.reasons import is_the_database, sentence

        if not is_the_database(error):
            raise
        typer.echo(sentence(error), err=True)
        sys.exit(1)
    except KeyboardInterrupt:
        typer.echo("Stopped. What was committed stays; run the command again to go on.", err=True)
        sys.exit(130)


@contextmanager
def _warehouse(role: Role) -> Iterator[tuple[Home, Engine]]:
    from kexie.database import acting

    home = Home.from_environment()
    with acting(home, role) as engine:
        yield home, engine


def _say(line: str) -> None:
    typer.echo(line)


@app.command()
def up() -> None:
    """Start PostgreSQL and Airflow on this machine; the DAGs go to work."""
    from kexie import airflow
    from kexie.airflow_client import AirflowClient

    airflow.refuse_elsewhere(Home.from_environment())
    with _warehouse(Role.OWNER) as (home, _):
        address = airflow.start(home, _say)
        for dag in airflow.DAGS:
            AirflowClient(address).unpause(dag)
    _say(f"Airflow answers at {address.url} (user {address.user}, password in {address.password_file}).")
    _say("`kexie down` stops everything.")


@app.command()
def down() -> None:
    """Stop Airflow and PostgreSQL."""
    from kexie import airflow, postgres

    home = Home.from_environment()
    airflow.stop(home)
    postgres.stop(home)
    _say("Stopped.")


@app.command()
def demo() -> None:
    """Load the sample province, let the DAGs do their work, and print its indicators beside the report's lines."""
    from kexie.demo import run

    run(Home.from_environment(), _say)


@units.command("load")
def units_load(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="holds units.csv, and what goes with it")],
) -> None:
    """Load or amend the reporting tree, with filing exceptions, approval rules, mail addresses; all or nothing."""
    from ingestion.units import load

    with _warehouse(Role.INGEST) as (_, engine):
        loaded = load(engine, folder)
    _say(
        f"{loaded.units} units; {loaded.spans_changed} rows and {loaded.events_changed} events are new or changed."
        + ("" if loaded.exceptions is None else f" {loaded.exceptions} exceptions from the filing calendar.")
        + ("" if loaded.approval_rules is None else f" {loaded.approval_rules} rules of the approval ladder.")
        + ("" if loaded.contacts is None else f" {loaded.contacts} mail addresses.")
        + (f" Years to compute again: {', '.join(map(str, loaded.years_touched))}." if loaded.years_touched else "")
    )


@app.command()
def template(
    unit: Annotated[str, typer.Option(help="the unit's code")],
    period: Annotated[str, typer.Option(help="2021, 2021-H1, 2021-Q3 or 2021-09")],
    output: Annotated[Path | None, typer.Option(help="where to write it; default UNIT_PERIOD.xlsx here")] = None,
    unfolded: Annotated[bool, typer.Option("--all", help="every row on its form's sheet, none folded away")] = False,
    provisional: Annotated[bool, typer.Option("--provisional", help="for figures that are partly planned")] = False,
) -> None:
    """Write the workbook that a unit fills in for a period, with its published figures of the year before."""
    from catalogue.load import load
    from catalogue.model import Status
    from ingestion.blank_forms import addressee, last_years_figures
    from ingestion.templates import write

    with _warehouse(Role.INGEST) as (_, engine), engine.connect() as connection:
        described, parsed = addressee(connection, unit, period)
    with _warehouse(Role.OFFICE) as (_, engine), engine.connect() as connection:
        last_year = last_years_figures(connection, unit, parsed)
    target, workbook = output or Path(f"{unit}_{period}.xlsx"), BytesIO()
    filed_as = Status.PROVISIONAL if provisional else None
    write(workbook, described, parsed, load(), last_year=last_year, unfolded=unfolded, filed_as=filed_as)
    target.write_bytes(workbook.getvalue())
    _say(f"Wrote {target}.")


@app.command()
def submit(
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="files, in the order in which they are sent")],
    submitter: Annotated[str, typer.Option("--as", metavar="CODE", help="the code of the unit that sends them")],
) -> None:
    """Put files in a unit's inbox; `kexie run` or the DAG takes them from there."""
    from ingestion.landing import submit as put

    home = Home.from_environment()
    for name in put(home, files, submitter):
        _say(f"{submitter}/{name}")


@app.command()
def preview(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="a workbook, CSV or narrative")],
    submitter: Annotated[
        str, typer.Option("--as", metavar="CODE", help="the unit that would send it; default the one unit it files for")
    ] = "",
    csv: Annotated[bool, typer.Option("--csv", help="print what would change as CSV, the rest to stderr")] = False,
) -> None:
    """Show what a file would change if it were sent now: every published figure and report line; changes nothing."""
    from catalogue.load import load
    from pipeline.preview import preview as look_ahead
    from reporting.foreseen_text import csv_lines, lines, summary

    found = look_ahead(Home.from_environment(), file, submitter)
    for line in [*found.trial.receipt, "", *summary(found.changes, found.pending, found.standing)]:
        typer.echo(line, err=csv)
    for line in csv_lines(found.changes) if csv else lines(found.changes, load()):
        _say(line)


@app.command()
def withdraw(
    submission: Annotated[int, typer.Argument(metavar="SUBMISSION", help="its number, as the receipt gives it")],
) -> None:
    """Withdraw a submission: it counts as never sent."""
    from ingestion.withdraw import withdraw as take_back

    with _warehouse(Role.INGEST) as (_, engine):
        year = take_back(engine, submission)
    _say(f"Submission {submission} counts as never sent; `kexie run` computes {year} again.")


@app.command("return")
def give_back(
    submission: Annotated[int, typer.Argument(metavar="SUBMISSION", help="its number, as the receipt gives it")],
    by: Annotated[str, typer.Option("--by", metavar="CODE", help="the unit above that returns it")],
    reason: Annotated[str, typer.Option(help="why; the sender's clerk reads it")],
) -> None:
    """Return a submission to its sender with a reason: it counts as never sent until the unit files anew."""
    from ingestion.returns import give_back as send_back

    with _warehouse(Role.INGEST) as (home, engine):
        year = send_back(home, engine, submission, by, reason)
    _say(f"Submission {submission} is returned, its sender is told in the outbox; `kexie run` computes {year} again.")


@app.command()
def approve(
    unit: Annotated[str, typer.Option("--as", metavar="CODE", help="the unit that approves")],
    submission: Annotated[
        int | None, typer.Argument(metavar="[SUBMISSION]", help="its number; without one, list what waits for CODE")
    ] = None,
    by: Annotated[str, typer.Option("--by", metavar="WHO", help="who approves there; kept and shown")] = "",
    note: Annotated[str, typer.Option(help="what they say about it; the sender's clerk reads it")] = "",
    period: Annotated[str, typer.Option(metavar="PERIOD", help="list only what was filed for it")] = "",
) -> None:
    """逐级审核：approve a submission, unit after unit up the ladder, or list what waits for a unit's approval."""
    from catalogue.load import load
    from ingestion.approval_lists import waiting
    from ingestion.approve import approve as give

    with _warehouse(Role.INGEST) as (home, engine):
        if submission is None:
            lines = waiting(engine, load(), unit, period)
            for line in lines or [f"Nothing waits for {unit}."]:
                _say(line)
            return
        done = give(home, engine, load(), submission, unit, by, note)
    then = f"it waits for {done.awaits} now" if done.awaits else "that was the last step"
    _say(f"{unit} has approved submission {submission}, {then}; `kexie run` computes {done.year} again.")


@app.command()
def replay(
    deliveries: Annotated[
        list[int] | None,
        typer.Argument(metavar="[DELIVERY]…", help="受理编号 of files that were rejected; default all that wait"),
    ] = None,
) -> None:
    """Check rejected files again from the archive, after the catalogue or a reader was mended; never for the worse."""
    from catalogue.load import load
    from ingestion.replay import replay as take_up_again

    with _warehouse(Role.INGEST) as (home, engine):
        replayed = take_up_again(home, engine, load(), deliveries or (), _say)
    better = sum(one.again is not None for one in replayed)
    _say(f"{better} of {len(replayed)} files are better now." + (" `kexie run` publishes them." if better else ""))


@app.command()
def explain(
    submission: Annotated[int, typer.Argument(metavar="SUBMISSION", help="its number, as the receipt gives it")],
    indicator: Annotated[str, typer.Argument(metavar="INDICATOR", help="the code of the held figure's indicator")],
    reason: Annotated[str, typer.Option(help="a code or name of the pick-list (政策调整…), or words of one's own")],
    scope: Annotated[str, typer.Option(help="own or jurisdiction, where figures of both are held")] = "",
    by: Annotated[str, typer.Option("--by", metavar="WHO", help="who gives the reason; default the unit")] = "",
) -> None:
    """Release a held figure with the unit's reason, without filing the form again; the reason is kept and shown."""
    from catalogue.load import load
    from ingestion.explain import explain as release_with

    with _warehouse(Role.INGEST) as (_, engine):
        released = release_with(engine, load(), submission, indicator, scope, reason, by)
    _say(
        f"{released.indicator_name} of submission {submission} counts from now on, with the reason: {released.reason}. "
        f"`kexie run` computes {released.year} again."
    )


@app.command()
def read(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="a workbook, CSV or narrative")],
    json: Annotated[bool, typer.Option("--json", help="JSON objects, one a line")] = False,
) -> None:
    """Show what the reader finds in a file, and where, storing nothing."""
    from ingestion.show import show

    lines, problems = show(file, as_json=json)
    for line in lines:
        _say(line)
    for problem in problems:
        typer.echo(problem, err=True)
    if problems and not lines:
        raise typer.Exit(1)


@app.command()
def run(
    year: Annotated[
        list[int] | None,
        typer.Option(min=1900, max=2099, help="build this year too, whatever changed; may be repeated"),
    ] = None,
) -> None:
    """Collect, transform, audit and publish once, in this process, without Airflow."""
    from catalogue.load import load
    from ingestion.collect import collect
    from ingestion.receipts import follow_up
    from pipeline.record import Run, Step, recorded
    from pipeline.steps import run_once

    this_run, catalogue = Run.now("kexie run"), load()
    with _warehouse(Role.INGEST) as (home, engine):
        with recorded(engine, Step(this_run, "collect", then=("transform",), then_if_skipped=("transform",))) as step:
            report = collect(home, engine, catalogue, _say)
            if not report.outcomes:
                step.skip(report.summary())
        _say(report.summary())
        run_once(home, year or (), this_run, _say)
        report.left += follow_up(home, engine, catalogue)
    if report.left:
        raise UserError("Left in the inbox, without receipt: " + "; ".join(report.left))


@app.command(context_settings={"ignore_unknown_options": True})  # a query may begin with a comment
def sql(
    query: Annotated[str, typer.Argument(help="one SQL query on schema published")],
    csv: Annotated[bool, typer.Option("--csv", help="print CSV instead of a table")] = False,
) -> None:
    """Query as the read-only office role."""
    _print_answer(Role.OFFICE, query, csv)


@app.command(context_settings={"ignore_unknown_options": True})  # a query may begin with a comment
def ops(
    query: Annotated[str, typer.Argument(help="one SQL query on schema ops")],
    csv: Annotated[bool, typer.Option("--csv", help="print CSV instead of a table")] = False,
) -> None:
    """Query as the data team's read-only operator role: what ran, and how it ended."""
    _print_answer(Role.OPERATOR, query, csv)


def _print_answer(role: Role, query: str, as_csv: bool) -> None:
    from reporting.query import ask

    for line in ask(Home.from_environment(), role, query, as_csv=as_csv):
        _say(line)


@app.command()
def trace(
    unit: UnitCode,
    indicator: Annotated[str, typer.Argument(metavar="INDICATOR", help="an indicator's code")],
    period: Annotated[str, typer.Argument(metavar="PERIOD", help="2021, 2021-H1, 2021-Q3 or 2021-09")],
    as_of: Annotated[
        str | None,
        typer.Option(
            metavar="X",
            help="as published then: 2022-01-10, 2022-01-10T08:00 (Beijing time), or a release's name; default now",
        ),
    ] = None,
) -> None:
    """Show a published number's whole tree, down to file and cell, with what was filed before and who approved it."""
    from reporting.trace import trace as follow

    with _warehouse(Role.OFFICE) as (_, engine):
        for line in follow(engine, unit, indicator, period, as_of):
            _say(line)


@app.command()
def restate(
    year: Annotated[int, typer.Argument(metavar="YEAR", min=1900, max=2099, help="a published year")],
    tree: Annotated[datetime, typer.Option(metavar="DATE", formats=["%Y-%m-%d"], help="whose tree: a later day")],
) -> None:
    """Compute a year on the reporting tree of a later day, and say what differs; published.on_tree holds it all."""
    from pipeline.record import Run
    from pipeline.steps import restate as compute
    from reporting.restated import restated

    home = Home.from_environment()
    compute(home, year, tree.date(), Run.now("kexie restate"), _say)
    with _warehouse(Role.OFFICE) as (_, engine):
        for line in restated(engine, year, tree.date()):
            _say(line)


@app.command()
def release(
    year: Annotated[int, typer.Argument(metavar="YEAR", min=1900, max=2099, help="a published year")],
    approved_by: Annotated[str, typer.Option(metavar="WHO", help="who approves")] = "",
    note: Annotated[str, typer.Option(help="what they say about it; kept in the manifest")] = "",
    yes: Annotated[bool, typer.Option("--yes", help="do not ask at the terminal")] = False,
    verify: Annotated[bool, typer.Option("--verify", help="only check what of this year was released before")] = False,
) -> None:
    """Freeze a year's published figures under a name, after showing what changed since the last time."""
    from kexie.approvals import settle
    from reporting.release import Approval, release_year
    from reporting.release_changes import asked_about
    from reporting.release_check import verify as check

    with _warehouse(Role.PUBLISH) as (home, engine):
        if verify:
            check(engine, year, _say)
            return
        asked = asked_about(engine, year)
        for line in (asked.subject, "", *asked.lines):
            _say(line)
        approval = Approval(approved_by or _typed("Who approves", "--approved-by WHO"), note=note)
        if not yes and _typed(f"Release {year}, yes or no", "--yes") != "yes":
            raise UserError("Nothing is released.")
        made = release_year(engine, year, asked.state.publication_id, approval, _say)
    _say(f"`kexie report {year}` writes the report from it.")
    if settle(home, year, made.publication_id, made.name):
        _say("The run that waited for this in Airflow goes on and ends.")


def _typed(question: str, option: str) -> str:
    if not sys.stdin.isatty():
        raise UserError(f"{question}? Nobody is at a terminal to answer, so nothing is released: say {option}.")
    return str(typer.prompt(question)).strip()


@app.command()
def report(
    year: Annotated[int, typer.Argument(metavar="YEAR", min=1900, max=2099, help="a published year")],
    release: Annotated[
        str, typer.Option(metavar="NAME", help="of which release, such as 2021-1; default the year's last, if any")
    ] = "",
) -> None:
    """Write the full-committee report of a year, .docx and .xlsx, into reports/YEAR of the instance folder."""
    from catalogue.load import load
    from reporting.report.writing import write_report

    with _warehouse(Role.OFFICE) as (home, engine):
        write_report(home, engine, load(), year, _say, release)


@app.command()
def why(
    unit: UnitCode,
    indicator: Annotated[str, typer.Argument(metavar="INDICATOR", help="an indicator's code")],
    period: Annotated[str, typer.Argument(metavar="PERIOD", help="2021, 2021-H1, 2021-Q3 or 2021-09")],
    since: Annotated[
        str,
        typer.Option("--from", metavar="X", help="2022-01-10, 2022-01-10T08:00 (Beijing time), or a release's name"),
    ],
    until: Annotated[str | None, typer.Option("--to", metavar="Y", help="the same; default now")] = None,
) -> None:
    """Say why a published number changed between two moments or releases: the reasons, adding up, with their files."""
    from reporting.why import why as explain

    with _warehouse(Role.OFFICE) as (_, engine):
        for line in explain(engine, unit, indicator, period, since, until):
            _say(line)


@app.command("check-report")
def check_report(
    draft: Annotated[Path, typer.Argument(metavar="DRAFT", help="the report's draft, .docx or .txt")],
    year: Annotated[int, typer.Option(min=1900, max=2099, help="the year whose work it reports on")],
    output: Annotated[Path | None, typer.Option(metavar="DIR", help="where to write; default beside the draft")] = None,
) -> None:
    """体检：hold every figure of a draft against what is published, and say which are right and which are not.

    Writes NAME_体检.xlsx, and of a Word draft NAME_体检.docx: a copy with a comment at each figure. The draft itself
    stays as it is. Exit status 0 when it was checked, whatever was found; 1 when it could not be.
    """
    from catalogue.load import load
    from reporting.check_report.checkup import check, write
    from reporting.check_report.table import lines

    catalogue = load()
    with _warehouse(Role.OFFICE) as (_, engine), engine.connect() as connection:
        checked = check(connection, catalogue, draft, year)
    for line in lines(checked.marked, catalogue.check_up):
        _say(line)
    for file in write(checked, catalogue, draft, output or draft.parent):
        _say(f"Wrote {file}.")


@app.command()
def remind(
    day: Annotated[
        datetime | None,
        typer.Option("--on", metavar="DATE", formats=["%Y-%m-%d"], help="as of that day; default today, in Beijing"),
    ] = None,
    show: Annotated[bool, typer.Option("--show", help="only show what would be sent; send nothing")] = False,
) -> None:
    """Remind whoever has not filed, and tell their superiors: by mail (KEXIE_SMTP), else into the outbox; once each."""
    from catalogue.load import load
    from kexie.clock import today
    from notices.settings import channels
    from reporting.reminders import remind as reminding

    asked, mail = day.date() if day else today(), channels().mail
    with _warehouse(Role.INGEST) as (home, engine):
        if not show:
            reminding.remind(home, engine, load(), mail, asked, _say)
            return
        with engine.connect() as connection:
            told = reminding.messages(connection, load(), asked)
    for message in told:
        _say(message.text)
    if not told:
        _say(f"{asked}: nobody is to be reminded of anything that they were not reminded of before.")


@app.command()
def maintain() -> None:
    """Watch the disk, back up and prove it, check archive and releases, clean up; once, without Airflow."""
    from upkeep.maintain import maintain as every_step

    with _warehouse(Role.BACKUP) as (home, engine):
        every_step(home, engine, _say)


@app.command()
def backup() -> None:
    """Back the database up, and prove the backup by restoring it into a scratch database."""
    from upkeep.backup import back_up
    from upkeep.proof import prove

    with _warehouse(Role.BACKUP) as (home, engine):
        prove(home, engine, back_up(home, engine, _say), _say)


@app.command()
def restore(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="a folder that `kexie backup` made")],
    archive: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="copy the received files that are missing here from this archive/"),
    ] = None,
) -> None:
    """Fill this instance's empty database from a backup; all or nothing."""
    from kexie.database import engine, ready
    from upkeep.restore import restore as bring_back
    from upkeep.restore import sentence_on_missing

    home = Home.from_environment()
    empty = engine(home)
    try:
        restored = bring_back(home, empty, folder, archive, _say)
    finally:
        empty.dispose()
    ready(home).dispose()
    if restored.missing:
        raise UserError(sentence_on_missing(home, restored.missing, archive))


if __name__ == "__main__":
    main()
