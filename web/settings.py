"""The settings of the service: one declared table, read from the environment as ``WOP_<NAME>``.

``wop serve`` may overrule some of them on its command line. Pages read nothing else from the environment.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Self

from pydantic import Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from graph.errors import BadInput
from graph.neo4j_access import Neo4jAccess
from graph.sentences import say
from graph.store import DEFAULT_STORE

SHORTEST_TOKEN = 16
Language = Literal["en", "fr", "es"]


class Settings(BaseSettings):
    """Every setting with its default and its meaning; unknown values are refused when the service starts."""

    model_config = SettingsConfigDict(env_prefix="WOP_", frozen=True, hide_input_in_errors=True)

    store: str = Field(default=DEFAULT_STORE, description="Address of the store, such as sqlite:///wop.sqlite.")
    store_user: str = Field(default="neo4j", description="User of a store on a server.")
    store_password: SecretStr | None = Field(default=None, description="Password of that user.")
    store_password_file: Path | None = Field(
        default=None, description="A file that holds that password, instead of the password itself."
    )
    store_database: str | None = Field(
        default=None, description="Database of a store on a server; without it, the server's default."
    )
    store_connections: int = Field(
        default=50, ge=2, le=10_000, description="Most connections of one process to a store on a server."
    )
    queue: str = Field(
        default="",
        description="Address of the job queue, such as redis://localhost:6379/0; by default a file beside the store.",
    )
    job_workers: int = Field(
        default=1, ge=0, le=64, description="Workers for jobs that “wop serve” runs beside the pages."
    )
    job_lost_after: float = Field(
        default=15.0, ge=1.0, le=3600.0, description="Seconds of silence after which a worker counts as gone."
    )
    host: str = Field(
        default="127.0.0.1", description="Network address to listen on; the default is this machine only."
    )
    port: int = Field(default=8000, ge=0, le=65535, description="Port to listen on; 0 takes any free port.")
    language: Language = Field(default="en", description="Language of pages for readers who ask for none we have.")
    rows_per_page: int = Field(default=50, ge=5, le=500, description="Rows of a long table shown on one page.")
    retry_after: int = Field(
        default=5,
        ge=1,
        le=3600,
        description="Seconds after which a reader is asked to try again when the store is busy.",
    )
    cached_proposals: int = Field(default=4, ge=1, le=100, description="Older proposals a process keeps ready to show.")
    backtest_rows: int = Field(
        default=1_000, ge=0, le=1_000_000, description="Most recorded partnerships that the back-test page works on."
    )
    explained_pairs: int = Field(
        default=50_000,
        ge=0,
        le=100_000_000,
        description="Most eligible pairs of a round that pages solve again to explain it.",
    )
    public_address: str = Field(
        default="",
        pattern=r"^(https?://[^\s/?#]+(/[^\s?#]*)?)?$",
        description="Address at which visitors open the service, such as https://wop.example.org; links begin with it.",
    )
    session_hours: float = Field(default=72.0, gt=0, le=8760, description="Hours after which an unused session ends.")
    session_days: float = Field(
        default=30.0, gt=0, le=366, description="Days after which every session ends, used or not."
    )
    link_days: float = Field(
        default=14.0, gt=0, le=366, description="Days for which a link that signs in once is good."
    )
    sign_in_tries: int = Field(
        default=10,
        ge=1,
        le=1_000,
        description="Failed sign-ins to one account within 15 minutes; five times as many from one network address.",
    )
    smtp_host: str = Field(default="", description="Mail server that sends invitations; without it, they are printed.")
    smtp_port: int = Field(default=587, ge=1, le=65535, description="Port of the mail server.")
    smtp_security: Literal["starttls", "tls", "none"] = Field(
        default="starttls",
        description="How the line to the mail server is protected; none: for one on this machine.",
    )
    smtp_user: str = Field(default="", description="User of the mail server.")
    smtp_password: SecretStr | None = Field(default=None, description="Password of that user.")
    smtp_password_file: Path | None = Field(
        default=None, description="A file that holds that password, instead of the password itself."
    )
    smtp_from: str = Field(default="", description="Sender of the invitations, such as wop@example.org.")
    upload_bytes: int = Field(
        default=20_000_000,
        ge=100_000,
        le=1_000_000_000,
        description="Most bytes of the files sent in one import from a page; larger ones are for “wop import”.",
    )
    request_bytes: int = Field(
        default=2_000_000, ge=10_000, le=1_000_000_000, description="Most bytes of any other request."
    )
    oidc_issuer: str = Field(
        default="",
        pattern=r"^(https://[^\s?#]+|http://(localhost|127\.0\.0\.1)(:\d+)?(/[^\s?#]*)?)?$",
        description="Address of a provider of sign-ins (OpenID Connect), such as https://login.example.org.",
    )
    oidc_client_id: str = Field(default="", description="What this service is called at that provider.")
    oidc_client_secret: SecretStr | None = Field(default=None, description="Secret of this service at that provider.")
    oidc_client_secret_file: Path | None = Field(
        default=None, description="A file that holds that secret, instead of the secret itself."
    )
    oidc_name: str = Field(
        default="OpenID Connect",
        min_length=1,
        max_length=60,
        description="What the page for signing in calls the provider, such as the name of the organisation.",
    )
    oidc_new_accounts: Literal["planner", "facilitator"] | None = Field(
        default=None,
        description="Role of accounts made for whoever comes from the provider and has none; by default none is made.",
    )
    workers: int | None = Field(
        default=None, ge=1, le=256, description="Processes that answer, with gunicorn; without it, one process."
    )
    proxies: int = Field(
        default=0,
        ge=0,
        le=9,
        description="Reverse proxies in front, each of which sets X-Forwarded-For, -Proto and -Host; 0 believes none.",
    )
    request_timeout: float = Field(
        default=30.0,
        gt=0,
        le=3600,
        description="Seconds a request waits for others (the same snapshot, another question) before it gives up.",
    )
    store_timeout: float = Field(
        default=15.0,
        gt=0,
        le=3600,
        description="Seconds a page waits for each answer of a store on a server before it says so.",
    )
    log: Literal["plain", "json"] = Field(
        default="plain", description="Form of the log: plain tells warnings and errors, json every request."
    )
    metrics_token: SecretStr | None = Field(
        default=None,
        min_length=SHORTEST_TOKEN,
        description="Who presents it as a bearer token may read /metrics; without it, nobody.",
    )
    metrics_token_file: Path | None = Field(
        default=None, description="A file that holds the metrics token, instead of the token itself."
    )

    def metrics_secret(self) -> str | None:
        """The metrics token, read from its file where it is in one.

        Raises ``BadInput`` for a file that cannot be read or holds none.
        """
        token = _secret("WOP_METRICS_TOKEN", self.metrics_token, self.metrics_token_file)
        if token is not None and len(token) < SHORTEST_TOKEN:
            raise BadInput(
                say("The token in {file} is too short.", file=str(self.metrics_token_file)),
                say("Write at least {count} characters into it.", count=SHORTEST_TOKEN),
            )
        return token

    def smtp_secret(self) -> str | None:
        """The password of the mail server's user. Raises ``BadInput`` for a file that cannot be read."""
        return _secret("WOP_SMTP_PASSWORD", self.smtp_password, self.smtp_password_file)

    def oidc_secret(self) -> str | None:
        """The secret at the provider of sign-ins. Raises ``BadInput`` for a file that cannot be read."""
        return _secret("WOP_OIDC_CLIENT_SECRET", self.oidc_client_secret, self.oidc_client_secret_file)

    def store_access(self) -> Neo4jAccess:
        """How to sign in to a store on a server.

        Raises ``BadInput`` for a password file that cannot be read.
        """
        return Neo4jAccess(
            user=self.store_user,
            password=_secret("WOP_STORE_PASSWORD", self.store_password, self.store_password_file) or "",
            database=self.store_database,
            connections=self.store_connections,
        )

    @model_validator(mode="after")
    def _one_of_each(self) -> Self:
        for name in ("metrics_token", "store_password", "oidc_client_secret"):
            if getattr(self, name) is not None and getattr(self, f"{name}_file") is not None:
                raise ValueError(f"give WOP_{name.upper()} or WOP_{name.upper()}_FILE, not both")
        return self


def _secret(name: str, given: SecretStr | None, file: Path | None) -> str | None:
    if file is None:
        return given.get_secret_value() if given is not None else None
    try:
        return file.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise BadInput(
            say("The file {file} cannot be read.", file=str(file)),
            say("The setting {name} names it; correct the setting or the file.", name=f"{name}_FILE"),
        ) from error


def read_settings(**given: object) -> Settings:
    """The settings of the environment, some of them given otherwise.

    Raises ``BadInput`` that names the first setting with a value that cannot be used, but not the value, which may be
    a secret.
    """
    try:
        return Settings(**given)  # type: ignore[arg-type]  # the model checks what it is given
    except ValidationError as invalid:
        problem = invalid.errors(include_url=False, include_input=False)[0]
        if not problem["loc"]:
            raise BadInput(say("The settings contradict each other: {problem}.", problem=problem["msg"])) from None
        name = str(problem["loc"][0])
        raise BadInput(
            say("The setting {name} cannot be used: {problem}.", name=f"WOP_{name.upper()}", problem=problem["msg"]),
            say("It means: {meaning}", meaning=Settings.model_fields[name].description or name),
        ) from None
