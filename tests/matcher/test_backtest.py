"""Back-test: nothing of the hidden partnership or of what came after it is seen, and the counts are right."""

from __future__ import annotations

import csv
import math
import random
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from graph.errors import BadInput
from graph.ingest import import_paths
from graph.model import Need, Observation, Offer, Partnership
from graph.network import Network, read_network
from graph.reference import REGISTER
from graph.register_files import read_register_files
from graph.sqlite import SqliteStore
from matcher.backtest.baselines import BASELINES
from matcher.backtest.calibration import fit_weights, fitted_on_others, fold_of
from matcher.backtest.hidden import hide, real_pairs, without_words, year_of
from matcher.backtest.measures import measure, placing, wilson
from matcher.backtest.report import backtest, backtest_policy
from matcher.backtest.values import Judged, judge
from matcher.policy import ready_policies
from matcher.scoring import counted_rules

POLICY = ready_policies()["best_fit"]


@pytest.fixture(scope="module")
def register(tmp_path_factory: pytest.TempPathFactory) -> Network:
    store = SqliteStore(str(tmp_path_factory.mktemp("store") / "wop.sqlite"))
    import_paths(store, [Path(str(REGISTER))])
    with store.read() as reader:
        network = read_network(reader)
    store.close()
    return network


def _judged(network: Network, part: Partnership) -> Judged:
    full = backtest_policy(POLICY)
    hidden = hide(without_words(network), part, real_pairs(network), "mentors")
    return judge(hidden, POLICY, full, counted_rules(full))


@pytest.mark.slow
def test_nothing_of_the_partnership_or_of_later_years_is_seen(register: Network) -> None:
    pairs = real_pairs(register)
    for part in pairs:
        hidden = hide(without_words(register), part, pairs, "mentors")
        assert all(other.wop != part.wop for other in hidden.past.partnerships)
        assert all((other.start_year or 0) < year_of(part) for other in hidden.past.partnerships)
        assert all((other.end_year or 0) < year_of(part) for other in hidden.past.partnerships)
        assert all(each.year is not None and each.year < year_of(part) for each in hidden.past.observations)
        assert {n.capability for n in hidden.past.needs if n.utility == part.mentee} == set(part.capabilities)


def test_what_happens_later_changes_no_rank(register: Network) -> None:
    """Everything from the pair's year on may be rewritten: its candidates are judged the same."""
    pairs = real_pairs(register)
    part = next(each for each in pairs if each.start_year == 2017)
    before = _judged(register, part)
    later = tuple(
        each
        if year_of(each) < 2017
        else replace(each, mentee=part.mentee, capabilities=part.capabilities, start_year=2017 + at % 5)
        for at, each in enumerate(register.partnerships)
    )
    ids = [utility.id for utility in register.utilities]
    leaks = replace(
        register,
        partnerships=later,
        offers=(Offer(part.mentor, "non_revenue_water", level=5, year=2018), Offer(part.mentor, "billing", level=5)),
        needs=(Need(part.mentor, "billing", year=2019),),
        observations=(*register.observations, Observation(part.mentor, "population_served", 1e6, 2020)),
        utilities=tuple(replace(each, preferred_partners=tuple(ids[:5])) for each in register.utilities),
    )
    after = _judged(leaks, part)
    assert before.hidden.pool == after.hidden.pool
    assert np.array_equal(before.values, after.values)
    assert np.array_equal(before.points, after.points)
    for ranking in BASELINES.values():
        assert np.array_equal(ranking(before.hidden), ranking(after.hidden))


def test_a_co_mentor_or_a_sister_row_of_the_partnership_changes_no_rank(register: Network) -> None:
    """Planted rows of the hidden partnership, old enough to be known, are hidden with it; another's are not."""
    pairs = real_pairs(register)
    part = next(each for each in pairs if each.start_year == 2017)
    other = next(each.mentor for each in pairs if each.mentor != part.mentor)
    planted = (
        replace(part, id="X1", start_year=2005, end_year=2006),
        replace(part, id="X2", start_year=2005, end_year=2006, mentor=other),
        replace(part, id="X3", start_year=2005, end_year=2006, mentee=other),
    )
    before = _judged(register, part)
    after = _judged(replace(register, partnerships=(*register.partnerships, *planted)), part)
    assert before.hidden.pool == after.hidden.pool
    assert np.array_equal(before.values, after.values)
    known = tuple(replace(each, wop="another") for each in planted)
    assert not np.array_equal(
        before.values, _judged(replace(register, partnerships=(*register.partnerships, *known)), part).values
    )


