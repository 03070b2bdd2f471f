from __future__ import annotations

import pytest

from graph.schema import EDGES, NODES
from graph.tables import TABLES, table_named
from graph.upload_columns import Table, folded


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_no_heading_means_two_columns(table: Table) -> None:
    meaning: dict[str, str] = {}
    for column in table.columns:
        for heading in (column.name, *column.aliases):
            assert meaning.setdefault(folded(heading), column.name) == column.name


SAID_BY_BOTH_SIDES = {"partnerships": {"start_on", "end_on", "went", "went_on"}}
"""What the two sides enter on their own pages, with who and when; no table brings it."""


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_every_field_of_the_graph_has_a_column(table: Table) -> None:
    kind = NODES[table.label] if table.label else EDGES[table.edge]
    fields = {field.name for field in kind.fields}
    assert fields - SAID_BY_BOTH_SIDES.get(table.name, set()) == set(table.fields.values())


@pytest.mark.parametrize("name", ["utility_observations", "Utility Observations", "OBSERVATIONS", "observation"])
def test_files_and_sheets_are_named_in_many_ways(name: str) -> None:
    assert table_named(name) is TABLES["observations"]
    assert table_named("topics") is None
