"""Mail: plain letters sent through the SMTP server of the settings, each for itself."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Any

from graph.errors import BadInput, MailUnavailable
from graph.sentences import say
from web.settings import Settings

SECONDS = 20.0
"""How long the server may take for each answer."""


@dataclass(frozen=True, slots=True)
class Mail:
    """One plain letter and the address it goes to."""

    to: str
    subject: str
    text: str


def send(
    mails: Sequence[Mail],
    settings: Settings,
    heard: Callable[[int, str], None] = lambda _at, _refusal: None,
    about_to: Callable[[int], None] = lambda _at: None,
) -> list[str]:
    """Send each letter to its address; those addresses the server refused.

    ``about_to`` is told each letter's place before it is handed over, and may raise; ``heard`` is told what the server
    said against it (empty: it took the letter). Raises ``BadInput`` where no server is set, ``MailUnavailable`` where
    it cannot be reached or does not let us in: then nothing more was sent than was heard of, but for the letter at hand
    where the error says ``unsure``.
    """
    if not settings.smtp_host or not settings.smtp_from:
        raise BadInput(
            say("No mail server is set."), say("Set WOP_SMTP_HOST and WOP_SMTP_FROM, or print the letters instead.")
        )
    refused = []
    server = None
    try:
        with _server(settings) as server:
            password = settings.smtp_secret()
            if settings.smtp_user and password:
                server.login(settings.smtp_user, password)
            for at, mail in enumerate(mails):
                about_to(at)
                server.handing = False
                try:
                    server.send_message(_message(settings.smtp_from, mail))
                except (smtplib.SMTPRecipientsRefused, smtplib.SMTPDataError) as refusal:
                    refused.append(mail.to)
                    heard(at, _said(refusal))
                else:
                    heard(at, "")
    except (OSError, smtplib.SMTPException) as failure:
        unavailable = MailUnavailable(
            say(
                "The mail server {host} takes no letters: {reason}.",
                host=settings.smtp_host,
                reason=_said(failure),
            ),
            say("Check WOP_SMTP_HOST, _PORT, _SECURITY and _USER; “wop user reset” makes a new link."),
        )
        unavailable.unsure = server is not None and server.handing
        raise unavailable from None
    return refused


class _Server(smtplib.SMTP):
    """A connection that knows whether it was handing over a letter's text: who breaks off then may have taken it."""

    handing = False

    def data(self, msg: Any) -> tuple[int, bytes]:
        """Hand over a letter's text; the server's answer."""
        self.handing = True
        answer = super().data(msg)
        self.handing = False
        return answer


class _SafeServer(_Server, smtplib.SMTP_SSL):
    """The same over TLS from the beginning."""


def _server(settings: Settings) -> _Server:
    trusted = ssl.create_default_context()
    if settings.smtp_security == "tls":
        return _SafeServer(settings.smtp_host, settings.smtp_port, timeout=SECONDS, context=trusted)
    server = _Server(settings.smtp_host, settings.smtp_port, timeout=SECONDS)
    if settings.smtp_security == "starttls":
        try:
            server.starttls(context=trusted)
        except BaseException:
            server.close()
            raise
    return server


def _message(sender: str, mail: Mail) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, mail.to, " ".join(mail.subject.split())
    message.set_content(mail.text)
    return message


def _said(failure: Exception) -> str:
    if isinstance(failure, smtplib.SMTPRecipientsRefused):
        return "; ".join(said.decode("utf-8", "replace") for _code, said in failure.recipients.values())
    if isinstance(failure, smtplib.SMTPResponseException):
        return (
            failure.smtp_error.decode("utf-8", "replace")
            if isinstance(failure.smtp_error, bytes)
            else failure.smtp_error
        )
    return getattr(failure, "strerror", None) or str(failure) or type(failure).__name__
