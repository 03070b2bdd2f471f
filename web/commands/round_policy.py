"""The policy of a round on the command line: what it says in words and costs in pairs, and other policies beside it."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import click

from web.commands.common import Shared, console, json_option, pass_shared, print_json, progress
from web.commands.match import TIME_LIMIT
from web.commands.round_common import round_argument
from web.commands.scenarios import print_scenarios

if TYPE_CHECKING:
    from graph.sentences import Sentence
    from graph.store import Store
    from matcher.policy import Policy
    from matcher.rounds.state import LivingRound


@click.command()
@round_argument
@click.option("--policy", "policy_name", default=None, help="Say what this policy would change instead (name or file).")
@json_option
@pass_shared
def rules(shared: Shared, round_id: str, policy_name: str | None, as_json: bool) -> None:
    """The policy of a round in words, and how many pairs each rule would disqualify if it were mandatory."""
    from matcher.limit_words import limit_sentence
    from matcher.participants import choose_participants
    from matcher.policy import load_policy, parse_policy
    from matcher.policy_changes import differences
    from matcher.policy_edits import real_goals
    from matcher.policy_levels import level_name
    from matcher.rounds.input import policy_of
    from matcher.rule_counts import rule_counts
    from matcher.rules.registry import RULES

    with shared.store() as store:
        state = _state(store, round_id)
        as_of = date.fromisoformat(state.as_of)
        network = shared.network(store, as_of)
    saved = parse_policy(state.policy, state.id)
    found = saved if policy_name is None else load_policy(policy_name)
    changes = differences(network, saved, found)
    whole = policy_of(state.model_copy(update={"policy": found.to_json()}))
    counts = rule_counts(network, choose_participants(network, whole, as_of), whole)
    limits = [limit_sentence(network, limit) for limit in found.limits]
    if as_json:
        print_json(
            {
                "name": found.name,
                "goals": list(real_goals(found)),
                "candidates": counts.candidates,
                "eligible": counts.eligible,
                "rules": {
                    id: {"level_s": level_name(part).to_json(), "would_remove": counts.would_remove[id]}
                    for id, part in found.rules.items()
                },
                "limits": [limit.to_json() for limit in limits],
                "differences": [change.to_json() for change in changes],
            }
        )
        return
    click.echo(
        f"{found.name}: {', '.join(real_goals(found))}. {counts.eligible:,} of {counts.candidates:,} pairs remain."
    )
    for id, part in found.rules.items():
        click.echo(f"  {RULES[id].title}: {level_name(part)}; {_costs(part.mode, counts.would_remove[id])}")
    _listed("Limits:", limits)
    _listed("Against the saved policy:", changes)


@click.command()
@round_argument
@click.option("--policy", "policies", multiple=True, required=True, help="A ready policy, or a TOML file; repeated.")
@click.option("--seed", default=0, show_default=True, help="Part of the input: the same seed, the same bytes.")
@click.option(
    "--time-limit",
    type=click.FloatRange(min=0, min_open=True),
    default=TIME_LIMIT,
    show_default=True,
    help="Seconds for solving under each policy.",
)
@json_option
@pass_shared
def scenarios(
    shared: Shared, round_id: str, policies: tuple[str, ...], seed: int, time_limit: float, as_json: bool
) -> None:
    """Solve a round under its own policy and under others, side by side, without touching it."""
    from graph.rounds import put_round
    from matcher.policy import load_policy, parse_policy
    from matcher.proposal import propose
    from matcher.rounds.scenarios import document_pairs, for_round, outcome, present_pairs, solved_under
    from matcher.scenarios import scenario

    with shared.store() as store, progress("Reading the network") as tell:
        state = _state(store, round_id)
        as_of = date.fromisoformat(state.as_of)
        network = shared.network(store, as_of)
        saved = parse_policy(state.policy, state.id)
        tried: list[Policy] = [saved, *(for_round(load_policy(name), saved) for name in policies)]
        documents = [
            propose(network, policy, as_of=as_of, seed=seed, time_limit=time_limit, progress=tell)
            for policy in solved_under(state, [policy.to_json() for policy in tried])
        ]
        with store.write() as transaction:
            for document in documents:
                put_round(transaction, document, scenario=True)
    rows = [scenario(document) for document in documents]
    present = present_pairs(state)
    outcomes = [outcome(network, as_of, document_pairs(document), present) for document in documents]
    if as_json:
        both: list[dict[str, Any]] = [{**row, "outcome": found} for row, found in zip(rows, outcomes, strict=True)]
        print_json({"round": state.id, "seed": seed, "scenarios": both})
        return
    print_scenarios(console(), rows)
    for row, found in zip(rows, outcomes, strict=True):
        click.echo(
            f"{row['policy_name']}: against the present proposals {len(found['gained']):,} mentees gain a partner,"
            f" {len(found['lost']):,} lose theirs, {len(found['moved']):,} have another."
        )


def _state(store: Store, round_id: str) -> LivingRound:
    from matcher.rounds.keeping import read_state

    with store.read() as reader:
        return read_state(reader, round_id)


def _costs(mode: str, count: int) -> str:
    """What a rule costs in pairs."""
    return f"it alone disqualifies {count:,}" if mode == "mandatory" else f"as mandatory it would disqualify {count:,}"


def _listed(title: str, sentences: list[Sentence] | tuple[Sentence, ...]) -> None:
    if sentences:
        click.echo(title)
    for sentence in sentences:
        click.echo(f"  {sentence}")
