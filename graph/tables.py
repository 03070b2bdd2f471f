"""The upload tables: which files and sheets there are, and what each column may hold.

One declaration serves the importer (what is accepted), the template (headings, explanations, drop-down lists),
the table export (``graph.table_rows``) and the generator of worlds, so a column is described in one place only.
"""

from __future__ import annotations

from graph.sentences import say
from graph.upload_columns import (
    ANY_AMOUNT,
    YEARS,
    Table,
    field_column,
    folded,
    name_column,
    utility_column,
    year_column,
)

EXAMPLE_ID = "EXAMPLE"
"""The id of the template's example utility: rows about it are skipped by the importer."""

_PLACE = say("Decimal degrees.")
_SOURCE_ADDRESS = say("Address of the page or document that says so.")
_PRIVATE = say("Yes if only facilitators may see it.")

UTILITIES = Table(
    name="utilities",
    explanation=say("One row for each utility."),
    key=("id",),
    file_names=("utilities", "utility", "operators", "services_d_eau", "operadores"),
    label="Utility",
    columns=(
        field_column(
            "id",
            "text",
            say("Short id that never changes, such as U001."),
            required=True,
            field="",
            aliases="utility_id code identifiant identificador",
            example=EXAMPLE_ID,
        ),
        field_column("name", "text", say("Name of the utility."), required=True, example="Example Water Company"),
        field_column(
            "country",
            "country",
            say("Country: ISO 3166 three-letter code, or its English name."),
            required=True,
            example="KEN",
        ),
        field_column(
            "region",
            "region",
            say("UN subregion; it must be the country's (leave it empty if unsure)."),
            field="",
            example="Eastern Africa",
        ),
        field_column(
            "languages", "languages", say("Working languages, as codes or names separated by ;"), example="en;sw"
        ),
        field_column(
            "ownership",
            "choice",
            say("Who owns the utility."),
            choices=("public", "mixed", "private", "community"),
            example="public",
        ),
        field_column(
            "not_for_profit",
            "flag",
            say("Yes if the utility would work in the partnership without profit."),
            example="yes",
        ),
        field_column(
            "charter_signed_on",
            "date",
            say("Day the charter of Water Operators' Partnerships was accepted."),
            example="2024-05-31",
        ),
        field_column(
            "leadership_letter",
            "flag",
            say("Yes if the head of the utility supports a partnership in writing."),
            example="yes",
        ),
        field_column(
            "services",
            "choices",
            say("Services the utility provides, separated by ;"),
            choices=("water", "sanitation"),
            example="water;sanitation",
        ),
        field_column(
            "water_source",
            "choice",
            say("Main source of raw water."),
            choices=("surface", "groundwater", "mixed", "desalination"),
            example="surface",
        ),
        field_column(
            "network_type",
            "choice",
            say("How water moves through most of the network."),
            choices=("gravity", "pumped", "mixed"),
            example="pumped",
        ),
        field_column(
            "climate",
            "choice",
            say("Main climate, by Köppen's groups."),
            choices=("tropical", "dry", "temperate", "continental", "polar"),
            example="tropical",
        ),
        field_column("latitude", "number", _PLACE, within=(-90, 90), example="-1.29"),
        field_column("longitude", "number", _PLACE, within=(-180, 180), example="36.82"),
        field_column(
            "mentor_places",
            "integer",
            say("How many mentees the utility can take at once; 0 for none."),
            within=(0, 100),
            example="2",
        ),
        field_column(
            "minimum_mentees",
            "integer",
            say("Fewest mentees that make mentoring worthwhile for it."),
            within=(0, 100),
            example="1",
        ),
        field_column(
            "mentor_staff_days",
            "number",
            say("Staff-days a year the utility can give to all its mentees."),
            within=(0, 100_000),
            example="60",
        ),
        field_column(
            "mentors_wanted",
            "integer",
            say("How many mentors the utility would work with at once."),
            within=(1, 3),
            example="1",
        ),
        field_column(
            "investment_coming",
            "flag",
            say("Yes if an investment is planned that the partnership would prepare."),
            example="no",
        ),
        field_column("twinned_with", "utilities", say("Utilities of twinned cities: ids or names separated by ;")),
        field_column(
            "preferred_partners", "utilities", say("Utilities it would like to work with: ids or names separated by ;")
        ),
        field_column(
            "refused_partners", "utilities", say("Utilities it would not work with: ids or names separated by ;")
        ),
        field_column(
            "not_offered",
            "capabilities",
            say("Capabilities of earlier partnerships that it does not offer today, separated by ;"),
        ),
        field_column(
            "not_needed",
            "capabilities",
            say("Capabilities of earlier partnerships that it does not need today, separated by ;"),
        ),
        field_column("private", "flag", say("Yes if only facilitators may see the utility's profile."), example="no"),
        field_column("facilitator", "text", say("Who facilitates for this utility.")),
        field_column("source_url", "text", _SOURCE_ADDRESS),
        field_column("note", "text", say("Anything else worth knowing.")),
        *(
            field_column(metric, "number", explanation, field="", exported=False)
            for metric, explanation in (
                ("population_served", say("Newest figure: people served.")),
                ("connections", say("Newest figure: water connections.")),
                ("nrw_percent", say("Newest figure: non-revenue water, percent of the water produced.")),
                ("coverage_percent", say("Newest figure: people served, percent of those in the service area.")),
                ("supply_hours", say("Newest figure: hours of supply a day.")),
                ("staff_per_1000", say("Newest figure: staff per 1,000 connections.")),
                ("collection_percent", say("Newest figure: collected, percent of billed.")),
            )
        ),
        field_column(
            "year", "integer", say("Year of the figures in this row."), within=YEARS, field="", exported=False
        ),
    ),
)

