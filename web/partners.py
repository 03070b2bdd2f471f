"""Partners for any utility, kept with the network they come from: made at the first question, then only looked up."""

from __future__ import annotations

import threading
from datetime import date
from typing import cast

from flask import current_app

from graph.network import Network
from matcher.pairs import Partners
from matcher.policy import Policy
from web.settings import Settings
from web.snapshot import Knowledge
from web.turns import turn

KEPT = 6
"""So many networks, policies and days are kept: pages ask of the newest network under the policies of open rounds."""


class PartnersKeeper:
    """Keeps what was asked for last, for all threads of a process."""

    def __init__(self, settings: Settings) -> None:
        self._patience = settings.request_timeout
        self._lock = threading.Lock()
        self._kept: list[tuple[Network, Policy, date, Partners]] = []

    def under(self, known: Knowledge, policy: Policy, as_of: date) -> Partners:
        """Partners under a policy, from what this knowledge holds and the register implied by a day.

        Raises ``UnknownName`` or ``BadInput`` where the policy names something that does not exist, ``Busy`` where
        other questions take longer than a request may wait.
        """
        with turn(self._lock, self._patience):
            for at, (network, its_policy, day, partners) in enumerate(self._kept):
                if network is known.network and day == as_of and its_policy == policy:
                    self._kept.insert(0, self._kept.pop(at))
                    return partners
            made = Partners(known.network_by(as_of), policy, as_of)
            self._kept = [(known.network, policy, as_of, made), *self._kept[: KEPT - 1]]
            return made


def partners_of(known: Knowledge, policy: Policy | None = None, as_of: date | None = None) -> Partners:
    """Partners from what somebody knows: under its own policy and by its own day, unless others are given."""
    keeper = cast(PartnersKeeper, current_app.extensions["wop_partners"])
    return keeper.under(known, policy or known.policy, as_of or known.as_of)
