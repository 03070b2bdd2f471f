"""Mail: plain letters sent through the SMTP server of the settings, each for itself."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Mapping
from email.message import EmailMessage

from graph.errors import BadInput, MailUnavailable
from graph.sentences import say
from web.settings import Settings

SECONDS = 20.0
"""How long the server may take for each answer."""


def send(letters: Mapping[str, tuple[str, str]], settings: Settings) -> list[str]:
    """Send each letter (subject, text) to its address; those addresses the server refused.

    Raises ``BadInput`` where no server is set, ``MailUnavailable`` where it cannot be reached or does not let us in:
    then nothing, or only what came before, was sent.
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
            for to, (subject, text) in letters.items():
                try:
                    server.send_message(_message(settings.smtp_from, to, subject, text))
                except (smtplib.SMTPRecipientsRefused, smtplib.SMTPDataError):
                    refused.append(to)
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
        server.starttls(context=trusted)
    return server


def _message(sender: str, to: str, subject: str, text: str) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, to, subject
    message.set_content(text)
    return message


def _said(failure: Exception) -> str:
    if isinstance(failure, smtplib.SMTPResponseException):
        return (
            failure.smtp_error.decode("utf-8", "replace")
            if isinstance(failure.smtp_error, bytes)
            else failure.smtp_error
        )
    return getattr(failure, "strerror", None) or str(failure) or type(failure).__name__
