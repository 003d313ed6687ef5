"""A process that outlives whoever started it, found again through its pid file, with everything it started in turn."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil


@dataclass(frozen=True, slots=True)
class Session:
    """The leader of an operating system's session and its members, or what became of them."""

    file: Path

    def start(self, command: Sequence[str], environment: Mapping[str, str], log: Path) -> None:
        """Run a command as a session of its own, with its output in `log`; the output before is kept beside it."""
        if log.exists():
            log.replace(log.with_name(f"{log.name}.1"))
        # Appending: where the log is cut while the program writes, it goes on at the new end and not after a gap.
        with log.open("a") as output:
            process = subprocess.Popen(
                command, env=dict(environment), stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                start_new_session=True,
            )  # fmt: skip
        self.file.write_text(json.dumps({"pid": process.pid, "since": psutil.Process(process.pid).create_time()}))

    @property
    def known(self) -> bool:
        """Whether it was started and not ended by us since."""
        return self.file.exists()

    @property
    def leader(self) -> int:
        """The process id of the command that was run; it is the session's number too."""
        return int(self._record()["pid"])

    @property
    def since(self) -> float:
        """When the leader started, in seconds since 1970."""
        return float(self._record()["since"])

    def alive(self) -> bool:
        """Whether the leader runs."""
        return self.known and self.leader in self.members()

    def members(self) -> list[int]:
        """The process ids of the session: those of the leader and of all that it started, in whatever process group."""
        if not self.known:
            return []
        leader, since = self.leader, self.since
        if since < psutil.boot_time() - 1 or _is_another(leader, since):
            return []
        return [pid for pid in psutil.pids() if _session_of(pid) == leader and _runs(pid)]

    def terminate(self, *, everyone: bool) -> None:
        """Ask everyone in the session to end, or the leader only, which then ends the others itself."""
        self._signal([pid for pid in self.members() if everyone or pid == self.leader], signal.SIGTERM)

    def kill(self) -> None:
        """End whatever is left, wait until it has let go of its ports, and forget the session."""
        while left := self.members():
            self._signal(left, signal.SIGKILL)
            time.sleep(0.02)
        self.file.unlink(missing_ok=True)

    def _record(self) -> dict[str, float]:
        record: dict[str, float] = json.loads(self.file.read_text())
        return record

    @staticmethod
    def _signal(pids: Sequence[int], number: signal.Signals) -> None:
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, number)


def _is_another(leader: int, since: float) -> bool:
    """Whether the number has gone to another process; the system gives none away while its session has members."""
    try:
        return abs(float(psutil.Process(leader).create_time()) - since) > 1
    except psutil.NoSuchProcess:
        return False


def _session_of(pid: int) -> int | None:
    try:
        return os.getsid(pid)
    except (ProcessLookupError, PermissionError):
        return None


def _runs(pid: int) -> bool:
    """A process that has ended stays listed as a zombie until its parent takes note."""
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False
