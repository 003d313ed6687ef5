"""Run a converter on a document that nobody trusts: in a folder of its own, with limits, without macros and network."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from ingestion.documents.limits import Limits
from ingestion.refusal import Refusal

_MOST_SAID = 2000
_LIMITED = 'ulimit -t "$1"; ulimit -v "$2"; ulimit -f "$3"; shift 3; exec "$@"'
_OFFICES = ("soffice", "libreoffice")
_DEAD_END = "http://127.0.0.1:9"

# A profile that runs no macro, follows no link, and reaches the network only through a proxy that is not there.
_PROFILE = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry" xmlns:xs="http://www.w3.org/2001/XMLSchema"
  xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
{items}
</oor:items>
"""
_SETTINGS = (
    ("/org.openoffice.Office.Common/Security/Scripting", "DisableMacrosExecution", "true"),
    ("/org.openoffice.Office.Common/Security/Scripting", "MacroSecurityLevel", "3"),
    ("/org.openoffice.Office.Common/Security/Scripting", "BlockUntrustedRefererLinks", "true"),
    ("/org.openoffice.Office.Common/Security/Scripting", "DisableActiveContent", "true"),
    ("/org.openoffice.Office.Writer/Content/Update", "Link", "0"),
    ("/org.openoffice.Inet/Settings", "ooInetProxyType", "2"),
    ("/org.openoffice.Inet/Settings", "ooInetHTTPProxyName", "127.0.0.1"),
    ("/org.openoffice.Inet/Settings", "ooInetHTTPProxyPort", "9"),
    ("/org.openoffice.Inet/Settings", "ooInetHTTPSProxyName", "127.0.0.1"),
    ("/org.openoffice.Inet/Settings", "ooInetHTTPSProxyPort", "9"),
)


class Conversion:
    """What a converter wrote and said; `status` is None where it was stopped for taking too long."""

    def __init__(self, status: int | None, output: bytes, said: str) -> None:
        self.status, self.output, self.said = status, output, said


def converted_to_docx(data: bytes, limits: Limits) -> bytes:
    """An old Word document as a .docx, made by LibreOffice. Raises Refusal where that is not there or gives none."""
    office = next((found for name in _OFFICES if (found := shutil.which(name))), None)
    if office is None:
        raise Refusal("CONVERTER_MISSING", extension=".doc", program="LibreOffice Writer", package="libreoffice-writer")
    with own_folder() as folder:
        (folder / "document.doc").write_bytes(data)
        user = folder / "profile" / "user"
        user.mkdir(parents=True)
        items = "\n".join(
            f'<item oor:path="{path}"><prop oor:name="{name}" oor:op="fuse"><value>{value}</value></prop></item>'
            for path, name, value in _SETTINGS
        )
        (user / "registrymodifications.xcu").write_text(_PROFILE.format(items=items), encoding="utf-8")
        command = [
            *(office, f"-env:UserInstallation={(folder / 'profile').as_uri()}"),
            *("--headless", "--norestore", "--nolockcheck", "--nodefault", "--nofirststartwizard"),
            *("--infilter=MS Word 97", "--convert-to", "docx:MS Word 2007 XML", "--outdir", str(folder / "out")),
            str(folder / "document.doc"),
        ]
        run(command, folder, limits)
        made = folder / "out" / "document.docx"
        if not made.is_file() or made.stat().st_size > limits.unpacked_megabytes * 1_000_000:
            raise Refusal("CONVERSION_FAILED", extension=".doc")
        return made.read_bytes()


def run(command: Sequence[str], folder: Path, limits: Limits) -> Conversion:
    """Run a converter in its folder until it ends or has taken too long; nothing that it started outlives this."""
    kilobytes, blocks = limits.converter_megabytes * 1000, limits.unpacked_megabytes * 2000
    limited = ["/bin/sh", "-c", _LIMITED, "sh", str(limits.seconds), str(kilobytes), str(blocks), *command]
    with (folder / "stdout").open("w+b") as output, (folder / "stderr").open("w+b") as said:
        process = subprocess.Popen(
            limited,
            cwd=folder,
            env=_environment(folder),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=said,
            start_new_session=True,
        )
        status: int | None = None
        try:
            status = process.wait(limits.seconds)
        except subprocess.TimeoutExpired:
            pass
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        output.seek(0)
        said.seek(0)
        written = output.read(limits.unpacked_megabytes * 1_000_000)
        return Conversion(status, written, said.read(_MOST_SAID).decode("utf-8", "replace"))


def _environment(folder: Path) -> dict[str, str]:
    """Nothing of ours but the path: a converter is told no secret."""
    proxies = dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"), _DEAD_END)
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(folder),
        "TMPDIR": str(folder),
        "LANG": "C.UTF-8",
        "LC_ALL": "C.UTF-8",
        **proxies,
    }


@contextlib.contextmanager
def own_folder() -> Iterator[Path]:
    """A folder for one conversion, gone with everything in it afterwards."""
    with tempfile.TemporaryDirectory(prefix="kexie-document-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)
