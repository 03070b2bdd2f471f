"""Which utilities a selection means, asked of the network itself, before there are participants.

``matcher.limits.selected`` answers the same over the arrays of a round; a test holds the two together.
"""

from __future__ import annotations

from graph.model import Utility
from graph.network import Network
from matcher.policy import Selection
from matcher.policy_names import utility_ids


def selected_ids(network: Network, selection: Selection, small_below: int) -> set[str]:
    """Ids of the utilities that meet every part that is set (an unknown attribute never does), and by hand."""
    utilities = set(utility_ids(network, selection.utilities))
    involved = sets_by_records(network, selection)

    def meets(utility: Utility) -> bool:
        country = network.country_by_id[utility.country]
        population = network.figures.get((utility.id, "population_served"))
        return (
            (not selection.regions or country.region in selection.regions)
            and (not selection.countries or country.id in selection.countries)
            and (not selection.income_groups or country.income_group in selection.income_groups)
            and (selection.fragile is None or country.fragile is selection.fragile)
            and (
                selection.small_town is None
                or (population is not None and (population.value < small_below) is selection.small_town)
            )
            and (not selection.facilitators or utility.facilitator in selection.facilitators)
            and (not selection.utilities or utility.id in utilities)
            and all(utility.id in ids for ids in involved)
        )

    found = {utility.id for utility in network.utilities if meets(utility)}
    return (found | set(utility_ids(network, selection.also))) - set(utility_ids(network, selection.without))


def sets_by_records(network: Network, selection: Selection) -> list[set[str]]:
    """For each part of a selection that looks at offers, needs or partnerships: the utilities that meet it."""
    found = []
    for topics, records in ((selection.offers, network.offers), (selection.needs, network.needs)):
        if topics:
            found.append({record.utility for record in records if record.capability in topics})
    if selection.programmes:
        run = [part for part in network.partnerships if part.programme in selection.programmes]
        found.append({id for part in run for id in (part.mentor, part.mentee)})
    return found