def test_ties_count_by_expectation() -> None:
    seed = 20261122
    print("seed", seed)
    rng = random.Random(seed)
    for _ in range(200):
        numbers = np.array([float(rng.randint(0, 3)) for _ in range(rng.randint(1, 12))])
        place = rng.randrange(len(numbers))
        found = placing(numbers, place)
        assert found is not None
        orders = []
        for _ in range(400):
            noise = [(-number, rng.random(), at) for at, number in enumerate(numbers.tolist())]
            orders.append(1 + [at for _, _, at in sorted(noise)].index(place))
        for top in (1, 5, 10):
            assert found.within(top) == pytest.approx(np.mean([order <= top for order in orders]), abs=0.12)
        assert found.reciprocal == pytest.approx(np.mean([1 / order for order in orders]), abs=0.12)
        assert found.rank == pytest.approx(np.mean(orders), abs=0.9)


def test_a_mentor_that_is_not_ranked_is_not_found() -> None:
    measured = measure([placing(np.array([1.0, 2.0]), 1), placing(np.array([1.0]), None)])
    assert measured["rows"] == 2
    assert measured["top"] == {"1": 0.5, "5": 0.5, "10": 0.5, "20": 0.5}
    assert measured["mean_reciprocal_rank"] == 0.5
    assert measure([])["top"]["10"] == 0.0


def test_wilson_interval_against_its_published_form() -> None:
    low, high = wilson(0.5, 10)
    assert (round(low, 4), round(high, 4)) == (0.2366, 0.7634)
    assert wilson(0.0, 0) == (0.0, 1.0)
    assert wilson(0.0, 20)[0] == 0.0
    assert math.isclose(wilson(1.0, 20)[1], 1.0)


def test_fitted_weights_find_a_planted_rule_and_are_never_negative(register: Network) -> None:
    seed = 7
    print("seed", seed)
    rng = np.random.default_rng(seed)
    hidden = hide(without_words(register), real_pairs(register)[0], real_pairs(register), "mentors")
    cases = []
    for _ in range(60):
        values = rng.random((30, 3))
        likely = np.exp(6 * values[:, 0] - 6 * values[:, 2])
        place = int(rng.choice(30, p=likely / likely.sum()))
        cases.append(Judged(replace(hidden, place=place), ("good", "idle", "bad"), values, np.zeros(30, np.int64)))
    weights = fit_weights(cases)
    assert weights["good"] > 0.8
    assert weights["bad"] == 0.0
    assert sum(weights.values()) == pytest.approx(1.0)


def test_without_cases_the_habit_remains_and_few_cases_stay_near_it(register: Network) -> None:
    pairs = real_pairs(register)
    hidden = hide(without_words(register), pairs[0], pairs, "mentors")
    rules = ("track_record", "other")
    values = np.random.default_rng(3).random((20, 2))

    def cases(count: int) -> list[Judged]:
        place = int(values[:, 1].argmax())
        parts = [replace(hidden.partnership, wop=f"w{at}") for at in range(count)]
        return [
            Judged(replace(hidden, partnership=part, place=place), rules, values, np.zeros(20, np.int64))
            for part in parts
        ]

    nothing = [replace(each, hidden=replace(each.hidden, place=None)) for each in cases(2)]
    assert fit_weights(nothing) == {"track_record": 1.0, "other": 0.0}
    shares = [fit_weights(cases(count))["other"] for count in (1, 5, 40)]
    assert shares == sorted(shares)
    assert shares[0] < 0.6
    assert shares[2] > shares[0] + 0.2


