"""The ``wop`` command as a person or a script meets it: output, exit codes, JSON forms."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from graph.reference import REGISTER
from web.cli import main

AS_OF = ("--as-of", "2025-12-31")


def run(*words: str, cwd: Path, store: str = "sqlite:///wop.sqlite") -> subprocess.CompletedProcess[str]:
    """One command in a process of its own, in a folder."""
    return subprocess.run(
        [sys.executable, "-m", "web.cli", "--store", store, *words],
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=120,
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder whose store holds the register."""
    place = tmp_path_factory.mktemp("register")
    done = run("import", str(REGISTER), "--json", cwd=place)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["changed"] is True
    return place


@pytest.fixture(scope="module")
def proposal(folder: Path) -> dict[str, Any]:
    """The proposal of the register."""
    done = run("match", *AS_OF, "--json", cwd=folder)
    assert done.returncode == 0, done.stderr
    document: dict[str, Any] = json.loads(done.stdout)
    return document


def test_importing_again_changes_nothing_and_says_so(folder: Path) -> None:
    done = run("import", str(REGISTER), cwd=folder)
    assert done.returncode == 0
    assert "Nothing changed" in done.stdout


def test_every_pair_and_every_unmatched_mentee_has_a_reason(proposal: dict[str, Any]) -> None:
    assert proposal["form"] == "wop-proposal/1"
    assert proposal["pairs"]
    assert all(pair["reasons"] and pair["covered"] for pair in proposal["pairs"])
    assert all(left["text_s"]["text"] for left in proposal["unmatched"])
    assert proposal["proven"]
    assert proposal["verification"]["passed"]
    served = {pair["mentee"]["id"] for pair in proposal["pairs"]}
    missed = {left["mentee"]["id"] for left in proposal["unmatched"]}
    assert not served & missed
    assert len(served | missed) == proposal["totals"]["mentees"]


def test_regions_add_up(proposal: dict[str, Any]) -> None:
    for part in ("mentees", "served", "mentors", "places", "places_used"):
        assert sum(region[part] for region in proposal["regions"]) == proposal["totals"][part], part


def test_same_inputs_same_bytes(folder: Path, proposal: dict[str, Any]) -> None:
    again = run("match", *AS_OF, "--json", cwd=folder)
    assert json.loads(again.stdout) == proposal
    files = []
    for turn in ("one", "two"):
        outputs = [str(folder / f"{turn}{ending}") for ending in (".json", ".xlsx", ".csv")]
        done = run("match", *AS_OF, *(word for path in outputs for word in ("--out", path)), cwd=folder)
        assert done.returncode == 0, done.stderr
        files.append([Path(path).read_bytes() for path in outputs])
    assert files[0] == files[1]


def test_the_table_is_readable(folder: Path, proposal: dict[str, Any]) -> None:
    done = run("match", *AS_OF, cwd=folder)
    assert "Proposed pairs" in done.stdout
    assert "Verified by an independent check" in done.stdout
    assert "inferred from the register" in done.stdout
    assert proposal["id"] in done.stdout


def test_suggest_ranks_partners(folder: Path, proposal: dict[str, Any]) -> None:
    mentee = proposal["pairs"][0]["mentee"]
    done = run("suggest", mentee["id"], *AS_OF, "--json", "--top", "5", cwd=folder)
    found = json.loads(done.stdout)["candidates"]
    assert 0 < len(found) <= 5
    assert [one["fit"] for one in found] == sorted((one["fit"] for one in found), reverse=True)
    by_name = run("suggest", mentee["name"], *AS_OF, "--top", "5", cwd=folder)
    assert by_name.returncode == 0
    assert "strongest reasons" in by_name.stdout


def test_suggest_for_needs_given_on_the_spot(folder: Path, proposal: dict[str, Any]) -> None:
    mentee = proposal["pairs"][0]["mentee"]["id"]
    done = run("suggest", mentee, "--need", "tariff_setting", *AS_OF, "--json", cwd=folder)
    assert done.returncode == 0, done.stderr
    for candidate in json.loads(done.stdout)["candidates"]:
        assert {need["capability"] for need in candidate["covered"]} == {"tariff_setting"}
    wrong = run("suggest", mentee, "--need", "tarif_setting", *AS_OF, cwd=folder)
    assert wrong.returncode == 2
    assert "tariff_setting" in wrong.stderr


def test_suggest_as_mentor(folder: Path, proposal: dict[str, Any]) -> None:
    mentor = proposal["pairs"][0]["mentor"]["id"]
    done = run("suggest", mentor, "--as", "mentor", *AS_OF, "--json", cwd=folder)
    assert all(one["mentor"]["id"] == mentor for one in json.loads(done.stdout)["candidates"])


