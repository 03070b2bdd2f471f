"""Mail: plain letters sent through the SMTP server of the settings, each for itself."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from email.message import EmailMessage

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
    mails: Sequence[Mail], settings: Settings, heard: Callable[[int, str], None] = lambda _at, _refusal: None
) -> list[str]:
    """Send each letter to its address; those addresses the server refused.

    ``heard`` is told of each letter by its place, with what the server said against it (empty: it took the letter).
    Raises ``BadInput`` where no server is set, ``MailUnavailable`` where it cannot be reached or does not let us in:
    then nothing, or only what was heard of before, was sent.
    """
    if not settings.smtp_host or not settings.smtp_from:
        raise BadInput(
            say("No mail server is set."), say("Set WOP_SMTP_HOST and WOP_SMTP_FROM, or print the letters instead.")
        )
    refused = []
    try:
        with _server(settings) as server:
            password = settings.smtp_secret()
            if settings.smtp_user and password:
                server.login(settings.smtp_user, password)
            for at, mail in enumerate(mails):
                try:
                    server.send_message(_message(settings.smtp_from, mail))
                except (smtplib.SMTPRecipientsRefused, smtplib.SMTPDataError) as refusal:
                    refused.append(mail.to)
                    heard(at, _said(refusal))
                else:
                    heard(at, "")
    except (OSError, smtplib.SMTPException) as failure:
        raise MailUnavailable(
            say(
                "The mail server {host} takes no letters: {reason}.",
                host=settings.smtp_host,
                reason=_said(failure),
            ),
            say("Check WOP_SMTP_HOST, _PORT, _SECURITY and _USER; “wop user reset” makes a new link."),
        ) from None
    return refused


def _server(settings: Settings) -> smtplib.SMTP:
    trusted = ssl.create_default_context()
    if settings.smtp_security == "tls":
        return smtplib.SMTP_SSL(settings.smtp_host, settings.smtp_port, timeout=SECONDS, context=trusted)
    server = smtplib.SMTP(settings.smtp_host, settings.smtp_port, timeout=SECONDS)
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
