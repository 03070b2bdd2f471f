"""What was declined in a past round is offered to the one begun like it, and holds only where it is accepted."""

from __future__ import annotations

from living_rounds import AS_OF, NETWORK, TODAY, solved

from graph.store import Store
from matcher.rounds.answers import decline
from matcher.rounds.carrying import waiting_offers
from matcher.rounds.edits import carry, create_round, publish
from matcher.rounds.input import policy_of
from matcher.rounds.keeping import at_version, undo
from matcher.rounds.readiness import check_round
from matcher.rounds.state import LivingRound


def begun(store: Store) -> LivingRound:
    """A round like one in which three proposals were declined, each for another reason."""
    state = publish(store, solved(store).id, who="Ana")
    far, full, topic = [each.pair for each in state.in_phase("published")][:3]
    decline(store, state.id, far, "mentor", "distance", who="x", on=TODAY, words="two days by road")
    decline(store, state.id, full, "mentor", "no_capacity", who="x", on=TODAY)
    decline(store, state.id, topic, "mentor", "wrong_topic", who="x", on=TODAY, topics=["leaks"])
    return create_round(store, "Next", as_of=AS_OF, who="Ana", like=state.id)


def test_each_reason_offers_what_follows_from_it(store: Store) -> None:
    state = begun(store)
    with store.read() as reader:
        offers = waiting_offers(reader, state)
    assert sorted(offer.kind for offer in offers) == ["forbid", "forbid", "forbid", "places", "set_aside"]
    assert {offer.source for offer in offers} == {"M1"}
    assert "two days by road" in {offer.words for offer in offers}
    assert not state.forbids


def test_what_is_accepted_counts_and_what_is_left_out_does_not_come_again(store: Store) -> None:
    state = begun(store)
    with store.read() as reader:
        offers = {offer.kind: offer for offer in waiting_offers(reader, state)}
    left, topic, places = offers["forbid"], offers["set_aside"], offers["places"]
    state = carry(store, state.id, who="Ana", accept=[topic.key, places.key], leave=[left.key])
    assert (state.places, len(state.set_aside), state.forbids) == ({places.utility: places.number}, 1, ())
    with store.read() as reader:
        rest = waiting_offers(reader, state)
        assert at_version(reader, state.id, state.version) == state
    assert sorted(offer.kind for offer in rest) == ["forbid", "forbid"]
    state = carry(store, state.id, who="Ana", accept=None)
    assert len(state.forbids) == 2
    form = policy_of(state).to_json()
    assert {(each["mentor"], each["mentee"]) for each in form["forbids"]} == {
        (offer.mentor, offer.mentee) for offer in rest
    }
    with store.read() as reader:
        assert waiting_offers(reader, state) == []
    state = undo(store, state.id, who="Ana", why="")
    assert not state.forbids
    check_round(store, state, NETWORK, who="Ana")
