"""Read what was received: a workbook, a CSV or a narrative, told apart by content first and by name second."""

from __future__ import annotations

from pathlib import PurePath

from catalogue.model import Catalogue
from ingestion import documents
from ingestion.documents import pdf, word
from ingestion.observations import FileContent
from ingestion.package import Package
from ingestion.readers import csvfile, narrative, workbook
from ingestion.refusal import Refusal

_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_CSV_HEADER = b"unit_code"
_WPS = frozenset({".et", ".ett", ".wps", ".wpt"})
_KINDS = {".xlsx": "workbook", ".xlsm": "workbook", ".csv": "csv"} | dict.fromkeys(documents.EXTENSIONS, "narrative")
_RUST_PANIC = "PanicException"


def read(name: str, data: bytes, catalogue: Catalogue) -> FileContent:
    """All that a file holds, by its name and bytes alone. Raises nothing: what cannot be read is a problem."""
    try:
        return _dispatch(name, data, catalogue)
    except Refusal as refusal:
        problem = refusal.problem
    except Exception:
        problem = Refusal("FILE_UNREADABLE").problem
    except BaseException as error:
        # A panic of the Rust library behind calamine is no Exception, and yet only says that the file is broken.
        if type(error).__name__ != _RUST_PANIC:
            raise
        problem = Refusal("FILE_UNREADABLE").problem
    return FileContent(_KINDS.get(_extension(name), "unknown"), problems=[problem])


def _extension(name: str) -> str:
    return PurePath(name).suffix.lower()


def _dispatch(name: str, data: bytes, catalogue: Catalogue) -> FileContent:
    extension = _extension(name)
    text = data[:100].removeprefix(_BYTE_ORDER_MARK).strip()
    if not data.removeprefix(_BYTE_ORDER_MARK).strip():
        raise Refusal("FILE_EMPTY")
    _refuse_large(data, _limit(catalogue, "file_megabytes"))
    if data.startswith(_ZIP):
        return _read_zip(name, data, catalogue)
    if data.startswith(_OLE):
        return _read_ole(name, data, catalogue)
    if pdf.is_pdf(extension, data):
        return narrative.read(name, data, catalogue)
    if extension == ".csv" or text.strip(b'"').startswith(_CSV_HEADER):
        return csvfile.read(data, catalogue)
    if extension in (".txt", ".doc"):
        return narrative.read(name, data, catalogue)
    raise _unread(extension)


def _refuse_large(data: bytes, megabytes: int) -> None:
    if len(data) > megabytes * 1_000_000:
        raise Refusal("FILE_TOO_LARGE", megabytes=f"{len(data) / 1_000_000:.1f}", limit=str(megabytes))


def _read_zip(name: str, data: bytes, catalogue: Catalogue) -> FileContent:
    limit = _limit(catalogue, "unpacked_megabytes")
    package = Package(data, limit)
    if "xl/workbook.xml" in package:
        return workbook.read(data, package, catalogue, limit)
    if word.is_document(package):
        return narrative.read(name, data, catalogue)
    if "mimetype" in package and "content.xml" in package:
        raise Refusal("FILE_OPEN_DOCUMENT")
    raise _unread(_extension(name))


def _read_ole(name: str, data: bytes, catalogue: Catalogue) -> FileContent:
    """The container of older office programs, and of files with a password."""
    extension = _extension(name)
    if _stream("EncryptedPackage") in data:
        raise Refusal("FILE_ENCRYPTED")
    if extension in _WPS:
        raise Refusal("FILE_SAVED_BY_WPS", extension=extension)
    if _stream("Workbook") in data or _stream("Book") in data:
        raise Refusal("FILE_OLD_EXCEL")
    if _stream("WordDocument") in data:
        return narrative.read(name, data, catalogue)
    raise _unread(extension)


def _stream(name: str) -> bytes:
    """A name as the directory of such a container writes it."""
    return f"{name}\0".encode("utf-16-le")


def _unread(extension: str) -> Refusal:
    if extension in _WPS:
        return Refusal("FILE_SAVED_BY_WPS", extension=extension)
    if extension == ".xls":
        return Refusal("FILE_OLD_EXCEL")
    if extension in _KINDS:
        return Refusal("FILE_UNREADABLE")
    return Refusal("FILE_KIND_UNKNOWN", extension=extension)


def _limit(catalogue: Catalogue, threshold: str) -> int:
    return int(catalogue.thresholds[threshold].values[-1].value)
