"""A file on its way to the inbox, and its bytes: the same each time."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass, field
from decimal import Decimal
from xml.sax.saxutils import escape

from catalogue.load import load
from ingestion.names_layout import NameRow
from ingestion.periods import Period, parse_period
from ingestion.templates import TemplateUnit, write
from sample_province.rows import Row, to_csv
from sample_province.units import Province, Unit, province

_STAMP = (2022, 1, 1, 0, 0, 0)
_WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_RELATIONSHIPS = "http://schemas.openxmlformats.org/package/2006/relationships"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
_OPENXML = "application/vnd.openxmlformats"
_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'


@dataclass(slots=True)
class Delivery:
    """One file. `rows` fill a workbook or a CSV, `text` a narrative; a file that breaks off keeps `kept_bytes`.

    `names` are those of the lists in a CSV.
    """

    submitter: str
    name: str
    kind: str
    unit: str
    period: str
    rows: list[Row] = field(default_factory=list)
    text: str = ""
    encoding: str = "utf-8"
    kept_bytes: int | None = None
    names: list[NameRow] = field(default_factory=list)

    @property
    def path(self) -> str:
        """Below the folder of the sample, beginning with the submitter's own."""
        return f"inbox/{self.submitter}/{self.name}"

    @property
    def span(self) -> Period:
        period = parse_period(self.period)
        if period is None:
            raise ValueError(self.period)
        return period

    def content(self) -> bytes:
        """The bytes of the file."""
        return self._whole()[: self.kept_bytes]

    def _whole(self) -> bytes:
        if self.kind == "workbook":
            return self._workbook()
        if self.kind == "csv":
            return to_csv(self.rows, form_of, self.encoding, self.names)
        return _document(self.text) if self.name.endswith(".docx") else self.text.encode()

    def _workbook(self) -> bytes:
        target = io.BytesIO()
        figures = {(form_of(row.indicator), row.indicator, row.scope): (_cell(row), row.note) for row in self.rows}
        tree = province()
        write(target, template_unit(tree, tree.units[self.unit]), self.span, load(), figures)
        return target.getvalue()


def form_of(indicator: str) -> str:
    """The form an indicator belongs to; one that the catalogue lacks is put into the form it would be sought in."""
    known = load().indicators.get(indicator)
    return known.form if known else "popularisation"


def template_unit(tree: Province, unit: Unit) -> TemplateUnit:
    return TemplateUnit(unit.code, unit.name, unit.level, unit.unit_type, bool(tree.children(unit.code)))


def _cell(row: Row) -> Decimal | str:
    if row.state == "not_applicable":
        return "-"
    if row.state == "redacted":
        return "**"
    if row.value is None:
        raise ValueError(f"{row.unit} {row.indicator}: a workbook takes exact numbers only")
    return f"{row.value:f}" if load().indicators[row.indicator].is_percentage else row.value


def _document(text: str) -> bytes:
    """A Word file of plain paragraphs."""
    paragraphs = "".join(f"<w:p><w:r><w:t>{escape(line)}</w:t></w:r></w:p>" for line in text.splitlines())
    parts = {
        "[Content_Types].xml": (
            f'<Types xmlns="{_TYPES}">'
            f'<Default Extension="rels" ContentType="{_OPENXML}-package.relationships+xml"/>'
            '<Override PartName="/word/document.xml" '
            f'ContentType="{_OPENXML}-officedocument.wordprocessingml.document.main+xml"/></Types>'
        ),
        "_rels/.rels": (
            f'<Relationships xmlns="{_RELATIONSHIPS}">'
            f'<Relationship Id="rId1" Type="{_OFFICE}/officeDocument" Target="word/document.xml"/></Relationships>'
        ),
        "word/document.xml": f'<w:document xmlns:w="{_WORD}"><w:body>{paragraphs}</w:body></w:document>',
    }
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in parts.items():
            package.writestr(zipfile.ZipInfo(name, _STAMP), _XML + content)
    return target.getvalue()
