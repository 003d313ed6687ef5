"""Open an Office file's zip without trusting anything it says about itself.

Everything that another library is about to unpack is unpacked here first, with a limit, because that library has none.
"""

from __future__ import annotations

import zlib
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from ingestion.refusal import Refusal

_MOST_PARTS = 2000
_ENCRYPTED = 0x1
_LOCAL_HEADER = 30
_OPENED_BY_NOBODY = ("docprops/", "xl/comments", "xl/drawings/", "xl/theme/", "xl/worksheets/_rels/")
"""Parts of a workbook that neither we nor the library that reads its cells ever open."""


class Package:
    """The parts of a zip file, each named in lower case: Office ignores case, and so a name may stand only once."""

    def __init__(self, data: bytes, megabytes: int) -> None:
        """Raises Refusal where the file is broken, encrypted, or unpacks to more than so many megabytes."""
        self._data = data
        try:
            infos = ZipFile(BytesIO(data)).infolist()
        except (BadZipFile, ValueError, NotImplementedError, OverflowError) as error:
            raise Refusal("FILE_UNREADABLE") from error
        if any(info.flag_bits & _ENCRYPTED for info in infos):
            raise Refusal("FILE_ENCRYPTED")
        if len(infos) > _MOST_PARTS or sum(info.file_size for info in infos) > megabytes * 1_000_000:
            raise Refusal("FILE_EXPANDS_TOO_FAR", limit=str(megabytes))
        self._infos = {info.filename.lower(): info for info in infos}
        if len(self._infos) < len(infos):
            raise Refusal("FILE_UNREADABLE")

    def __contains__(self, name: str) -> bool:
        return name in self._infos

    def markup(self) -> dict[str, bytes]:
        """Every XML part that anybody opens, unpacked.

        Raises Refusal where one is not as the directory says, or declares entities.
        """
        parts = {
            name: self._unpack(info)
            for name, info in self._infos.items()
            if name.endswith((".xml", ".rels")) and not name.startswith(_OPENED_BY_NOBODY)
        }
        for content in parts.values():
            _refuse_entities(content)
        return parts

    def part(self, name: str) -> bytes:
        """One XML part, unpacked. Raises Refusal where it is not there or as the directory says, or has entities."""
        if name not in self._infos:
            raise Refusal("FILE_UNREADABLE")
        content = self._unpack(self._infos[name])
        _refuse_entities(content)
        return content

    def _unpack(self, info: ZipInfo) -> bytes:
        header = self._data[info.header_offset : info.header_offset + _LOCAL_HEADER]
        extra = int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little")
        start = info.header_offset + _LOCAL_HEADER + extra
        packed = self._data[start : start + info.compress_size]
        content = packed if info.compress_type == ZIP_STORED else _inflate(packed, info)
        if len(content) != info.file_size:
            raise Refusal("FILE_UNREADABLE")
        return content


def _refuse_entities(content: bytes) -> None:
    # A NUL byte betrays UTF-16, in which the search for the other two would see nothing.
    if b"\0" in content or b"<!DOCTYPE" in content or b"<!ENTITY" in content:
        raise Refusal("FILE_UNREADABLE")


def _inflate(packed: bytes, info: ZipInfo) -> bytes:
    if info.compress_type != ZIP_DEFLATED:
        raise Refusal("FILE_UNREADABLE")
    stream = zlib.decompressobj(-15)
    try:
        content = stream.decompress(packed, info.file_size + 1)
        # The end of a stream may need one more step without giving a byte more.
        content += b"" if stream.eof else stream.decompress(stream.unconsumed_tail, 1)
    except zlib.error as error:
        raise Refusal("FILE_UNREADABLE") from error
    if not stream.eof:
        raise Refusal("FILE_UNREADABLE")
    return content
