"""The taxonomy: every capability with its definition, group and relatives."""

from __future__ import annotations

from typing import TypedDict

from flask import Blueprint, Response

from graph.sentences import say
from web.knowledge import knowledge
from web.pages.overview import CapabilityRow, capabilities_of
from web.shown import Crumb
from web.snapshot import Knowledge
from web.twin import Query, answer, page

pages = Blueprint("capabilities", __name__)
CRUMBS = [Crumb(say("Overview"), "overview.overview")]


class Related(TypedDict):
    """A related capability, with how close it is in 0..1."""

    capability: str
    capability_name: str
    closeness: float


class DefinedCapability(CapabilityRow):
    """A capability as the taxonomy defines it."""

    definition: str
    related: list[Related]


class Group(TypedDict):
    """A group of the taxonomy."""

    group: str
    group_name: str
    capabilities: list[DefinedCapability]


class Taxonomy(TypedDict):
    """All groups with their capabilities."""

    groups: list[Group]


@page(pages, "/capabilities", Query, Taxonomy)
def capabilities(_query: Query) -> Response:
    """The taxonomy of capabilities, with how often each is offered and needed."""
    return answer("capabilities.html", taxonomy_of(knowledge()), crumbs=CRUMBS)


def taxonomy_of(known: Knowledge) -> Taxonomy:
    """The taxonomy of one snapshot."""
    groups: dict[str, list[DefinedCapability]] = {group: [] for group in known.group_names}
    for row in sorted(capabilities_of(known), key=lambda row: row["capability_name"]):
        capability = known.network.capability_by_id[row["capability"]]
        groups.setdefault(capability.group, []).append(
            DefinedCapability(
                **row,
                definition=capability.definition,
                related=[
                    Related(capability=other, capability_name=known.capability_name(other), closeness=closeness)
                    for other, closeness in sorted(capability.related, key=lambda pair: (-pair[1], pair[0]))
                ],
            )
        )
    return Taxonomy(
        groups=[
            Group(group=group, group_name=known.group_names.get(group, group), capabilities=members)
            for group, members in groups.items()
            if members
        ]
    )
