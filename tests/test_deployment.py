"""What compose.yaml, the Containerfile and the proxy's configuration name exists; no container engine is needed."""

from __future__ import annotations

import json
import re
import shlex
import tomllib
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from web.app import create_app
from web.cli import COMMANDS, cli
from web.settings import Settings

ROOT = Path(__file__).parents[1]
OURS = ("web", "worker")


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
    return found


def instructions() -> list[tuple[str, str]]:
    """The instructions of the Containerfile with their arguments, continued lines joined."""
    text = (ROOT / "Containerfile").read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [(line.split(maxsplit=1)[0], line.split(maxsplit=1)[1]) for line in lines]


def understood(words: list[str]) -> None:
    """The command and its options are ones the program has."""
    command = cli.get_command(click.Context(cli), words[0])
    assert command is not None, f"there is no wop {words[0]}"
    command.make_context(words[0], words[1:])


def test_the_services_run_commands_there_are(compose: dict[str, Any]) -> None:
    for name in OURS:
        understood(compose["services"][name]["command"])
    entry = next(json.loads(text) for name, text in instructions() if name == "ENTRYPOINT")
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["scripts"]
    assert entry == ["wop"]
    assert "wop" in scripts
    understood(next(json.loads(text) for name, text in instructions() if name == "CMD"))


def test_the_settings_given_are_settings_there_are(compose: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    known = {f"WOP_{name.upper()}" for name in Settings.model_fields}
    image: dict[str, str] = {}
    for text in (text for name, text in instructions() if name == "ENV"):
        image |= dict(word.split("=", 1) for word in shlex.split(text))
    ours = {name: value for name, value in image.items() if name.startswith("WOP_")}
    assert ours
    assert set(ours) <= known
    for name in OURS:
        given = {**ours, **compose["services"][name]["environment"]}
        assert set(given) <= known
        with monkeypatch.context() as environment:
            for setting, value in given.items():
                environment.setenv(setting, value)
            settings = Settings()
        assert settings.host == "0.0.0.0"
        assert settings.store == "bolt://neo4j:7687"


def test_everything_named_is_declared(compose: dict[str, Any]) -> None:
    services = compose["services"]
    for name, service in services.items():
        for other in service.get("depends_on", ()):
            assert other in services, name
            assert "healthcheck" in services[other] or other in OURS
        assert set(service["networks"]) <= set(compose["networks"])
        assert set(service.get("secrets", ())) <= set(compose["secrets"])
        assert "healthcheck" in service or service.get("image") == "wop-matcher"
        for value in service.get("environment", {}).values():
            if value.startswith("/run/secrets/"):
                assert value.removeprefix("/run/secrets/") in service["secrets"], name
        for mount in service.get("volumes", ()):
            source = mount.split(":")[0]
            assert source in compose["volumes"] or (ROOT / source).is_file(), mount
    assert services["web"]["environment"]["WOP_STORE"].split("//")[1].split(":")[0] in services
    assert services["web"]["environment"]["WOP_QUEUE"].split("//")[1].split(":")[0] in services


def test_secrets_are_written_as_the_page_says_and_never_kept(compose: dict[str, Any]) -> None:
    page = (ROOT / "docs" / "howto" / "deploy.md").read_text(encoding="utf-8")
    ignored = (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
    for secret in compose["secrets"].values():
        assert secret["file"] in page
        assert f"{secret['file'].rsplit('/', 1)[0]}/" in ignored


def test_only_the_proxy_is_reachable_and_ours_have_no_rights(compose: dict[str, Any]) -> None:
    services = compose["services"]
    assert [name for name, service in services.items() if service.get("ports")] == ["proxy"]
    assert compose["networks"]["inside"]["internal"] is True
    for name, service in services.items():
        assert "no-new-privileges:true" in service["security_opt"], name
        assert not service.get("privileged")
    for name in OURS:
        assert services[name]["read_only"] is True
        assert services[name]["cap_drop"] == ["ALL"]
        assert services[name]["networks"] == ["inside"]
        assert "cap_add" not in services[name]


def test_the_proxy_is_given_what_its_configuration_asks_for(compose: dict[str, Any]) -> None:
    template = (ROOT / "deploy" / "proxy.conf.template").read_text(encoding="utf-8")
    asked = set(re.findall(r"\$\{(WOP_\w+)\}", template))
    assert asked == set(compose["services"]["proxy"]["environment"])
    upstream = compose["services"]["proxy"]["environment"]["WOP_UPSTREAM"]
    port = next(text for name, text in instructions() if name == "EXPOSE")
    assert upstream == f"server web:{port};"
    assert Settings.model_fields["port"].default == int(port)


def test_the_image_is_made_of_files_there_are(tmp_path: Path) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    copied = [text.split()[:-1] for name, text in instructions() if name == "COPY" and not text.startswith("--from")]
    sent = {
        line.removeprefix("!") for line in (ROOT / ".containerignore").read_text().splitlines() if line.startswith("!")
    }
    for source in (source for sources in copied for source in sources):
        assert (ROOT / source).exists(), source
        assert source.split("/")[0] in sent, f"{source} is not sent to the builder"
    packages = set(project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"])
    assert packages <= {source for sources in copied for source in sources}
    assert {project["project"]["readme"], "LICENSE"} <= {source for sources in copied for source in sources}
    locked = (ROOT / "requirements" / "cluster.txt").read_text(encoding="utf-8")
    for wanted in project["project"]["optional-dependencies"]["cluster"]:
        assert re.search(rf"^{re.split('[<>=]', wanted)[0]}==", locked, re.MULTILINE), wanted
    for line in (ROOT / "requirements" / "run.txt").read_text(encoding="utf-8").splitlines():
        if "==" in line:
            assert line in locked, f"{line} differs between the locks"


def test_the_image_runs_as_somebody_without_rights_and_tells_how_it_is(tmp_path: Path) -> None:
    last_stage = instructions()[[name for name, _ in instructions()].index("FROM", 1) :]
    users = [text for name, text in last_stage if name == "USER"]
    assert re.fullmatch(r"[1-9]\d{3,}:[1-9]\d{3,}", users[-1])
    assert all(image in text for name, text in instructions() if name == "FROM" for image in ["python:3.13-slim"])
    (check,) = [text for name, text in last_stage if name == "HEALTHCHECK"]
    route = re.search(r"http://127\.0\.0\.1:8000(/\w+)'", check)
    assert route is not None
    app = create_app(Settings(store=f"sqlite:///{tmp_path / 'store.sqlite'}"))
    assert app.test_client().get(route[1]).status_code == 200
    assert "serve" in COMMANDS
