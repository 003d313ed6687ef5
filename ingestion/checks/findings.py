"""The findings of one file as they are made, and what they reject."""

from __future__ import annotations

from itertools import product

from catalogue.model import Indicator, Severity
from ingestion import wording
from ingestion.checks.results import Found, Row
from ingestion.context import Context, Key
from ingestion.observations import ListedName, Place
from ingestion.periods import parse_period

WHOLE_FILE = Place()
EVERYTHING: Key = ("", "", "")

ANSWERS = {
    Severity.EXPLAIN: "无误的请在“说明”一栏（CSV 为 note 列）选择或写明原因后重报",
    Severity.WARNING: "无误的不必再报",
}
"""What is asked of whoever has nothing to correct, by how grave the finding is; sentences name it {answer}."""


class Findings:
    """Collects findings; an error among them rejects what it is about."""

    def __init__(self, context: Context) -> None:
        self._sentences, self._today = context.sentences, context.today
        self.found: list[Found] = []
        self._rejected: set[Key] = set()
        # Of errors in rows that cannot be placed: an empty part stands for any unit, form or period.
        self._rejected_widely: set[Key] = set()

    def about_file(self, code: str, place: Place = WHOLE_FILE, rejects: Key = EVERYTHING, /, **details: str) -> None:
        """A finding about the file or about a row that cannot be placed; an error `rejects` what it might belong to."""
        severity = self._severity(code, None)
        self._add(None, code, severity, place, "", None, None, details)
        if severity is Severity.ERROR:
            self.reject(rejects)

    def about_submission(self, key: Key, code: str, place: Place = WHOLE_FILE, /, **details: str) -> None:
        self._add(key, code, self._severity(code, key), place, "", key[0], None, details)

    def about_row(self, key: Key, row: Row, code: str, severity: Severity | None = None, /, **details: str) -> None:
        """A finding at a row; `severity` where another rule than the finding's own says how grave it is."""
        reading, rule = row
        details["indicator_name"] = rule.indicator.name_zh if rule else wording.plain(reading.indicator_code)
        grave = severity or self._severity(code, key)
        self._add(key, code, grave, reading.place, reading.raw, key[0], reading.indicator_code, details)

    def about_blank(self, key: Key, indicator: Indicator, code: str, place: Place, /, **details: str) -> None:
        """A finding at a figure that is not there."""
        details["indicator_name"] = indicator.name_zh
        self._add(key, code, self._severity(code, key), place, "", key[0], indicator.code, details)

    def about_name(
        self, key: Key, indicator: Indicator, one: ListedName, place: Place, code: str, /, **details: str
    ) -> None:
        """A finding at one name of a list, or beside it."""
        details = {"indicator_name": indicator.name_zh, "name": wording.plain(one.name)} | details
        self._add(key, code, self._severity(code, key), place, one.name, key[0], indicator.code, details)

    def reject(self, widely: Key) -> None:
        """Reject every submission of the file that fits; an empty part stands for any."""
        self._rejected_widely.add(widely)

    @property
    def reject_everything(self) -> bool:
        return EVERYTHING in self._rejected_widely

    def has_rejected(self, key: Key) -> bool:
        if key in self._rejected:
            return True
        if not self._rejected_widely:
            return False
        return any(wide in self._rejected_widely for wide in product(*((part, "") for part in key)))

    def _add(
        self,
        key: Key | None,
        code: str,
        severity: Severity,
        place: Place,
        raw: str,
        unit_code: str | None,
        indicator_code: str | None,
        details: dict[str, str],
    ) -> None:
        sentence = self._sentences[code]
        text = (sentence.says + sentence.asks).format_map({"answer": ANSWERS.get(severity, "")} | details)
        self.found.append(Found(key, code, severity, text, unit_code, indicator_code, place, raw))
        if key is not None and severity is Severity.ERROR:
            self._rejected.add(key)

    def _severity(self, code: str, key: Key | None) -> Severity:
        """How grave a finding is for the period it is about; for a file as a whole, today."""
        period = parse_period(key[2]) if key else None
        return self._sentences[code].severities.on(period.last_day if period else self._today)
