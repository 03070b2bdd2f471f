"""The back-test of the register, worked out once per revision and policy and kept for all threads of a process.

Partnerships are public, but figures and profiles that the rules look at need not be: it is worked out on what the
reader may see, once for each such part.
"""

from __future__ import annotations

import threading
from typing import cast

from flask import current_app

from graph.errors import BadInput, TooLarge
from graph.sentences import say
from matcher.backtest.document import BacktestDocument
from matcher.policy import load_policy
from web.knowledge import KnowledgeKeeper, knowledge
from web.settings import Settings
from web.turns import turn

POLICY = "best_fit"
"""The ready policy whose rules are looked at: those of a proposal would change with each round."""


MOST_KEPT = 4
"""Ways of seeing the register for which the result is kept."""


class BacktestKeeper:
    """Works the back-test out when it is first asked for."""

    def __init__(self, knowledge: KnowledgeKeeper, settings: Settings) -> None:
        self._knowledge = knowledge
        self._most_rows = settings.backtest_rows
        self._patience = settings.request_timeout
        self._lock = threading.Lock()
        self._kept: dict[frozenset[str], tuple[int, BacktestDocument]] = {}

    def document(self) -> BacktestDocument:
        """The back-test at the present revision.

        Raises ``BadInput`` where no partnership is recorded, ``TooLarge`` where more are than the setting
        ``WOP_BACKTEST_ROWS`` allows, ``Busy`` where it is being worked out for longer than a request may wait.
        """
        revision = self._knowledge.now().network.revision
        known = knowledge()
        network, hidden = known.network, frozenset() if known.view is None else known.view.hidden
        with turn(self._lock, self._patience):
            found = self._kept.get(hidden)
            if found is None or found[0] != revision:
                from matcher.backtest.report import backtest  # the solver's libraries, only where it is asked for

                if not network.partnerships:
                    raise BadInput(
                        say("No partnership is recorded that could be looked for."),
                        say("Import a register of partnerships first."),
                    )
                if (rows := len(network.partnerships)) > self._most_rows:
                    raise TooLarge(
                        say("A back-test of {rows} partnerships takes too long for a page.", rows=rows),
                        say("Raise the setting WOP_BACKTEST_ROWS, or run “wop backtest”."),
                    )
                found = (revision, backtest(network, load_policy(POLICY)))
                while len(self._kept) >= MOST_KEPT:
                    del self._kept[next(iter(self._kept))]
                self._kept[hidden] = found
            return found[1]


def backtest_keeper() -> BacktestKeeper:
    """The keeper of the application that answers this request."""
    return cast(BacktestKeeper, current_app.extensions["wop_backtest"])