OFFERS = Table(
    name="offers",
    explanation=say("One row for each capability a utility can teach."),
    key=("utility", "capability"),
    file_names=("offers", "offer", "utility_offers", "offres", "ofertas"),
    edge="OFFERS",
    columns=(
        utility_column(
            "utility", say("Utility that offers: its id or exact name."), aliases="utility_id", example=EXAMPLE_ID
        ),
        name_column("utility_name"),
        field_column(
            "capability",
            "capability",
            say("Capability it can teach."),
            required=True,
            field="",
            example="non_revenue_water",
        ),
        field_column(
            "level", "integer", say("From 1 (basic) to 5 (could train trainers)."), within=(1, 5), example="4"
        ),
        field_column(
            "staff_days",
            "number",
            say("Staff-days a year it can give for this capability."),
            within=(0, 100_000),
            example="30",
        ),
        field_column(
            "evidence",
            "text",
            say("What shows it: a result, an award, an earlier partnership."),
            example="Losses cut from 40 to 28 percent",
        ),
        year_column("year", say("Year of the evidence."), example="2024"),
        field_column("source", "text", say("Who says so, or the address of the page that does."), field="stated_by"),
    ),
)

NEEDS = Table(
    name="needs",
    explanation=say("One row for each capability a utility wants to build."),
    key=("utility", "capability"),
    file_names=("needs", "need", "utility_needs", "besoins", "necesidades"),
    edge="NEEDS",
    columns=(
        utility_column(
            "utility", say("Utility that has the need: its id or exact name."), aliases="utility_id", example=EXAMPLE_ID
        ),
        name_column("utility_name"),
        field_column(
            "capability",
            "capability",
            say("Capability it wants to build."),
            required=True,
            field="",
            example="tariff_setting",
        ),
        field_column("priority", "integer", say("From 1 (highest) to 3."), within=(1, 3), example="1"),
        field_column("indicator", "text", say("Figure that should improve."), example="Cost coverage"),
        field_column("baseline", "number", say("The indicator today."), within=ANY_AMOUNT, example="80"),
        field_column(
            "target",
            "number",
            say("The indicator wanted at the end."),
            within=ANY_AMOUNT,
            field="target_value",
            example="110",
        ),
        field_column(
            "status",
            "choice",
            say("Provisional as first stated; diagnosed after a visit."),
            choices=("provisional", "diagnosed"),
            example="provisional",
        ),
        field_column(
            "staff_days",
            "number",
            say("Staff-days a year of a mentor it would take."),
            within=(0, 100_000),
            example="20",
        ),
        year_column("year", say("Year the need was stated."), example="2024"),
        field_column("source", "text", say("Who says so, or the address of the page that does."), field="stated_by"),
        field_column("private", "flag", _PRIVATE, example="yes"),
    ),
)

