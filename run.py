#!/usr/bin/env python3
"""Set up everything and run one job. Needs nothing but Python 3.11 to 3.13.

    python3 run.py demo          the main job on the register of real partnerships, served on this machine
    python3 run.py test          all tests (further words go to pytest; --quick leaves the slow ones out)
    python3 run.py lint          ruff and mypy strict
    python3 run.py wop ...       the wop command
    python3 run.py lock          renew the lock files from pyproject.toml

Everything is installed into .venv beside this file, from the lock files in requirements/.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

HERE = Path(__file__).resolve().parent
ENVIRONMENT = Path(os.environ.get("WOP_VENV", HERE / ".venv"))
SUPPORTED = ("3.11", "3.12", "3.13")
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def main(words: list[str]) -> int:
    """Do the job the first word names."""
    jobs = {"demo": demo, "test": test, "lint": lint, "wop": wop, "lock": lock}
    if not words or words[0] not in jobs:
        print(__doc__)
        return 0 if words in ([], ["--help"], ["-h"]) else 2
    return jobs[words[0]](words[1:])


def demo(words: list[str]) -> int:
    """Import the register, match, and serve the pages on loopback."""
    return wop(["demo", *words])


def wop(words: list[str]) -> int:
    """The ``wop`` command in its own environment."""
    command = [environment("run"), "-m", "web.cli", *words]
    if os.name != "nt":
        sys.stdout.flush()
        os.execv(command[0], command)  # the command takes this process's place, so that stopping one stops both
    return subprocess.call(command)


def test(words: list[str]) -> int:
    """All tests, with a browser found or installed."""
    python = environment("run", "test")
    if "--quick" in words:
        words = [word for word in words if word != "--quick"] + ["-m", "not slow and not browser"]
    else:
        os.environ.setdefault("WOP_TEST_CHROMIUM", browser(python) or "")
    return subprocess.call([python, "-m", "pytest", *words], cwd=HERE)


def lint(words: list[str]) -> int:
    """The linter, the formatter's check and the type checker."""
    python = environment("run", "test", "lint")
    checks = (["ruff", "check", "."], ["ruff", "format", "--check", "."], ["mypy"])
    return max(subprocess.call([python, "-m", *check, *words], cwd=HERE) for check in checks)


def lock(words: list[str]) -> int:
    """Write requirements/*.txt anew: exact versions with hashes, good for every supported Python."""
    python = environment("run", "test", "lint")
    compile_ = [python, "-m", "uv", "pip", "compile", "pyproject.toml", "--universal", "--python-version", SUPPORTED[0]]
    compile_ += ["--generate-hashes", "--no-header", "--quiet", "--no-annotate", "--no-emit-index-url", *words]
    run_lock = HERE / "requirements" / "run.txt"
    status = subprocess.call([*compile_, "-o", str(run_lock)], cwd=HERE)
    further = {"cluster": ["--extra", "cluster"], "test": ["--group", "test"], "lint": ["--group", "lint"]}
    for name, parts in further.items():
        extra = [*parts, "-c", str(run_lock), "-o", str(HERE / "requirements" / f"{name}.txt")]
        status = status or subprocess.call([*compile_, *extra], cwd=HERE)
    return status


def environment(*locks: str) -> str:
    """The environment's Python, with the named lock files and this checkout installed."""
    python = ENVIRONMENT / ("Scripts" if os.name == "nt" else "bin") / ("python.exe" if os.name == "nt" else "python")
    if not python.exists():
        create_environment()
    for name in locks:
        requirements = HERE / "requirements" / f"{name}.txt"
        stamp = ENVIRONMENT / f"installed-{name}"
        state = hashlib.sha256(requirements.read_bytes()).hexdigest()
        if stamp.exists() and stamp.read_text() == state:
            continue
        print(f"Installing requirements/{name}.txt (the first time takes a minute) ...", flush=True)
        pip(python, "--require-hashes", "-r", str(requirements))
        stamp.write_text(state)
    stamp = ENVIRONMENT / "installed-checkout"
    state = str(HERE) + hashlib.sha256((HERE / "pyproject.toml").read_bytes()).hexdigest()
    if not stamp.exists() or stamp.read_text() != state:
        pip(python, "--no-deps", "--editable", str(HERE))
        stamp.write_text(state)
    return str(python)


def create_environment() -> None:
    """A virtual environment of a supported Python: this one, else one found on the path."""
    if f"{sys.version_info.major}.{sys.version_info.minor}" in SUPPORTED:
        try:
            venv.create(ENVIRONMENT, with_pip=True, clear=True)
        except subprocess.CalledProcessError:
            shutil.rmtree(ENVIRONMENT, ignore_errors=True)
            raise SystemExit(
                "This Python cannot make virtual environments. On Debian and Ubuntu, install the package "
                "python3-venv and run again."
            ) from None
        return
    for version in SUPPORTED:
        found = shutil.which(f"python{version}")
        if found and subprocess.call([found, "-m", "venv", "--clear", str(ENVIRONMENT)]) == 0:
            return
    raise SystemExit(
        f"This needs Python {SUPPORTED[0]} to {SUPPORTED[-1]}; this is {sys.version.split()[0]}. "
        "Install one of them and run again."
    )


def pip(python: Path, *arguments: str) -> None:
    """Install quietly; a failure ends the job with pip's own words."""
    command = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *arguments]
    if subprocess.call(command) != 0:
        raise SystemExit("The installation above did not succeed. Check the network connection and run again.")


def browser(python: str) -> str | None:
    """The path of a Chromium: named by WOP_TEST_CHROMIUM, the system's, or installed now."""
    found = os.environ.get("WOP_TEST_CHROMIUM") or system_browser()
    if found:
        return found
    print("Installing Chromium for the browser tests ...", flush=True)
    if hasattr(os, "geteuid") and os.geteuid() == 0 and shutil.which("apt-get"):
        subprocess.call(["apt-get", "update", "-qq"])
        subprocess.call(["apt-get", "install", "-y", "-qq", "chromium"], stdout=subprocess.DEVNULL)
        return system_browser()
    subprocess.call([python, "-m", "playwright", "install", "chromium"])
    ask = "from playwright.sync_api import sync_playwright as s\nwith s() as p: print(p.chromium.executable_path)"
    located = subprocess.run([python, "-c", ask], capture_output=True, text=True).stdout.strip()
    return located if located and Path(located).exists() else None


def system_browser() -> str | None:
    """The first Chromium on the path."""
    return next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
