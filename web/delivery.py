"""How every response travels: security headers, compression, and "nothing changed" by the store's revision."""

from __future__ import annotations

import gzip
import hashlib
from importlib.resources import files
from importlib.resources.abc import Traversable

from flask import Flask, Response, request, url_for

from web.knowledge import keeper, today
from web.matching_version import is_known, note_version, set_tag
from web.signing_in import signed

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "style-src 'self'",
        "img-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
DRAWING_PAGES = ("network.explore", "network.world_map")
"""Endpoints of pages that run a script of ours, which fetches from this service alone."""
WITH_SCRIPT = f"{CONTENT_SECURITY_POLICY}; script-src 'self'; connect-src 'self'"
KEY_PAGES = ("people.sign_in",)
"""Endpoints of pages whose address may hold a key: it goes to nobody as what led there, not to our own log either.
The origin is told, without which a form sent from there could not be known for ours on a plain connection."""
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}
COMPRESSED_TYPES = ("text/", "application/json", "application/problem+json", "image/svg+xml")
WORTH_COMPRESSING = 860
VARY = ("Accept", "Accept-Language", "Cookie", "Accept-Encoding")
TWO_HUNDRED_WEEKS = "public, max-age=120960000, immutable"


def init_delivery(app: Flask) -> None:
    """Make an application answer with these headers, compressed, and with 304 where nothing changed."""
    build = _build_mark()
    app.jinja_env.globals["asset"] = lambda name: url_for("static", filename=name, v=build)
    kept_fresh = {"rounds.letters", "static", "health.health", "health.ready", "health.metrics", "proposal.download"}

    def changes_by_itself() -> bool:
        """Whether an answer may change without the store: jobs, people, imports, and every write."""
        return (
            request.endpoint in kept_fresh
            or request.blueprint in ("jobs", "people", "imports")
            or request.method not in ("GET", "HEAD")
        )

    def mark() -> str:
        """Everything a page depends on: this build, the store's revision, who reads, and what the reader asked for."""
        found = signed()
        who = found and (found.account.roles, found.account.regions, found.account.utilities)
        where = (request.script_root, request.full_path, request.accept_encodings["gzip"] > 0)
        asked = (who, today().isoformat(), *where, *(request.headers.get(name, "") for name in VARY[:3]))
        return hashlib.sha256(repr((build, keeper().revision(), *asked)).encode()).hexdigest()[:32]

    @app.before_request
    def nothing_changed() -> Response | None:
        if request.endpoint is None or changes_by_itself():
            return None
        # Asked before the page is made: a mark made afterwards could name a revision the page does not show yet.
        present = mark()
        # Whoever has the page of this revision needs no other; nothing is read or rendered for them.
        if request.if_none_match and (version := is_known(present)) is not None:
            note_version({"version": int(version)} if version.isdigit() else None)
            return Response(status=304)
        return None

    @app.after_request
    def finish(response: Response) -> Response:
        if request.endpoint in DRAWING_PAGES:
            response.headers["Content-Security-Policy"] = WITH_SCRIPT
        if request.endpoint in KEY_PAGES:
            response.headers["Referrer-Policy"] = "strict-origin"
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        if request.endpoint == "static" and response.status_code in (200, 206, 304):
            response.headers["Cache-Control"] = TWO_HUNDRED_WEEKS if request.args.get("v") == build else "no-cache"
        elif response.headers.get("Cache-Control") == "no-store":
            pass
        elif response.status_code in (200, 304) and not changes_by_itself():
            response.vary.update(VARY)
            response.headers["Cache-Control"] = "private, no-cache"
            if not set_tag(response, mark()):
                response.set_etag(mark(), weak=True)
        else:
            response.headers.setdefault("Cache-Control", "no-store")
            if response.status_code in (200, 201):
                set_tag(response)
        return compress(response)


def compress(response: Response) -> Response:
    """Gzip a text body where the reader takes it and it is worth it."""
    if (
        response.status_code in (204, 304)
        or "Content-Encoding" in response.headers
        or not (response.mimetype or "").startswith(COMPRESSED_TYPES)
        or not request.accept_encodings["gzip"]
    ):
        return response
    response.direct_passthrough = False
    body = response.get_data()
    if len(body) >= WORTH_COMPRESSING:
        response.set_data(gzip.compress(body, compresslevel=6, mtime=0))
        response.headers["Content-Encoding"] = "gzip"
        response.vary.add("Accept-Encoding")
    return response


def _build_mark() -> str:
    """A hash over everything a page is made of besides data: code, templates, styles and catalogues."""
    digest = hashlib.sha256()

    def feed(folder: Traversable) -> None:
        for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
            if entry.is_dir():
                feed(entry)
            elif entry.name.endswith((".py", ".html", ".css", ".js", ".svg", ".mo")):
                digest.update(entry.name.encode() + b"\0" + entry.read_bytes())

    for package in ("web", "matcher", "graph"):
        feed(files(package))
    return digest.hexdigest()[:16]
