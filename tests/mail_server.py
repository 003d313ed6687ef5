"""A mail server and a chat on the loopback, for tests: they keep what they are handed, and misbehave when told to."""

from __future__ import annotations

import base64
import json
import socketserver
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, TypeVar


class MailServer(socketserver.ThreadingTCPServer):
    """Speaks as much SMTP as a client needs. `vanishes_after_data`: it takes a letter and hangs up without a word."""

    allow_reuse_address = daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Session)
        self.letters: list[EmailMessage] = []
        self.refused: set[str] = set()
        self.logins: list[str] = []
        self.takes_password = ""
        self.vanishes_after_data = False
        self.sessions = 0

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}?from=kexie@kexie.example"

    def to(self) -> list[str]:
        """The addresses of every letter, in order."""
        return [str(letter["To"]) for letter in self.letters]


class _Session(socketserver.StreamRequestHandler):
    server: MailServer

    def handle(self) -> None:
        self.server.sessions += 1
        self._say("220 test")
        while line := self.rfile.readline().decode().strip():
            verb = line.upper()
            if verb.startswith("EHLO"):
                self._say("250-test\r\n250-AUTH PLAIN\r\n250 8BITMIME")
            elif verb.startswith("AUTH PLAIN"):
                login, password = base64.b64decode(line.split()[2]).decode().split("\0")[1:]
                self.server.logins.append(login)
                self._say("235 in" if password == self.server.takes_password else f"535 not with {password}")
            elif verb.startswith("RCPT"):
                address = line.split("<")[1].split(">")[0]
                self._say("550 no such box" if address in self.server.refused else "250 ok")
            elif verb == "DATA":
                self._say("354 go on")
                self._take()
                if self.server.vanishes_after_data:
                    return
                self._say("250 taken")
            elif verb == "QUIT":
                self._say("221 bye")
                return
            else:
                self._say("250 ok")

    def _take(self) -> None:
        lines = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
        letter = message_from_bytes(b"".join(lines), policy=policy.default)
        assert isinstance(letter, EmailMessage)
        self.server.letters.append(letter)

    def _say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())


class Chat(ThreadingHTTPServer):
    """Takes what bots are posted. It answers as `answers` says, one after the other, the last for ever."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Webhook)
        self.said: list[dict[str, Any]] = []
        self.paths: list[str] = []
        self.answers: list[tuple[int, dict[str, Any]]] = [(200, {"errcode": 0})]
        self.seconds = 0.0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/send?key=chat-token"


class _Webhook(BaseHTTPRequestHandler):
    server: Chat

    def do_POST(self) -> None:
        time.sleep(self.server.seconds)
        self.server.said.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.server.paths.append(self.path)
        answers = self.server.answers
        status, body = answers.pop(0) if len(answers) > 1 else answers[0]
        self.send_response(status)
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    def log_message(self, *_: object) -> None:
        """Quietly."""


@contextmanager
def mail_server() -> Iterator[MailServer]:
    with _running(MailServer()) as server:
        yield server


@contextmanager
def chat() -> Iterator[Chat]:
    with _running(Chat()) as server:
        yield server


Server = TypeVar("Server", MailServer, Chat)


@contextmanager
def _running(server: Server) -> Iterator[Server]:
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
