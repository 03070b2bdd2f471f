"""What a reader sees when something goes wrong: our words, the next step, never a traceback."""

from __future__ import annotations

from typing import cast

from flask import Flask, Response, render_template, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound

from graph.errors import Overtaken, WopError
from graph.sentences import Sentence, say
from web.logs import request_id
from web.problems import problem_kind, problem_type
from web.settings import Settings
from web.signing_in import ask_nobody, then
from web.twin import json_response, wants_json

OURS = say("Something went wrong on our side; nothing was changed.")
OURS_HINT = say("Try again. If it happens again, quote the number of the request below to whoever runs this service.")


def init_failures(app: Flask, settings: Settings) -> None:
    """Make an application answer every error as a page, or as problem+json (RFC 9457) for a JSON reader."""

    def show(kind: str, status: int, message: Sentence, hint: Sentence | None, retry_helps: bool = False) -> Response:
        again = retry_helps and status == 503 and request.method == "GET" and not wants_json()
        if status >= 500:
            ask_nobody()
        if wants_json():
            response = json_response(
                {
                    "type": problem_type(kind),
                    "status": status,
                    "title": str(message),
                    "detail": str(hint) if hint else None,
                    "title_s": message.to_json(),
                    "detail_s": hint.to_json() if hint else None,
                    "retry_helps": retry_helps,
                    "request_id": request_id(),
                },
                "application/problem+json",
            )
        else:
            response = Response(
                render_template(
                    "sign_in.html" if status == 401 else "failure.html",
                    status=status,
                    message=message,
                    hint=hint,
                    retry_helps=retry_helps,
                    refresh_seconds=settings.retry_after if again else None,
                    request_id=request_id(),
                    then=then(),
                )
            )
        response.status_code = status
        if status == 401:
            response.headers["WWW-Authenticate"] = "Bearer"
        if retry_helps:
            response.headers["Retry-After"] = str(settings.retry_after)
        if again:
            response.headers["Refresh"] = str(settings.retry_after)  # the same address, until it answers
        return response

    @app.errorhandler(Overtaken)
    def overtaken(error: Overtaken) -> Response:
        if wants_json() or request.method != "POST":
            return ours(error)
        typed = [(name, value) for name, value in request.form.items(multi=True) if name not in ("csrf", "seen")]
        page = render_template(
            "overtaken.html", message=error.message, changes=error.changes, version=error.version, typed=typed
        )
        return Response(page, error.http_status)

    @app.errorhandler(WopError)
    def ours(error: WopError) -> Response:
        if error.http_status >= 500:
            app.logger.error("%s", error)
        return show(problem_kind(type(error)), error.http_status, error.message, error.hint, error.retry_helps)

    @app.errorhandler(HTTPException)
    def protocol(error: HTTPException) -> Response:
        if isinstance(error, NotFound):
            return show(
                "no-such-page",
                404,
                say("There is no page at this address."),
                say("Search for a utility, or choose a page from the menu."),
            )
        if isinstance(error, MethodNotAllowed):
            methods = error.valid_methods or ()
            read_only = "GET" in methods
            message = say("This page can only be read.") if read_only else say("This address only takes changes.")
            hint = None if read_only else say("Open the page that has the button for it.")
            response = show("method-not-allowed", 405, message, hint)
            response.headers["Allow"] = ", ".join(methods)
            return response
        if error.code is not None and error.code < 400:  # a redirect is no failure
            return cast(Response, error.get_response())
        status = error.code or 500
        return show(
            "not-understood",
            status,
            say("The service could not take this request."),
            say("Check the address and try again."),
        )

    @app.errorhandler(Exception)
    def unforeseen(error: Exception) -> Response:
        app.logger.exception("A page failed", exc_info=error)
        return show("our-fault", 500, OURS, OURS_HINT)
