"""What Neo4j and its driver say, in the words of ``graph.errors``."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager

from neo4j.exceptions import (
    AuthError,
    ConfigurationError,
    ConnectionAcquisitionTimeoutError,
    DriverError,
    Neo4jError,
)

from graph.errors import Conflict, StoreUnavailable, WopError
from graph.sentences import Sentence, say

_DISK = ("No space left", "disk full", "Not enough space")


@contextmanager
def plain_errors(place: str, database: str | None) -> Iterator[None]:
    """Turn errors of the server and the driver into ours; errors of our own statements pass through."""
    try:
        yield
    except (DriverError, Neo4jError) as error:
        explained = explain(error, place, database)
        if explained is None:
            raise
        raise explained from error


def explain(error: Exception, place: str, database: str | None) -> WopError | None:
    """Our error for one of the driver's, or none where the fault is in our own use of it."""
    if isinstance(error, Neo4jError):
        return _of_server(error, error.code or "", place, database)
    if isinstance(error, ConnectionAcquisitionTimeoutError):
        return StoreUnavailable(
            say("All connections to the store {place} are in use.", place=place),
            say("Try again in a moment; if this lasts, raise WOP_STORE_CONNECTIONS."),
        )
    if isinstance(error, ConfigurationError):
        return StoreUnavailable(
            say("The store {place} cannot be used with these settings.", place=place),
            say("Check the address, the user and the password in the settings."),
        )
    if isinstance(error, DriverError):
        if (refused := _certificate_error(error)) is not None:
            return StoreUnavailable(
                say("The certificate of the store {place} is not trusted: {why}.", place=place, why=refused),
                say("Name a file with your own authority’s certificate in SSL_CERT_FILE, or correct the address."),
            )
        return StoreUnavailable(
            say("The store {place} cannot be reached.", place=place),
            say("Nothing was lost. Check that Neo4j runs and that the address is right, then try again."),
        )
    return None


def _certificate_error(error: BaseException | None) -> str | None:
    """Why a server's certificate was refused, wherever the driver has wrapped it; none where that was not it."""
    if error is None:
        return None
    if isinstance(error, ssl.SSLCertVerificationError):
        return str(error.verify_message)
    within = error.exceptions if isinstance(error, BaseExceptionGroup) else ()
    reasons = (_certificate_error(each) for each in (*within, error.__cause__))
    return next((reason for reason in reasons if reason is not None), None)


def _of_server(error: Neo4jError, code: str, place: str, database: str | None) -> WopError | None:
    if any(words.casefold() in str(error).casefold() for words in _DISK):
        return StoreUnavailable(
            say("The disk of the store {place} is full. Nothing was changed.", place=place),
            say("Free some space on the server, then try again."),
        )
    if isinstance(error, AuthError) or code.startswith("Neo.ClientError.Security."):
        return _of_security(code, place)
    match code:
        case "Neo.ClientError.Database.DatabaseNotFound":
            name: str | Sentence = database or say("the server's default")
            return StoreUnavailable(
                say("The store {place} has no database called “{name}”.", place=place, name=name),
                say("Correct WOP_STORE_DATABASE; Neo4j Community has one database, called neo4j."),
            )
        case (
            "Neo.ClientError.General.ForbiddenOnReadOnlyDatabase"
            | "Neo.ClientError.General.WriteOnReadOnlyAccessDatabase"
            | "Neo.TransientError.General.ForbiddenOnReadOnlyDatabase"
            | "Neo.ClientError.Statement.AccessMode"
            | "Neo.ClientError.Cluster.NotALeader"
        ):
            return StoreUnavailable(
                say("The store {place} is read-only. Nothing was changed.", place=place),
                say("Allow writing in the server's settings; for a cluster give a neo4j:// address."),
            )
        case "Neo.TransientError.Transaction.DeadlockDetected" | "Neo.TransientError.Transaction.LockClientStopped":
            return Conflict(
                say("Somebody else changed the data in the meantime; nothing of yours was written."),
                say("Look at the present state, then do it again."),
            )
        case (
            "Neo.ClientError.Transaction.TransactionTimedOut"
            | "Neo.ClientError.Transaction.TransactionTimedOutClientConfiguration"
            | "Neo.ClientError.Transaction.LockAcquisitionTimeout"
            | "Neo.TransientError.Transaction.LockAcquisitionTimeout"
        ):
            return StoreUnavailable(
                say("The store {path} is being changed by somebody else.", path=place),
                say("Wait until the other import or run has finished, then try again."),
            )
        case "Neo.TransientError.General.MemoryPoolOutOfMemoryError" | "Neo.TransientError.General.OutOfMemoryError":
            return StoreUnavailable(
                say("The store {place} has too little memory for this. Nothing was changed.", place=place),
                say("Raise server.memory.heap.max_size on the server, or import in parts."),
            )
    if code.startswith("Neo.DatabaseError.Transaction."):
        # What a full disk looks like from outside; the database stops until the server is started again.
        return StoreUnavailable(
            say("The store {place} failed, and has stopped: its disk may be full ({code}).", place=place, code=code),
            say("Free some space on the server and start it again; nothing that was confirmed is lost."),
        )
    ended = code == "Neo.ClientError.Transaction.Terminated"  # by somebody who looks after the server
    if ended or code.startswith(("Neo.TransientError.", "Neo.DatabaseError.")) or error.is_retryable():
        return StoreUnavailable(
            say("The store {place} could not do this now ({code}). Nothing was changed.", place=place, code=code),
            say("Try again in a moment; if this lasts, look at the server's log."),
        )
    return None


def _of_security(code: str, place: str) -> WopError:
    if code == "Neo.ClientError.Security.Forbidden":
        return StoreUnavailable(
            say("The user may not do this in the store {place}.", place=place),
            say("Give a user that may read, write and change the schema (WOP_STORE_USER)."),
        )
    if code == "Neo.ClientError.Security.AuthenticationRateLimit":
        return StoreUnavailable(
            say("The store {place} refused the password too often and waits.", place=place),
            say("Wait a few seconds, correct the password, then try again."),
        )
    if code in ("Neo.ClientError.Security.CredentialsExpired", "Neo.ClientError.Security.TokenExpired"):
        return StoreUnavailable(
            say("The password of the store {place} has to be changed first.", place=place),
            say("Set a new password on the server, then give it in WOP_STORE_PASSWORD_FILE."),
        )
    return StoreUnavailable(
        say("The store {place} did not accept the user or the password.", place=place),
        say("Correct WOP_STORE_USER and WOP_STORE_PASSWORD (or WOP_STORE_PASSWORD_FILE)."),
    )
