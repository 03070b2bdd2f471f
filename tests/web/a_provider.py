"""A provider of sign-ins on a free local port: real HTTP, real keys, everything it says can be made wrong."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Callable
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT, SECRET = "wop-client", "a secret of the client"


@cache
def a_key(name: str) -> RSAKey:
    """A key of this name, made once: it takes longer than all the rest."""
    return RSAKey.generate_key(2048, {"kid": name, "use": "sig"})


class AProvider:
    """Vouches for ``person`` without asking; ``change`` may change the claims before they are signed."""

    def __init__(self) -> None:
        self.person: dict[str, Any] = {"sub": "4711", "email": "ana@example.org", "email_verified": True, "name": "Ana"}
        self.change: Callable[[dict[str, Any]], None] = lambda _claims: None
        self.only_in_userinfo = False
        self.refuses = False
        self.asked: list[str] = []
        self.key = a_key("first")
        self.signs_with = self.key
        self._codes: dict[str, dict[str, str]] = {}
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                provider.answer(self, None)

            def do_POST(self) -> None:
                length = int(self.headers.get("Content-Length", 0))
                provider.answer(self, {k: v[0] for k, v in parse_qs(self.rfile.read(length).decode()).items()})

            def log_message(self, *_words: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.issuer = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Answer no more."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(timeout=5)

    def renew_keys(self) -> None:
        """Sign with another key from now on."""
        self.key = self.signs_with = a_key("second")

    def answer(self, handler: BaseHTTPRequestHandler, form: dict[str, str] | None) -> None:
        """Answer one request."""
        parts = urlsplit(handler.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        self.asked.append(parts.path)
        match parts.path:
            case "/.well-known/openid-configuration":
                places = {name: f"{self.issuer}/{name}" for name in ("authorize", "token", "keys", "userinfo")}
                about = {
                    "issuer": self.issuer,
                    "authorization_endpoint": places["authorize"],
                    "token_endpoint": places["token"],
                    "jwks_uri": places["keys"],
                    "userinfo_endpoint": places["userinfo"],
                }
                self._send(handler, 200, about)
            case "/keys":
                self._send(handler, 200, {"keys": [self.key.as_dict(private=False)]})
            case "/authorize":
                back = {"state": query["state"], "error": "access_denied"}
                if not self.refuses:
                    code = secrets.token_urlsafe(8)
                    self._codes[code] = query
                    back = {"state": query["state"], "code": code, "session_state": "x"}
                handler.send_response(303)
                handler.send_header("Location", f"{query['redirect_uri']}?{urlencode(back)}")
                handler.end_headers()
            case "/token":
                self._token(handler, form or {})
            case "/userinfo":
                right = handler.headers["Authorization"] == "Bearer an-access-token"
                self._send(handler, 200 if right else 401, self.person)
            case _:
                self._send(handler, 404, {})

    def _token(self, handler: BaseHTTPRequestHandler, form: dict[str, str]) -> None:
        begun = self._codes.pop(form.get("code", ""), None)
        basic = "Basic " + base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if (
            begun is None
            or handler.headers["Authorization"] != basic
            or begun["code_challenge_method"] != "S256"
            or begun["code_challenge"] != challenge
            or begun["redirect_uri"] != form["redirect_uri"]
        ):
            self._send(handler, 400, {"error": "invalid_grant"})
            return
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": begun["nonce"]}
        claims |= {"sub": self.person["sub"]} if self.only_in_userinfo else self.person
        self.change(claims)
        token = jwt.encode({"alg": "RS256", "kid": self.signs_with.kid}, claims, self.signs_with)
        answer = {"access_token": "an-access-token", "token_type": "Bearer", "expires_in": 300, "id_token": token}
        self._send(handler, 200, answer)

    def _send(self, handler: BaseHTTPRequestHandler, status: int, data: dict[str, Any]) -> None:
        handler.send_response(status)
        handler.send_header("Content-Type", "application/json")
        handler.end_headers()
        handler.wfile.write(json.dumps(data).encode())
