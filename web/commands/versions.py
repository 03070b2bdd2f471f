"""Versions, for bug reports."""

from __future__ import annotations

import platform
from importlib.metadata import version

import click

from graph.schema import SCHEMA_VERSION
from web.commands.common import json_option, print_json

PARTS = ("wop-matcher", "ortools", "numpy", "scipy", "flask", "apiflask", "pydantic", "networkx", "python-calamine")


@click.command()
@json_option
def versions(as_json: bool) -> None:
    """Print the versions of the service and of what it stands on."""
    found = {part: version(part) for part in PARTS}
    found |= {"python": platform.python_version(), "graph schema": str(SCHEMA_VERSION)}
    if as_json:
        print_json(found)
    else:
        for part, number in found.items():
            click.echo(f"{part} {number}")
