"""Letters by SMTP. Whoever sends one is told whether it went, did not go, or may have gone."""

from __future__ import annotations

import smtplib
import ssl
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import formatdate
from types import TracebackType

from notices.settings import MailServer

SECONDS = 20
"""How long a server has for each answer."""


@dataclass(frozen=True, slots=True)
class Letter:
    """`key` names the letter for ever: a server that is handed it twice can tell."""

    key: str
    to: tuple[str, ...]
    subject: str
    text: str
    html: str = ""


class NotSentError(Exception):
    """The letter has not gone, to nobody; the message says why, without any secret."""


class NotConnectedError(NotSentError):
    """The server takes no letter at all: it is away, or lets nobody in."""


class MaybeSentError(Exception):
    """The connection broke after the letter was handed over and before the server said that it has it."""


class Mailer:
    """One session with a server, opened with the first letter. Letters to nobody are a programming error."""

    def __init__(self, server: MailServer) -> None:
        self._server = server
        self._session: smtplib.SMTP | None = None

    def __enter__(self) -> Mailer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()

    def send(self, letter: Letter) -> tuple[str, ...]:
        """Hand a letter over; returns the addresses that the server refused. Raises NotSentError, MaybeSentError."""
        session = self._opened()
        try:
            refused = session.send_message(self._message(letter))
        except smtplib.SMTPRecipientsRefused:
            raise NotSentError(f"{self._name} refused every address of the letter") from None
        except (smtplib.SMTPSenderRefused, smtplib.SMTPDataError, smtplib.SMTPNotSupportedError) as error:
            raise NotSentError(
                f"{self._name} refused the letter ({getattr(error, 'smtp_code', 'unsupported')})"
            ) from None
        except (smtplib.SMTPException, OSError) as error:
            self._close()
            raise MaybeSentError(f"{self._name} did not say whether it has the letter ({_what(error)})") from None
        return tuple(refused)

    @property
    def _name(self) -> str:
        return f"the mail server {self._server.host}:{self._server.port}"

    def _opened(self) -> smtplib.SMTP:
        if self._session is not None:
            return self._session
        server, context = self._server, ssl.create_default_context()
        if server.is_local:
            # Its name is not what certificates are made out to, and nobody is between.
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        try:
            session = (
                smtplib.SMTP_SSL(server.host, server.port, timeout=SECONDS, context=context)
                if server.is_encrypted
                else smtplib.SMTP(server.host, server.port, timeout=SECONDS)
            )
        except (smtplib.SMTPException, OSError) as error:
            raise NotConnectedError(f"{self._name} did not answer ({_what(error)})") from None
        try:
            self._enter(session, context)
        except (smtplib.SMTPException, OSError) as error:
            session.close()
            raise NotConnectedError(f"{self._name} let nobody in ({_what(error)})") from None
        self._session = session
        return session

    def _enter(self, session: smtplib.SMTP, context: ssl.SSLContext) -> None:
        session.ehlo()
        if not self._server.is_encrypted and (session.has_extn("starttls") or not self._server.is_local):
            session.starttls(context=context)
            session.ehlo()
        if self._server.login:
            session.login(self._server.login, self._server.password)

    def _message(self, letter: Letter) -> EmailMessage:
        message = EmailMessage()
        message["From"] = self._server.sender
        message["To"] = ", ".join(letter.to)
        message["Subject"] = letter.subject
        message["Date"] = formatdate(localtime=True)
        message["Message-ID"] = f"<{letter.key}@{self._server.sender.rpartition('@')[2]}>"
        # So that no holiday answer comes back.
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(letter.text)
        if letter.html:
            message.add_alternative(letter.html, subtype="html")
        return message

    def _close(self) -> None:
        if self._session is not None:
            session, self._session = self._session, None
            try:
                session.quit()
            except (smtplib.SMTPException, OSError):
                session.close()


def _what(error: Exception) -> str:
    """What went wrong without the server's own words, in which a login could be repeated."""
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{type(error).__name__} {error.smtp_code}"
    return error.strerror or type(error).__name__ if isinstance(error, OSError) else type(error).__name__
