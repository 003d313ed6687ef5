"""Why a file, or a part of it, is not read."""

from __future__ import annotations

from ingestion.observations import Place, Problem


class Refusal(Exception):  # noqa: N818 - it is an answer to the submitter, not an error of ours
    """Raised inside a reader and told as the problem it carries; it never leaves `readers.read`."""

    def __init__(self, code: str, place: Place | None = None, **details: str) -> None:
        super().__init__(code)
        self.problem = Problem(code, place or Place(), details)