PARTNERSHIPS = Table(
    name="partnerships",
    explanation=say("One row for each mentor and mentee of a real partnership."),
    key=("id",),
    file_names=("partnerships", "partnership", "wops", "partenariats", "asociaciones"),
    label="Partnership",
    columns=(
        field_column(
            "id",
            "text",
            say("Short id of the row that never changes, such as P001."),
            required=True,
            field="",
            example=EXAMPLE_ID,
        ),
        utility_column("mentor", say("Utility that mentors: its id or exact name."), example=EXAMPLE_ID),
        name_column("mentor_name"),
        field_column("mentor_country", "country", say("Country of the mentor; it must fit the utility."), field=""),
        utility_column("mentee", say("Utility that learns: its id or exact name.")),
        name_column("mentee_name"),
        field_column("mentee_country", "country", say("Country of the mentee; it must fit the utility."), field=""),
        year_column("start_year", say("First year.")),
        year_column("end_year", say("Last year; empty if unknown or running.")),
        field_column("topics", "capabilities", say("Capabilities worked on, separated by ;"), field=""),
        field_column("programme", "text", say("Programme it belongs to."), field=""),
        field_column("facilitator", "text", say("Who facilitated it."), field=""),
        field_column("funder", "text", say("Who paid for it."), field=""),
        field_column("status", "choice", say("How it stands."), choices=("planned", "running", "completed", "stopped")),
        field_column("source_url", "text", _SOURCE_ADDRESS),
        field_column("excerpt_fact", "text", say("What the source says, in a sentence.")),
        field_column("confidence", "choice", say("How sure the source makes it."), choices=("high", "medium", "low")),
        field_column(
            "wop_key",
            "text",
            say("Shared by the rows of one partnership; empty means the row stands alone."),
            field="wop",
        ),
        field_column("source_url_2", "text", say("A second address.")),
        field_column("flags", "words", say("Remarks on the row, as short words separated by ;")),
    ),
)

OBSERVATIONS = Table(
    name="observations",
    explanation=say("One row for each figure of a utility in a year."),
    key=("utility_id", "metric", "year"),
    file_names=("observations", "observation", "utility_observations", "figures"),
    edge="OBSERVED",
    columns=(
        utility_column("utility_id", say("Utility: its id (or exact name)."), example=EXAMPLE_ID),
        name_column("utility"),
        field_column("metric", "metric", say("Which figure."), required=True, field="", example="nrw_percent"),
        field_column("value", "number", say("The figure itself, as a number."), required=True, example="32"),
        year_column("year", say("Year of the figure."), example="2023"),
        field_column("source_url", "text", _SOURCE_ADDRESS),
        field_column("note", "text", say("Anything a reader should know about the figure.")),
        field_column("private", "flag", _PRIVATE),
    ),
)

TABLES: dict[str, Table] = {table.name: table for table in (UTILITIES, OFFERS, NEEDS, PARTNERSHIPS, OBSERVATIONS)}
"""All upload tables, in the order they are imported, exported and written into the template."""

NAMED_BY = {
    "programme": ("Programme", "RUNS"),
    "funder": ("Funder", "FUNDS"),
    "facilitator": ("Facilitator", "FACILITATES"),
}
"""Partnership columns that name a node of their own (its id is the name): the label, and the type of its edge."""

_BY_FILE_NAME = {folded(name): table for table in TABLES.values() for name in table.file_names}


def table_named(name: str) -> Table | None:
    """The table that a file's stem or a sheet's name means, if any."""
    return _BY_FILE_NAME.get(folded(name))
