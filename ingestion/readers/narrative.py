"""Tell a narrative (文字总结) by what it is; its figures are not read yet, its bytes are kept."""

from __future__ import annotations

from ingestion.observations import FileContent, Place, Problem

EXTENSIONS = frozenset({".txt", ".docx", ".doc", ".pdf"})


def read() -> FileContent:
    """The content of a narrative: nothing but the word that it is kept."""
    return FileContent("narrative", problems=[Problem("NARRATIVE_KEPT", Place(), {})])
