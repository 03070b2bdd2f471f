"""By what the drawing of the network is coloured and sized: the choices, their colours, and what each one means.

Colours are Paul Tol's muted scheme, which people with any kind of colour vision tell apart, and greys for what is
unknown or too rare for a colour of its own. Measures are in bands, darker blues for more.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Literal, TypeAlias, get_args

from graph.sentences import Sentence, say

Colouring: TypeAlias = Literal["region", "role", "income", "community", "programme", "reach", "bridging"]
Sizing: TypeAlias = Literal["partners", "people", "reach", "bridging", "same"]
COLOURINGS: tuple[Colouring, ...] = get_args(Colouring)
SIZINGS: tuple[Sizing, ...] = get_args(Sizing)

SCHEME = ("#44AA99", "#CC6677", "#332288", "#DDCC77", "#88CCEE", "#882255", "#117733", "#AA4499", "#999933")
REST, UNKNOWN = "#A9B5B9", "#DCE2E4"
BLUES = ("#C6DBEF", "#6BAED6", "#2171B5", "#08306B")
PALETTE = (*SCHEME, REST, UNKNOWN, *BLUES)
REST_PLACE, UNKNOWN_PLACE = len(SCHEME), len(SCHEME) + 1
FIRST_BAND = len(SCHEME) + 2
BANDS: Mapping[Colouring, tuple[float, ...]] = {"reach": (0, 1, 3, 10), "bridging": (0, 1e-9, 0.001, 0.01)}
"""From which value on a utility is in each band."""
EDGE, EDGE_PROPOSED = "#9FB0B6", "#B4661F"

COLOURED_BY: Mapping[Colouring, Sentence] = {
    "region": say("region"),
    "role": say("role"),
    "income": say("income group of the country"),
    "community": say("community"),
    "programme": say("programme"),
    "reach": say("reach of its help"),
    "bridging": say("how much it bridges"),
}
SIZED_BY: Mapping[Sizing, Sentence] = {
    "partners": say("number of partners"),
    "people": say("people served"),
    "reach": say("reach of its help"),
    "bridging": say("how much it bridges"),
    "same": say("all the same"),
}
MEANING: Mapping[str, Sentence] = {
    "role": say("Who mentored, who was a mentee, and who did both, in the partnerships that are known."),
    "community": say(
        "Utilities that work together more than with others. A programme finds those it knows in one community, and new"
        " partners in the others."
    ),
    "programme": say("The programme that most of a utility’s partnerships belong to."),
    "people": say("People served, the newest figure known. Who has none is drawn smallest, which says nothing of it."),
    "reach": say(
        "How many utilities its help reached: those it mentored, those they mentored, and those these mentored. High"
        " reach shows where help is passed on."
    ),
    "bridging": say(
        "How often it lies on the shortest chain between two others. Without the highest, parts of the network lose"
        " sight of each other."
    ),
}


def places_of(codes: Sequence[int | None]) -> tuple[dict[int, int], list[int]]:
    """A colour for each code: the most frequent have one of their own, by how frequent they are.

    The place in ``PALETTE`` by code, and the place of each utility; ``None`` is unknown.
    """
    counted = Counter(code for code in codes if code is not None)
    frequent = sorted(counted, key=lambda code: (-counted[code], code))
    most = len(SCHEME) if len(frequent) <= len(SCHEME) else len(SCHEME) - 1
    place = {code: number if number < most else REST_PLACE for number, code in enumerate(frequent)}
    return place, [UNKNOWN_PLACE if code is None else place[code] for code in codes]


def band_of(colouring: Colouring, value: float | None) -> int | None:
    """The band of a value, from 0; ``None`` where it is unknown."""
    return None if value is None else sum(value >= least for least in BANDS[colouring]) - 1


def band_places(codes: Sequence[int | None]) -> tuple[dict[int, int], list[int]]:
    """``places_of`` for bands: the darker, the more."""
    place = {code: FIRST_BAND + code for code in range(len(BLUES))}
    return place, [UNKNOWN_PLACE if code is None else place[code] for code in codes]


def shares(values: Sequence[float | None]) -> list[int | None]:
    """Values as whole percent of the radius of the greatest, by area; ``None`` stays unknown."""
    most = max((value for value in values if value is not None), default=0) or 1
    return [None if value is None else round(100 * (max(value, 0) / most) ** 0.5) for value in values]
