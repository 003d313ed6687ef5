"""Read files in another process, beside the checking and storing of those before.

The process is started afresh and not forked: a fork would hold on to the database session, and with it to the lock of
the only writer, of a run that was killed. It ends by itself as soon as nobody can ask it any more.
"""

from __future__ import annotations

import contextlib
import gc
import pickle
import signal
import subprocess
import sys
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import IO

from catalogue.model import Catalogue
from ingestion import readers

_LENGTH = 8
"""Bytes before each answer that say how long it is."""


class ReaderProcess:
    """Ask it for files, then take the answers in the same order; both directions are pickles through pipes."""

    def __init__(self, catalogue: Catalogue) -> None:
        # -P: a file of the working directory must not pass for a module.
        command = [sys.executable, "-P", "-m", __name__]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._answers: SimpleQueue[bytes] = SimpleQueue()
        Thread(target=self._take_answers, daemon=True).start()
        self._send(catalogue)

    def ask(self, name: str, path: Path) -> None:
        """Ask for the content of the file at `path`, by the name under which it was sent."""
        self._send((name, path))

    def answer(self) -> bytes:
        """The pickled FileContent of the next file asked for; empty when the process came to an untimely end."""
        answer = self._answers.get()
        if not answer:
            self._answers.put(answer)
        return answer

    def stop(self) -> None:
        self._process.kill()
        # Closing the pipe tries once more to write what nobody read.
        with contextlib.suppress(BrokenPipeError):
            self._pipe(self._process.stdin).close()
        self._process.wait()

    def _send(self, message: object) -> None:
        requests = self._pipe(self._process.stdin)
        with contextlib.suppress(BrokenPipeError):
            pickle.dump(message, requests)
            requests.flush()

    def _take_answers(self) -> None:
        """Keep the pipe empty, so that the process never waits for us."""
        with self._pipe(self._process.stdout) as answers:
            while length := int.from_bytes(answers.read(_LENGTH), "big"):
                answer = answers.read(length)
                if len(answer) < length:
                    break
                self._answers.put(answer)
        self._answers.put(b"")

    @staticmethod
    def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
        assert pipe is not None  # noqa: S101 - Popen was asked for it
        return pipe


def _serve(requests: IO[bytes], answers: IO[bytes]) -> None:
    catalogue = pickle.load(requests)  # noqa: S301 - what our own parent wrote
    gc.freeze()
    with contextlib.suppress(EOFError, BrokenPipeError):
        while True:
            name, path = pickle.load(requests)  # noqa: S301
            answer = pickle.dumps(readers.read(name, path.read_bytes(), catalogue), pickle.HIGHEST_PROTOCOL)
            answers.write(len(answer).to_bytes(_LENGTH, "big") + answer)
            answers.flush()


if __name__ == "__main__":
    # Who interrupts a run means the parent.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _serve(sys.stdin.buffer, sys.stdout.buffer)