@pytest.mark.slow
def test_a_row_is_never_ranked_with_weights_that_saw_it(register: Network) -> None:
    """Changing a partnership's own answer changes no weight that ranks it, and some that rank others."""
    pairs = real_pairs(register)[:30]
    judged = [_judged(register, part) for part in pairs]
    before = fitted_on_others(judged)
    wop = pairs[0].wop
    changed = [
        replace(each, hidden=replace(each.hidden, place=((each.hidden.place or 0) + 1) % len(each.hidden.pool)))
        if each.hidden.partnership.wop == wop
        else each
        for each in judged
    ]
    after = fitted_on_others(changed)
    for part, old, new in zip(pairs, before, after, strict=True):
        if fold_of(part.wop) == fold_of(wop):
            assert old == new
    assert any(old != new for old, new in zip(before, after, strict=True))


@pytest.mark.slow
def test_the_register_is_found_better_than_by_habit(register: Network) -> None:
    first = backtest(register, POLICY)
    by_id = {method["id"]: method["by_group"] for method in first["methods"]}
    assert by_id["calibrated"]["all"]["rows"] == len(first["rows"]) == len(real_pairs(register))
    for group in ("all", "clean"):
        habits = max(by_id[id][group]["top"]["10"] for id in BASELINES)
        assert by_id["calibrated"][group]["top"]["10"] > habits + 0.15
        assert by_id["rules"][group]["top"]["10"] > habits
    assert by_id["random"]["all"]["top"]["10"] == pytest.approx(0.1, abs=0.01)


def test_nothing_to_look_for_and_nothing_known_are_said(register: Network) -> None:
    ids = {part.id for part in register.partnerships}
    with pytest.raises(BadInput, match="What is looked for holds no partnership"):
        backtest(register, POLICY, train=ids)
    with pytest.raises(BadInput, match="What is known holds no partnership"):
        backtest(register, POLICY, train=())


def test_it_is_the_same_each_time(register: Network) -> None:
    part = replace(register, partnerships=register.partnerships[:25])
    assert backtest(part, POLICY) == backtest(part, POLICY)


@pytest.mark.slow
def test_two_files_train_and_test(register: Network, tmp_path: Path) -> None:
    lines = Path(str(REGISTER / "partnerships.csv")).read_text("utf-8").splitlines()[:81]  # no cell has a line break
    columns = lines[0].split(",")
    year = columns.index("start_year")
    earlier = [line for line in lines[1:] if _cells(line)[year] and _cells(line)[year] < "2018"]
    later = [line for line in lines[1:] if line not in earlier]
    for name, rows in (("known.csv", earlier), ("asked.csv", later)):
        (tmp_path / name).write_text("\n".join([lines[0], *rows]), "utf-8")
    network, (known, asked) = read_register_files([tmp_path / "known.csv", tmp_path / "asked.csv"])
    assert len(known) == len(earlier)
    assert len(asked) == len(later)
    document = backtest(network, POLICY, train=known)
    assert document["tested_rows"] == len(later)
    mentors = {_cells(line)[columns.index("mentor")] for line in earlier}
    mentees = {_cells(line)[columns.index("mentee")] for line in earlier}
    apart = [line for line in later if _cells(line)[columns.index("mentor")] not in mentors | mentees]
    assert document["apart"] == len(apart)
    every = next(method for method in document["methods"] if method["id"] == "calibrated")
    assert every["by_group"]["all"]["rows"] == len(later) - len(apart)
    assert {row["id"] for row in document["rows"]} == asked
    learned = [part for part in real_pairs(network) if part.id in known]
    full = backtest_policy(POLICY)
    expected = fit_weights(
        [
            judge(hide(without_words(network), part, learned, "mentors"), POLICY, full, counted_rules(full))
            for part in learned
        ]
    )
    assert document["weights"] == {rule: round(weight, 6) for rule, weight in expected.items()}


def test_the_last_known_day_is_before_the_year(register: Network) -> None:
    part = replace(real_pairs(register)[0], start_year=None, end_year=None)
    assert hide(without_words(register), part, (), "mentors").as_of == date(2024, 12, 31)


def _cells(line: str) -> list[str]:
    return next(csv.reader([line]))
