"""Names in cells looked up in what is known: capabilities, countries, regions, metrics, utilities."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from functools import cached_property

from graph.cells import Refused, parts
from graph.errors import did_you_mean
from graph.sentences import Sentence, say
from graph.store import Reader
from graph.upload_columns import ANY_AMOUNT, Range, folded

_COMPARED = 40
"""How many names that share most three-letter pieces with a mistyped one are compared closely."""


class NearNames:
    """Finds the names near a mistyped one among very many, by shared three-letter pieces first."""

    def __init__(self, names: Iterable[str]) -> None:
        self._names = list(dict.fromkeys(names))

    @cached_property
    def _by_piece(self) -> Mapping[str, list[int]]:
        by_piece: dict[str, list[int]] = defaultdict(list)
        for at, name in enumerate(self._names):
            for piece in _pieces(name):
                by_piece[piece].append(at)
        return by_piece

    def near(self, name: str) -> list[str]:
        """The names that share most pieces with this one, to be compared closely."""
        shared: Counter[int] = Counter()
        for piece in sorted(_pieces(name)):
            shared.update(self._by_piece.get(piece, ()))
        best = sorted(shared, key=lambda at: (-shared[at], at))[:_COMPARED]
        return [self._names[at] for at in best]

    def hint(self, name: str) -> Sentence | None:
        """“Did you mean”, if anything is near."""
        return did_you_mean(name, self.near(name))


def _pieces(name: str) -> set[str]:
    plain = f" {name.casefold()} "
    return {plain[at : at + 3] for at in range(len(plain) - 2)}


class ReferenceNames:
    """The ids of one label of the reference, found by id or name without regard to case, accents and separators."""

    def __init__(self, what: Sentence, ids: Iterable[str], names: Iterable[str]) -> None:
        self._what = what
        pairs = list(zip(ids, names, strict=True))
        self._id_of = {folded(name): id for id, name in pairs if name} | {folded(id): id for id, _ in pairs}
        self._near = NearNames([id for id, _ in pairs] + [name for _, name in pairs if name])

    def find(self, text: str) -> str:
        """The id; raises ``Refused`` for a name nothing answers to."""
        if (found := self._id_of.get(folded(text))) is None:
            raise Refused(say("the id or name of a {what}", what=self._what), lambda: self._near.hint(text))
        return found

    def find_all(self, text: str) -> tuple[str, ...]:
        """The ids of a list separated by ``;`` or ``,``."""
        return tuple(dict.fromkeys(self.find(part) for part in parts(text, ";,")))


class Reference:
    """All reference names of a store, the region of each country and the range of each metric."""

    def __init__(self, reader: Reader) -> None:
        labels = {
            "capability": ("Capability", say("capability")),
            "country": ("Country", say("country")),
            "region": ("Region", say("region")),
            "metric": ("Metric", say("metric")),
        }
        self.names = {}
        for kind, (label, what) in labels.items():
            nodes = reader.nodes(label)
            self.names[kind] = ReferenceNames(what, nodes["id"], nodes["name"])
        metrics = reader.nodes("Metric")
        self.range_of: dict[str, Range] = {
            id: (ANY_AMOUNT[0] if low is None else low, ANY_AMOUNT[1] if high is None else high)
            for id, low, high in zip(metrics["id"], metrics["lowest"], metrics["highest"], strict=True)
        }
        located = reader.edges("IN")
        self.region_of: dict[str, str] = dict(zip(located["source"], located["target"], strict=True))


class UtilityNames:
    """Utilities of the store and the upload, found by id or by exact name (ignoring case)."""

    def __init__(self) -> None:
        self._countries: dict[str, set[str]] = {}
        self._names: dict[str, set[str]] = {}
        self._ids_named: dict[str, list[str]] = {}

    def add(self, ids: Iterable[str], names: Iterable[str | None], countries: Iterable[str | None]) -> None:
        """Utilities known; a utility of the upload keeps answering to its stored name too."""
        for id, name, country in zip(ids, names, countries, strict=True):
            if country is not None:
                self._countries.setdefault(id, set()).add(country)
            known = self._names.setdefault(id, set())
            if name is not None and name.casefold() not in known:
                known.add(name.casefold())
                self._ids_named.setdefault(name.casefold(), []).append(id)

    @cached_property
    def _near(self) -> NearNames:
        return NearNames([*self._names, *self._ids_named])

    def find(self, text: str, country: str | None = None) -> str:
        """The id of a utility; of several with one name, the one in ``country``. Raises ``Refused``."""
        if text in self._names:
            return text
        ids = self._ids_named.get(text.casefold(), [])
        if len(ids) > 1 and country is not None:
            ids = [id for id in ids if country in self._countries.get(id, ())]
        if len(ids) > 1:
            raise Refused(
                say("a name that only one utility has"), say("Give the id instead: {ids}.", ids=tuple(sorted(ids)))
            )
        if not ids:
            raise Refused(say("the id or exact name of a utility"), lambda: self._near.hint(text))
        return ids[0]

    def find_all(self, text: str) -> tuple[str, ...]:
        """The ids of a list separated by ``;`` (names may hold commas)."""
        return tuple(dict.fromkeys(self.find(part) for part in parts(text)))

    def fits_name(self, id: str, name: str) -> bool:
        """Whether the utility has this name (or it is the id itself)."""
        return name == id or name.casefold() in self._names[id]

    def fits_country(self, id: str, country: str) -> bool:
        """Whether the utility is in this country; nothing is held against one whose own country could not be read."""
        return country in self._countries.get(id, {country})
