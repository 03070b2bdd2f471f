"""Signing in with an account elsewhere: OpenID Connect, authorization code flow with PKCE, state and nonce.

The browser keeps one secret for ten minutes; state, nonce and code verifier are made from it, so whatever comes back
belongs to what this browser began. The identity token is checked here: signature by the provider's published keys,
issuer, audience, times and nonce (OpenID Connect Core 1.0, section 3.1.3.7).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import logging
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from graph.errors import BadInput, ProviderUnavailable, SignInNeeded
from graph.sentences import Sentence, say
from web.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from authlib.integrations.requests_client import OAuth2Session

SCOPE = "openid email profile"
WAIT_SECONDS = 10.0
KEPT_SECONDS = 3600.0
"""How long what the provider says of itself is believed without asking again."""
LEEWAY_SECONDS = 60
SIGNATURES = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512")
"""Only signatures by a key of which the provider alone has the secret half; never “none” or a shared secret."""

log = logging.getLogger("wop.provider")


@dataclass(frozen=True, slots=True)
class Somebody:
    """Whom the provider vouches for; ``email`` only where it says that it was verified."""

    issuer: str
    subject: str
    email: str | None
    name: str | None


class Provider:
    """The provider of the settings, and what it says of itself."""

    def __init__(self, settings: Settings) -> None:
        self.name = settings.oidc_name
        self._issuer = settings.oidc_issuer
        self._client_id = settings.oidc_client_id
        self._secret = settings.oidc_secret()
        self._lock = threading.Lock()
        self._known: tuple[float, dict[str, Any], dict[str, Any]] | None = None

    def address(self, secret: str, back: str) -> str:
        """Where the browser is sent to sign in; ``back`` is the address it comes back to.

        Raises ``ProviderUnavailable``.
        """
        about, _keys = self._about()
        with self._session(about, back) as session:
            address, _state = session.create_authorization_url(
                about["authorization_endpoint"],
                state=_made(secret, "state"),
                nonce=_made(secret, "nonce"),
                code_verifier=_made(secret, "verifier"),
            )
        return str(address)

    def somebody(self, secret: str, back: str, answered: dict[str, str]) -> Somebody:
        """Whom the browser brings an answer about; ``secret`` is the one it began with.

        Raises ``SignInNeeded`` for an answer that proves nothing, ``ProviderUnavailable``.
        """
        if not secret or not hmac.compare_digest(_made(secret, "state").encode(), answered.get("state", "").encode()):
            raise self._refused("state", say("This answer belongs to no sign-in that this browser began."))
        if "error" in answered:
            raise self._refused(f"error {answered['error'][:60]!r}", say("{name} did not sign you in.", name=self.name))
        if answered.get("iss", self._issuer).rstrip("/") != self._issuer.rstrip("/"):
            raise self._refused("iss", say("The answer comes from another service than {name}.", name=self.name))
        about, keys = self._about()
        with self._session(about, back) as session:
            token = self._asked(
                lambda: session.fetch_token(
                    about["token_endpoint"],
                    grant_type="authorization_code",
                    code=answered.get("code", ""),
                    code_verifier=_made(secret, "verifier"),
                    timeout=WAIT_SECONDS,
                )
            )
            claims = self._checked(token, _made(secret, "nonce"), keys)
            if "email" not in claims and "userinfo_endpoint" in about:
                more = self._asked(lambda: session.get(about["userinfo_endpoint"], timeout=WAIT_SECONDS).json())
                if isinstance(more, dict) and more.get("sub") == claims["sub"]:
                    claims = {**more, **claims}
        verified = claims.get("email_verified") is True
        email, name = claims.get("email"), claims.get("name")
        return Somebody(
            self._issuer.rstrip("/"),
            str(claims["sub"]),
            email if verified and isinstance(email, str) else None,
            name if isinstance(name, str) else None,
        )

    def _checked(self, token: dict[str, Any], nonce: str, keys: dict[str, Any]) -> dict[str, Any]:
        from authlib.oidc.core import CodeIDToken
        from joserfc import jwt
        from joserfc.errors import InvalidKeyIdError, JoseError
        from joserfc.jwk import KeySet

        def decoded(keys: dict[str, Any]) -> jwt.Token:
            return jwt.decode(str(token.get("id_token", "")), KeySet.import_key_set(keys), algorithms=list(SIGNATURES))  # type: ignore[arg-type]  # a mapping read from JSON

        try:
            try:
                found = decoded(keys)
            except InvalidKeyIdError:  # the provider has new keys
                found = decoded(self._about(afresh=True)[1])
            claims = CodeIDToken(
                found.claims,
                found.header,
                {
                    "iss": {"essential": True, "values": [self._issuer, self._issuer.rstrip("/") + "/"]},
                    "aud": {"essential": True, "value": self._client_id},
                    "sub": {"essential": True},
                    "nonce": {"essential": True, "value": nonce},
                },
                {"nonce": nonce, "client_id": self._client_id, "access_token": token.get("access_token")},
            )
            claims.validate(leeway=LEEWAY_SECONDS)
        except (JoseError, ValueError, TypeError, KeyError) as wrong:
            # The kind of error says what is wrong; its text may repeat the token.
            raise self._refused(
                f"identity token, {type(wrong).__name__} {getattr(wrong, 'claim', '')}",
                say("What {name} says of you could not be proven.", name=self.name),
            ) from None
        return dict(claims)

    def _about(self, *, afresh: bool = False) -> tuple[dict[str, Any], dict[str, Any]]:
        """What the provider publishes of itself, and its keys."""
        import requests

        with self._lock:
            if self._known is not None and not afresh and self._known[0] > time.monotonic():
                return self._known[1], self._known[2]
            place = f"{self._issuer.rstrip('/')}/.well-known/openid-configuration"
            about = self._asked(lambda: _json_of(requests.get(place, timeout=WAIT_SECONDS)))
            needed = ("issuer", "authorization_endpoint", "token_endpoint", "jwks_uri")
            if any(not isinstance(about.get(name), str) for name in needed):
                raise self._unavailable("its description is incomplete")
            if about["issuer"].rstrip("/") != self._issuer.rstrip("/"):
                raise self._unavailable("it calls itself another issuer")
            keys = self._asked(lambda: _json_of(requests.get(about["jwks_uri"], timeout=WAIT_SECONDS)))
            self._known = (time.monotonic() + KEPT_SECONDS, about, keys)
            return about, keys

    def _session(self, about: dict[str, Any], back: str) -> OAuth2Session:
        from authlib.integrations.requests_client import OAuth2Session

        methods = about.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        method = "client_secret_basic" if "client_secret_basic" in methods else "client_secret_post"
        return OAuth2Session(
            self._client_id,
            self._secret,
            scope=SCOPE,
            redirect_uri=back,
            code_challenge_method="S256",
            token_endpoint_auth_method=method if self._secret else "none",
        )

    def _asked(self, question: Callable[[], Any]) -> Any:
        """What the provider answers."""
        import requests
        from authlib.common.errors import AuthlibBaseError

        try:
            return question()
        except AuthlibBaseError as refused:
            raise self._refused(
                f"token endpoint, {refused.error}", say("{name} did not sign you in.", name=self.name)
            ) from None
        except (requests.RequestException, ValueError) as failure:
            raise self._unavailable(type(failure).__name__) from None

    def _unavailable(self, reason: str) -> ProviderUnavailable:
        log.warning("The provider of sign-ins cannot be used: %s", reason)
        return ProviderUnavailable(
            say("{name} cannot be reached, or does not answer as it should.", name=self.name),
            say("Try again, or sign in with your password, or by a link."),
        )

    def _refused(self, reason: str, message: Sentence) -> SignInNeeded:
        log.warning("A sign-in by the provider was refused: %s", reason)
        return SignInNeeded(message, say("Begin again, or sign in another way."))


def provider_of(settings: Settings) -> Provider | None:
    """The provider of the settings, ``None`` where none is set. Raises ``BadInput`` where only half of it is."""
    if not settings.oidc_issuer and not settings.oidc_client_id:
        return None
    if not (settings.oidc_issuer and settings.oidc_client_id):
        raise BadInput(
            say(
                "Of the settings {first} and {second} only one is given.",
                first="WOP_OIDC_ISSUER",
                second="WOP_OIDC_CLIENT_ID",
            ),
            say("Give both, or none."),
        )
    return Provider(settings)


def _json_of(response: Any) -> dict[str, Any]:
    response.raise_for_status()
    found = response.json()
    if not isinstance(found, dict):
        raise ValueError("not an object")
    return found


def _made(secret: str, what: str) -> str:
    """One of the values that a sign-in needs, from its one secret: 43 letters and digits nobody else can make."""
    digest = hmac.new(secret.encode(), what.encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
