"""The check of one file, phase by phase."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from itertools import groupby

from catalogue.model import NARRATIVE, Phase, Severity
from ingestion import wording
from ingestion.checks import adjustments, against_catalogue, copies, logic, names, prose, syntax
from ingestion.checks.filing import Filing
from ingestion.checks.findings import WHOLE_FILE, Findings
from ingestion.checks.results import Checked, Found, Row, Submission
from ingestion.context import Approval, Context, Figures, Key
from ingestion.observations import FileContent, Place, Problem
from ingestion.periods import parse_period

DROPPED_NAMED = 20

EXAMPLES = {"unit_code": "410100", "period": "2021", "indicator_code": "sp_activity_count"}


def grouped(content: FileContent, context: Context) -> dict[Key, list[Row]]:
    """The rows of each submission, in order. A row that cannot be placed is left out; `FileCheck` says so.

    A row that makes no reading files its submission all the same: rejected, it must not be missing.
    """
    spoilt = (_key_of(problem) for problem in content.problems)
    groups: dict[Key, list[Row]] = {key: [] for key in content.filed if all(key)}
    groups |= {key: [] for key in spoilt if all(key) and parse_period(key[2])}
    rules = context.rules
    for reading in content.readings:
        rule = rules.get(reading.indicator_code)
        form = reading.form or (rule.indicator.form if rule else "")
        if form and reading.unit_code and reading.period and reading.indicator_code:
            groups.setdefault((reading.unit_code, form, reading.period), []).append(Row(reading, rule))
    return groups


def _by_period(key: Key) -> tuple[str, str]:
    return key[2], key[0]


def _key_of(problem: Problem) -> Key:
    """What a row that could not be read files; a part is empty where it does not say."""
    details = problem.details
    return details.get("unit_code", ""), details.get("form", ""), details.get("period", "")


class FileCheck:
    """Call `check` once."""

    def __init__(self, content: FileContent, context: Context, submitter: str, ids: Iterator[int]) -> None:
        self._content, self._context, self._submitter, self._ids = content, context, submitter, ids
        self._catalogue = context.catalogue
        self._findings = Findings(context)
        self._figures: dict[Key, Figures] = {}
        self._names = names.grouped(content, context)
        self._blank: dict[str, dict[str, Place]] = defaultdict(dict)
        for form, code, place in content.blank:
            self._blank[form][code] = place

    def check(self) -> Checked:
        groups = grouped(self._content, self._context)
        self._check_file(groups)
        filings: dict[Key, Filing] = {}
        if not self._findings.reject_everything:
            self._check_unplaced()
            # Years ascend, so that a year can be compared with the year before in the same file.
            for _, keys in groupby(sorted(groups, key=_by_period), key=_by_period):
                filings |= self._check_together({key: groups[key] for key in keys})
            copies.check_periods(self._findings, groups.items())
            adjustments.check(self._findings, self._context, filings)
        submissions = [self._submission(key, len(rows), filings.get(key)) for key, rows in groups.items()]
        return self._checked(outcome_of(submissions, self._findings.found), submissions)

    def _checked(self, outcome: str, submissions: list[Submission]) -> Checked:
        content = self._content
        return Checked(outcome, content.kind, content.form_version, submissions, self._findings.found, content.text)

    def _check_file(self, groups: dict[Key, list[Row]]) -> None:
        if self._submitter not in self._context.tree.spans:
            self._findings.about_file("SUBMITTER_UNKNOWN", submitter=wording.plain(self._submitter))
        for problem in self._content.problems:
            self._take_problem(problem, groups)
        if not groups and not self._content.readings and not self._findings.found:
            self._findings.about_file("NOTHING_FILED")

    def _take_problem(self, problem: Problem, groups: Collection[Key]) -> None:
        """What the reader could not read. A row's problem that says what it files rejects no more than that."""
        if self._catalogue.findings[problem.code].phase is Phase.FILE:
            self._findings.about_file(problem.code, problem.place, **problem.details)
        elif (key := _key_of(problem)) in groups:
            self._findings.about_submission(key, problem.code, problem.place, **problem.details)
        else:
            self._findings.about_file(problem.code, problem.place, key, **problem.details)

    def _check_unplaced(self) -> None:
        """Rows of which nobody can tell to which submission they belong: they reject each that it could be."""
        rules = self._context.rules
        for reading in self._content.readings:
            unit, form, period, code = reading.unit_code, reading.form, reading.period, reading.indicator_code
            if not (unit and period and code):
                for column, content in (("unit_code", unit), ("period", period), ("indicator_code", code)):
                    if not content:
                        rejects = (unit, form, period)
                        details = {"column": column, "example": EXAMPLES[column]}
                        self._findings.about_file("FIELD_BLANK", reading.place, rejects, **details)
            elif not form and code not in rules:
                against_catalogue.add_unknown_indicator(self._findings, self._context, None, Row(reading, None))

    def _check_together(self, groups: dict[Key, list[Row]]) -> dict[Key, Filing]:
        """The submissions of one unit and period: each by itself, then the forms without an error together."""
        filings = {key: filing for key, rows in groups.items() if (filing := self._check_submission(key, rows))}
        forms = self._catalogue.forms
        sound = [one for key, one in filings.items() if key[1] in forms and not self._findings.has_rejected(key)]
        if sound:
            logic.doubt_together(self._findings, self._context, sound[0].period, sound)
        self._figures |= {key: filing.figures for key, filing in filings.items()}
        return filings

    def _check_submission(self, key: Key, rows: list[Row]) -> Filing | None:
        """The observations that pass, where unit and period are known; what does not pass is found."""
        findings, context = self._findings, self._context
        place = rows[0].reading.place if rows else WHOLE_FILE
        period = parse_period(key[2])
        if period is None:
            findings.about_submission(key, "PERIOD_UNREADABLE", place, period=wording.plain(key[2]))
        sound = syntax.sound_rows(findings, context, key, rows)
        if self._content.kind != NARRATIVE:
            against_catalogue.reject_unknown_form(findings, self._catalogue, key, rows, place)
        span = against_catalogue.unit_of(findings, context, self._submitter, key, period, place)
        known = against_catalogue.known_rows(findings, context, key, sound, span)
        if period is None or span is None:
            return None
        known, named = names.check(findings, context, key, period, span, self._names.get(key, {}), known)
        last_year = context.last_years_figures(key, period, self._figures)
        filing = logic.observe(findings, context, key, known, period, last_year)
        filing.names = named
        filing.blank = self._blank.get(key[1], {})
        prose.compare(findings, context, key, known, filing.figures)
        return filing

    def _submission(self, key: Key, figures_read: int, filing: Filing | None) -> Submission:
        period = parse_period(key[2])
        year = period.year if period else None
        if self._findings.has_rejected(key):
            return Submission(next(self._ids), key, year, False, figures_read, [], {})
        figures, observed = self._figures[key], list(filing.observed.values()) if filing else []
        self._tell_what_is_missing(key, figures)
        named = filing.names if filing else []
        names.tell_changes(self._findings, self._context, key, self._context.in_force.get(key), named)
        explained = filing.explained if filing else ()
        print_ = filing.figures_print if filing else ""
        return Submission(next(self._ids), key, year, True, figures_read, observed, figures, print_, explained, named)

    def _tell_what_is_missing(self, key: Key, figures: Figures) -> None:
        if not figures:
            code = "NARRATIVE_NO_FIGURES" if key[1] == NARRATIVE else "NO_FIGURES"
            self._findings.about_submission(key, code, form_title=self._catalogue.form_title(key[1]))
        before = self._context.in_force.get(key)
        dropped = [cell for cell in before.figures if cell not in figures] if before else []
        if before and dropped:
            named = "、".join(map(self._cell_name, dropped[:DROPPED_NAMED]))
            self._findings.about_submission(
                key,
                "REVISION_DROPPED",
                submission=str(before.submission_id),
                count=str(len(dropped)),
                dropped=f"{named}等" if len(dropped) > DROPPED_NAMED else named,
            )
        if before and before.approvals:
            self._findings.about_submission(
                key,
                "APPROVAL_DROPPED",
                submission=str(before.submission_id),
                approvals="；".join(map(self._approval, before.approvals)),
            )

    def _approval(self, approval: Approval) -> str:
        spans = self._context.tree.spans.get(approval.approver_code)
        unit = spans[-1].name if spans else approval.approver_code
        return f"{unit} {wording.plain(approval.approved_by)}，{approval.approved_at:%Y-%m-%d %H:%M}"

    def _cell_name(self, cell: tuple[str, str, str]) -> str:
        code, scope, status = cell
        rule = self._context.rules.get(code)
        if rule is None:
            return code
        words = [self._catalogue.label("scopes", scope)] if scope != "own" else []
        words += [self._catalogue.label("statuses", status)] if status != rule.indicator.default_status else []
        return f"{rule.indicator.name_zh}（{'，'.join(words)}）" if words else rule.indicator.name_zh


def outcome_of(submissions: Sequence[Submission], found: Sequence[Found]) -> str:
    """What becomes of a file with these submissions and findings, in the words of landing.delivery."""
    accepted = [submission for submission in submissions if submission.is_accepted]
    if not accepted:
        return "rejected"
    # An error in a row that cannot be placed leaves that row out, even where no submission is rejected with it.
    if any(finding.severity is Severity.ERROR for finding in found):
        return "partly_rejected"
    return "held" if any(observed.is_held for one in accepted for observed in one.observations) else "accepted"