def test_why_agrees_with_the_proposal(folder: Path, proposal: dict[str, Any]) -> None:
    pair = proposal["pairs"][0]
    words = ("why", pair["mentor"]["id"], pair["mentee"]["id"], *AS_OF)
    explained = json.loads(run(*words, "--json", cwd=folder).stdout)
    assert explained["fit"] == pair["fit"]
    assert explained["reasons"] == pair["reasons"]
    assert "evidence known for" in run(*words, cwd=folder).stdout


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("why", "NOBODY", "U001"), 2, "NOBODY"),
        (("match", "--policy", "best_fti"), 2, "best_fit"),
        (("match", "--as-of", "31.12.2025"), 2, "year-month-day"),
        (("match", "--out", "proposal.doc"), 2, ".doc"),
        (("match", "--out", "no/such/folder/proposal.csv"), 2, "cannot be written"),
        (("import", "no-such-file.csv"), 2, "no-such-file.csv"),
        (("export", "file.pdf"), 2, "pdf"),
        (("mach",), 2, "mach"),
        (("suggest",), 2, "UTILITY"),
    ],
)
def test_bad_input_is_told_with_the_next_step(folder: Path, words: tuple[str, ...], code: int, said: str) -> None:
    done = run(*words, cwd=folder)
    assert done.returncode == code, done.stdout + done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_nothing_feasible_is_exit_3_with_the_reason(folder: Path) -> None:
    (folder / "impossible.toml").write_text(
        'name = "Too much"\n[[limits]]\nid = "many"\ntitle = "A thousand partnerships in Polynesia"\n'
        'mentee = { regions = ["Polynesia"] }\nat_least = 1000\n',
        encoding="utf-8",
    )
    done = run("match", "--policy", "impossible.toml", *AS_OF, cwd=folder)
    assert done.returncode == 3, done.stdout + done.stderr
    assert "A thousand partnerships in Polynesia" in done.stderr
    as_json = run("match", "--policy", "impossible.toml", *AS_OF, "--json", cwd=folder)
    error = json.loads(as_json.stdout)["error"]
    assert error["exit_code"] == 3
    assert error["reasons"]


def test_an_empty_store_says_how_to_begin(tmp_path: Path) -> None:
    done = run("match", cwd=tmp_path)
    assert done.returncode == 2
    assert "wop import" in done.stderr


@pytest.mark.parametrize("store", ["mysql://somewhere/db", "sqlite:///no/such/folder/x.sqlite"])
def test_a_store_that_cannot_be_opened(tmp_path: Path, store: str) -> None:
    done = run("match", cwd=tmp_path, store=store)
    assert done.returncode in (1, 2)
    assert "Traceback" not in done.stderr
    assert done.stderr.strip()


def test_export_and_restore_round_trip(folder: Path, proposal: dict[str, Any]) -> None:
    assert proposal
    for name in ("all.jsonl", "tables.xlsx", "network.graphml", "tables"):
        done = run("export", name, cwd=folder)
        assert done.returncode == 0, done.stderr
    other = "sqlite:///other.sqlite"
    assert run("restore", "all.jsonl", "--yes", cwd=folder, store=other).returncode == 0
    assert run("export", "again.jsonl", cwd=folder, store=other).returncode == 0
    assert (folder / "all.jsonl").read_bytes() == (folder / "again.jsonl").read_bytes()


def test_a_restore_asks_before_it_replaces(folder: Path) -> None:
    run("export", "before.jsonl", cwd=folder)
    refused = subprocess.run(
        [sys.executable, "-m", "web.cli", "restore", "before.jsonl"],
        cwd=folder,
        input="n\n",
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert refused.returncode == 1
    assert "replaces everything" in refused.stderr


def test_every_finished_command_speaks_json(folder: Path) -> None:
    assert json.loads(run("template", "blank.xlsx", "--json", cwd=folder).stdout) == {"wrote": "blank.xlsx"}
    exported = json.loads(run("export", "net.graphml", "--json", cwd=folder).stdout)
    assert exported == {"wrote": "net.graphml", "format": "graphml"}
    assert {"best_fit", "most_partnerships"} <= set(json.loads(run("policy", "--json", cwd=folder).stdout))
    assert json.loads(run("policy", "best_fit", "--json", cwd=folder).stdout)["best_fit"]["name"]


def test_versions(tmp_path: Path) -> None:
    found = json.loads(run("versions", "--json", cwd=tmp_path).stdout)
    assert {"wop-matcher", "ortools", "python", "graph schema"} <= set(found)


def test_a_fault_of_ours_is_told_without_a_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("a wheel came off")

    monkeypatch.setattr("graph.store.open_store", broken)
    monkeypatch.setattr("web.commands.common.open_store", broken)
    with pytest.raises(SystemExit) as ended:
        main(["match"])
    assert ended.value.code == 1
    told = capsys.readouterr().err
    assert "our fault" in told
    assert "a wheel came off" in told


def test_help_imports_no_solver() -> None:
    show = "web.cli.cli.main(['--help'], standalone_mode=False)"
    code = f"import sys, web.cli; {show}; print('ortools' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout.strip().endswith("False")
