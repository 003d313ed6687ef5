"""The text of a document: .txt, .docx, and where a converter is installed .doc and .pdf.

The same bytes give the same text, and what stands in it is addressed by its code points from then on. Whatever is sent,
the answer is a text or one refusal, within the limits of the catalogue.
"""

from __future__ import annotations

import re
from pathlib import PurePath

from catalogue.model import Catalogue
from ingestion.documents import pdf, plain, word
from ingestion.documents.converters import converted_to_docx
from ingestion.documents.limits import Limits
from ingestion.package import Package
from ingestion.refusal import Refusal

EXTENSIONS = (".docx", ".txt", ".pdf", ".doc")
_ZIP = b"PK\x03\x04"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_LINE_ENDS = re.compile("\r\n?|[\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
_UNSEEN = re.compile("[\x00-\x08\x0e-\x1b\x1f\x7f-\x84\x86-\x9f]")


def document_text(name: str, data: bytes, catalogue: Catalogue) -> str:
    """The text of a document, its lines ended by line feeds. Raises Refusal where it has none that can be read."""
    limits = Limits.of(catalogue)
    extension = PurePath(name).suffix.lower()
    text = _cleaned(_text(extension, data, limits))
    if not text.strip():
        raise Refusal("DOCUMENT_WITHOUT_TEXT")
    if len(text) > limits.characters:
        raise Refusal("DOCUMENT_TOO_LONG", limit=str(limits.characters))
    return text


def _text(extension: str, data: bytes, limits: Limits) -> str:
    if data.startswith(_ZIP):
        return word.text(Package(data, limits.unpacked_megabytes), limits)
    if data.startswith(_OLE):
        docx = converted_to_docx(data, limits)
        return word.text(Package(docx, limits.unpacked_megabytes), limits)
    if pdf.is_pdf(extension, data):
        return pdf.text(data, limits)
    if extension == ".txt":
        return plain.text(data)
    raise Refusal("DOCUMENT_OF_ANOTHER_KIND", extension=extension)


def _cleaned(text: str) -> str:
    """The text with one kind of line end and a blank for each character that nobody sees; no other moves its place."""
    return _UNSEEN.sub(" ", _LINE_ENDS.sub("\n", text))
