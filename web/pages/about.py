"""What the service is, where its data come from, and the document of its JSON twins."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version
from typing import TypedDict, cast

from apiflask import APIFlask
from flask import Blueprint, Response, current_app

from web.app_version import our_version
from web.knowledge import knowledge
from web.problems import problem_kinds
from web.twin import Query, answer, json_response, page

pages = Blueprint("about", __name__)

LIBRARIES = ("flask", "apiflask", "authlib", "babel", "pydantic", "numpy", "ortools", "scipy", "networkx")


class About(TypedDict):
    """Versions of the service, the libraries it stands on, and the data it shows."""

    version: str
    python: str
    libraries: dict[str, str]
    revision: int


@page(pages, "/about", Query, About)
def about(_query: Query) -> Response:
    """Data sources and their notice, licences and versions."""
    data = About(
        version=our_version(),
        python=platform.python_version(),
        libraries={name: found for name in LIBRARIES if (found := _installed(name))},
        revision=knowledge().network.revision,
    )
    return answer("about.html", data)


@pages.get("/api/openapi.json")
def openapi() -> Response:
    """The OpenAPI document."""
    return json_response(_document())


@pages.get("/api/docs")
def docs() -> Response:
    """The OpenAPI document, to be read by people."""
    return answer("docs.html", _document(), problems=problem_kinds())


def _document() -> dict[str, object]:
    return cast(dict[str, object], cast(APIFlask, current_app).spec)


def _installed(name: str) -> str | None:
    try:
        return version(name)  # from the package's metadata: nothing is imported for it
    except PackageNotFoundError:
        return None
