"""The settings of the service: one declared table, read from the environment as ``WOP_<NAME>``.

``wop serve`` may overrule some of them on its command line. Pages read nothing else from the environment.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from graph.store import DEFAULT_STORE

Language = Literal["en", "fr", "es"]


class Settings(BaseSettings):
    """Every setting with its default and its meaning; unknown values are refused when the service starts."""

    model_config = SettingsConfigDict(env_prefix="WOP_", frozen=True)

    store: str = Field(default=DEFAULT_STORE, description="Address of the store, such as sqlite:///wop.sqlite.")
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
    explained_pairs: int = Field(
        default=50_000,
        ge=0,
        le=100_000_000,
        description="Most eligible pairs of a round that pages solve again to explain it.",
    )
