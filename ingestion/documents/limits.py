"""How much of a document is read, as the catalogue says today."""

from __future__ import annotations

from typing import NamedTuple

from catalogue.model import Catalogue


class Limits(NamedTuple):
    """`seconds` and `converter_megabytes` hold for a converter's whole run, the others for the document."""

    unpacked_megabytes: int
    characters: int
    seconds: int
    converter_megabytes: int

    @classmethod
    def of(cls, catalogue: Catalogue) -> Limits:
        return cls(
            *(
                int(catalogue.thresholds[code].values[-1].value)
                for code in (
                    "unpacked_megabytes",
                    "document_characters",
                    "converter_seconds",
                    "converter_memory_megabytes",
                )
            )
        )
