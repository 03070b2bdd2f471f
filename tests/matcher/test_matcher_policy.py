from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from networks import network_of, random_network

from graph.errors import BadInput, UnknownName
from matcher.policy import (
    GOALS,
    KNOWN_KEYS,
    Policy,
    load_policy,
    parse_policy,
    read_policy,
    ready_policies,
    ready_policy_text,
)
from matcher.policy_names import check_names
from matcher.rules.registry import RULES
from matcher.rules.settings import SETTINGS


def test_ready_policies_say_what_the_defaults_are() -> None:
    ready = ready_policies()
    assert set(ready) == {"best_fit", "most_partnerships", "stable"}
    assert [name for name, policy in ready.items() if policy.pairing == "stable"] == ["stable"]
    for policy in ready.values():
        assert policy.rules == Policy(name="defaults").rules
        assert policy.participants == Policy(name="defaults").participants
    assert ready["most_partnerships"].goals == ("most_partnerships", "best_fit", "stable")


def test_ready_text_is_the_policy() -> None:
    assert read_policy(ready_policy_text("best_fit"), "best_fit.toml") == load_policy("best_fit")
    with pytest.raises(UnknownName, match="best_fit"):
        ready_policy_text("best_fti")


FULL = """
name = "All \\"of\\" it"
quality_floor = 0.25
goals = ["fragile_first", "best_fit"]
[participants]
exclude = ["U1"]
[rules.size_ratio]
mode = "mandatory"
target_ratio = 4
[[limits]]
id = "window"
title = "Money"
counts = "money"
mentee = { countries = ["BFA"] }
base_cost = 10
at_most = 100
[[limits]]
id = "balance"
title = "Balance"
counts = "balance"
group = { regions = ["Eastern Africa"] }
at_least = -2
at_most = 2
[[pins]]
mentor = "U1"
mentee = "U2"
reason = "signed"
"""


def test_a_policy_survives_toml_and_json() -> None:
    policy = read_policy(FULL, "full.toml")
    assert policy.goals == ("fragile_first", "best_fit", "stable")
    assert read_policy(policy.to_toml(), "full.toml") == policy
    assert parse_policy(policy.to_json(), "full.toml") == policy


@given(
    st.dictionaries(st.sampled_from(["a", "b c", "é", "d.e"]), st.text(st.characters(exclude_categories=["Cs"])))
    | st.builds(lambda rows: {"list": rows}, st.lists(st.dictionaries(st.just("x"), st.integers(-9, 9)), min_size=1))
)
def test_toml_text_is_read_back(table: dict[str, object]) -> None:
    import tomllib

    from matcher.toml_text import toml_text

    assert tomllib.loads(toml_text(table)) == table


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('name="x"\n[rules.size_ration]', ["rules.size_ration", "“size_ratio”"]),
        ('name="x"\n[rules.size_ratio]\nwieght=1', ["rules.size_ratio.wieght", "“weight”"]),
        ('name="x"\nqualty_floor=0.5', ["qualty_floor", "“quality_floor”"]),
        ('name="x"\ngoals=["best_fti"]', ["goals", "“best_fit”"]),
        ('name="x"\n[[limits]]\nid="a"\ntitle="b"\nat_most=1\nmentee={region=["x"]}', ["limits.0.mentee", "“regions”"]),
        ('name="x"\n[participants]\ndefault_place=1', ["participants.default_place", "“default_places”"]),
    ],
)
def test_unknown_keys_are_refused_with_the_nearest(text: str, expected: list[str]) -> None:
    with pytest.raises(UnknownName) as caught:
        read_policy(text, "mine.toml")
    for part in ["mine.toml", *expected]:
        assert part in str(caught.value)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ["name: is missing"]),
        ("name=", ["not valid TOML"]),
        (
            'name="x"\nquality_floor=true\n[participants]\nmentors_wanted=4',
            ["quality_floor", "mentors_wanted", "at most 3"],
        ),
        ('name="x"\n[rules.distance]\nnear_km=600\nfar_km=20', ["rules.distance", "near_km must be below far_km"]),
        ('name="x"\n[rules.not_itself]\nmode="off"', ["rules.not_itself.mode", "'mandatory'"]),
        ('name="x"\ngoals=["stable","best_fit"]', ["stable comes last"]),
        ('name="x"\ngoals=["best_fit","best_fit"]', ["once"]),
        ('name="x"\n[[limits]]\nid="a"\ntitle="b"', ["at_least, at_most or both"]),
        ('name="x"\n[[limits]]\nid="a"\ntitle="b"\nat_least=3\nat_most=2', ["at_least must not be above"]),
        ('name="x"\n[[limits]]\nid="a"\ntitle="b"\nat_most=1.5', ["whole numbers"]),
        ('name="x"\n[[limits]]\nid="a"\ntitle="b"\ncounts="share"\nat_most=3', ["between 0 and 1"]),
        ('name="x"\n[[limits]]\nid="a"\ntitle="b"\ncounts="money"\nat_most=3', ["base_cost"]),
        ('name="x"\n[[limits]]\nid="a"\ntitle="b"\ncounts="balance"\nat_most=3', ["group"]),
        ('name="x"\n[[pins]]\nmentor="a"\nmentee="b"\n[[forbids]]\nmentor="a"\nmentee="b"', ["pinned and forbidden"]),
        ('name="x"\nrules=3', ["rules: must be a table"]),
        ('name="x"\n[rules.distnce]\n[rules.langage]', ["“distance”", "“language”"]),
    ],
)
def test_every_other_problem_names_its_key(text: str, expected: list[str]) -> None:
    with pytest.raises(BadInput) as caught:
        read_policy(text, "mine.toml")
    for part in ["mine.toml", *expected]:
        assert part in str(caught.value)


def test_a_file_is_read_and_a_missing_one_is_named(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_bytes(b"\xef\xbb\xbf" + b'name = "Mine"')
    assert load_policy(str(path)).name == "Mine"
    with pytest.raises(UnknownName, match="best_fit"):
        load_policy("best-fit")
    path.write_bytes(b'name = "\xff"')
    with pytest.raises(BadInput, match=r"mine\.toml"):
        load_policy(str(path))


def test_names_are_checked_against_the_network() -> None:
    network = random_network(1)
    check_names(network, read_policy(FULL, "full.toml"))
    wrong = FULL.replace('"BFA"', '"BFB"')
    with pytest.raises(UnknownName, match=r"limits\.window\.mentee\.countries.*BFB.*BFA"):
        check_names(network, read_policy(wrong, "full.toml"))
    with pytest.raises(BadInput) as caught:
        check_names(network_of(()), read_policy(wrong.replace("Eastern Africa", "Eastern Afrika"), "full.toml"))
    for part in ("BFB", "“Eastern Africa”", "pins.0.mentor", "participants.exclude"):
        assert part in str(caught.value)


def test_every_rule_has_settings_and_every_key_is_documented() -> None:
    assert list(RULES) == list(SETTINGS)
    pages = Path(__file__).parents[2] / "docs" / "reference"
    policy, rules = (pages / f"{name}.md" for name in ("policy", "rules"))
    policy_text, rules_text = policy.read_text("utf-8"), rules.read_text("utf-8")
    for rule in SETTINGS:
        assert f"`{rule}`" in rules_text
    for goal in GOALS:
        assert f"`{goal}`" in policy_text
    for path, keys in KNOWN_KEYS:
        for key in keys:
            assert f"`{key}`" in (rules_text if path[:1] == ("rules",) else policy_text), (path, key)
