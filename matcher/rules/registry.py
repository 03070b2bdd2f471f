"""All rules, in the order in which reasons are shown; the ids are those of ``matcher.rules.settings``."""

from __future__ import annotations

from collections.abc import Mapping

from matcher.rules.context import CONTEXT_RULES
from matcher.rules.cover import COVER_RULES, RECIPROCITY
from matcher.rules.evaluation import Rule
from matcher.rules.gates import GATES
from matcher.rules.history import HISTORY_RULES
from matcher.rules.settings import SETTINGS
from matcher.rules.ties import TIE_RULES

_ALL = {rule.id: rule for rule in (*GATES, *COVER_RULES, *CONTEXT_RULES, RECIPROCITY, *TIE_RULES, *HISTORY_RULES)}

RULES: Mapping[str, Rule] = {id: _ALL[id] for id in SETTINGS}
"""Every rule by its id."""
