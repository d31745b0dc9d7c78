"""The way in: `make` explains itself, and says by name what a machine lacks."""

import re
import subprocess
import sys

import pytest

from tests.architecture.tree import ROOT

MAKEFILE = (ROOT / "Makefile").read_text()


def test_make_help_explains_every_target() -> None:
    targets = re.search(r"^\.PHONY: (.*)$", MAKEFILE, re.MULTILINE)
    explained = re.findall(r"^([a-z]+):.*## \S", MAKEFILE, re.MULTILINE)
    assert targets
    assert sorted(explained) == sorted(targets[1].split())


def test_make_alone_is_make_help() -> None:
    assert ".DEFAULT_GOAL := help" in MAKEFILE


@pytest.mark.parametrize(
    ("machine", "lacks"),
    [
        ("import sys; sys.version_info = (3, 9, 2)", "Missing: Python 3.11 or newer"),
        ("import sys; sys.modules['ensurepip'] = None", "Missing: Python's venv module"),
        (
            "import sysconfig; sysconfig.get_config_var = lambda _: 'cpython-311-x86_64-linux-musl'",
            "Missing: a system with glibc",
        ),
    ],
    ids=["old", "no venv", "musl"],
)
def test_a_machine_that_cannot_do_is_told_what_it_lacks(machine: str, lacks: str) -> None:
    told = _preflight(machine)
    assert told.stdout.startswith(lacks)
    assert told.returncode == 1


def test_a_machine_with_an_unsound_sqlite_is_told_so_and_goes_on() -> None:
    told = _preflight(
        "import platform, sqlite3; platform.machine = lambda: 'arm'; sqlite3.sqlite_version_info = (3, 40, 1)"
    )
    assert told.stdout.startswith("Note: SQLite")
    assert told.returncode == 0


def test_a_machine_that_can_do_is_told_nothing() -> None:
    told = _preflight("import sqlite3; sqlite3.sqlite_version_info = (3, 53, 4)")
    assert (told.stdout, told.stderr, told.returncode) == ("", "", 0)


def _preflight(machine: str) -> subprocess.CompletedProcess[str]:
    """Run the check as `make` does, on a machine that looks like this."""
    script = f"{machine}; exec(compile(open('.ci/preflight.py').read(), 'preflight', 'exec'))"
    return subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=False, capture_output=True, text=True)
