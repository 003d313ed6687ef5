"""The findings of one file as they are made, and what they reject."""

from __future__ import annotations

from itertools import product

from catalogue.model import Severity
from ingestion import wording
from ingestion.checks.results import Found, Row
from ingestion.context import Context, Key
from ingestion.observations import Place

WHOLE_FILE = Place()
EVERYTHING: Key = ("", "", "")


class Findings:
    """Collects findings; an error among them rejects what it is about."""

    def __init__(self, context: Context) -> None:
        self._sentences = context.sentences
        self.found: list[Found] = []
        self._rejected: set[Key] = set()
        # Of errors in rows that cannot be placed: an empty part stands for any unit, form or period.
        self._rejected_widely: set[Key] = set()

    def about_file(self, code: str, place: Place = WHOLE_FILE, rejects: Key = EVERYTHING, /, **details: str) -> None:
        """A finding about the file or about a row that cannot be placed; an error `rejects` what it might belong to."""
        self._add(None, code, place, "", None, None, details)
        if self._sentences[code].severity is Severity.ERROR:
            self.reject(rejects)

    def about_submission(self, key: Key, code: str, place: Place = WHOLE_FILE, /, **details: str) -> None:
        self._add(key, code, place, "", key[0], None, details)

    def about_row(self, key: Key, row: Row, code: str, /, **details: str) -> None:
        reading, rule = row
        details["indicator_name"] = rule.indicator.name_zh if rule else wording.plain(reading.indicator_code)
        self._add(key, code, reading.place, reading.raw, key[0], reading.indicator_code, details)

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
        place: Place,
        raw: str,
        unit_code: str | None,
        indicator_code: str | None,
        details: dict[str, str],
    ) -> None:
        sentence = self._sentences[code]
        text = sentence.template.format_map(details)
        self.found.append(Found(key, code, sentence.severity, text, unit_code, indicator_code, place, raw))
        if key is not None and sentence.severity is Severity.ERROR:
            self._rejected.add(key)
