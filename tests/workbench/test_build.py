"""How GraphiQL is built where something is missing: it says what, in one line, and leaves nothing half done."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.stories.server import ROOT

SOURCES = "api/workbench"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The project's files that the build reads, and a `.venv` that is empty."""
    shutil.copytree(
        ROOT / SOURCES, tmp_path / SOURCES, ignore=shutil.ignore_patterns("built*", "node_modules", "__pycache__")
    )
    for name in (".ci/workbench.py", "requirements-node.lock"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    (tmp_path / ".venv").mkdir()
    return tmp_path


def on_path(project: Path, **programs: str) -> Path:
    """Make a folder with these shell scripts in it, to stand for the machine's programs."""
    folder = project / "bin"
    folder.mkdir()
    for name, script in programs.items():
        (folder / name).write_text(f"#!/bin/sh\n{script}\n")
        (folder / name).chmod(0o755)
    return folder


def build(project: Path, path: Path) -> subprocess.CompletedProcess[str]:
    """Run the build without a network."""
    environment = {**os.environ, "PATH": str(path), "PIP_NO_INDEX": "1"}  # noqa: TID251 - pip wants the rest of it
    command = [sys.executable, str(project / ".ci/workbench.py")]
    return subprocess.run(command, env=environment, check=False, capture_output=True, text=True)


@pytest.mark.parametrize(
    ("programs", "lacks"),
    [
        ({}, "node"),
        ({"node": "echo v22.1.0"}, "node"),
        ({"node": "echo v18.20.0", "npm": "exit 0"}, "node"),
        ({"node": "echo v22.1.0", "npm": "exit 1"}, "the packages of GraphiQL"),
        ({"node": 'test "$1" = --version && echo v22.1.0', "npm": "exit 0"}, "a bundle of GraphiQL"),
    ],
    ids=["no node", "no npm", "an old node", "no packages", "no bundle"],
)
def test_what_is_missing_is_said_in_one_line(programs: dict[str, str], lacks: str, project: Path) -> None:
    told = build(project, on_path(project, **programs))

    announced, missing = told.stdout.splitlines()
    assert announced.startswith("Building GraphiQL")
    assert missing.startswith(f"Missing: {lacks}")
    assert missing.endswith("make workbench")
    assert (told.returncode, told.stderr) == (1, "")
    assert not (project / SOURCES / "built").exists()
    assert not (project / ".venv/workbench").exists()


def test_what_is_built_is_built_again_only_when_its_sources_change(project: Path) -> None:
    built = project / SOURCES / "built"
    bundled = "mkdir -p ../../api/workbench/built; echo {} > ../../api/workbench/built/manifest.json"
    programs = {
        "node": f'if test "$1" = --version; then echo v22.1.0; else PATH=/bin:/usr/bin; {bundled}; fi',
        "npm": "PATH=/bin:/usr/bin; mkdir -p node_modules/axe-core; echo > node_modules/axe-core/axe.min.js",
    }
    path = on_path(project, **programs)
    first, second = build(project, path), build(project, path)
    (project / SOURCES / "page/storage.js").write_text("// another one")
    third = build(project, path)
    (project / ".venv/axe.min.js").unlink()
    fourth = build(project, path)

    assert [each.returncode for each in (first, second, third, fourth)] == [0, 0, 0, 0]
    assert [bool(each.stdout) for each in (first, second, third, fourth)] == [True, False, True, True]
    assert (built / "manifest.json").exists()
    assert not (project / ".venv/workbench").exists()


def test_what_was_built_before_stays_where_nothing_new_can_be(project: Path) -> None:
    built = project / SOURCES / "built"
    built.mkdir()
    (built / "manifest.json").write_text("{}")

    told = build(project, on_path(project)).stdout.splitlines()[-1]

    assert told.startswith("Missing: node")
    assert told.endswith("GraphiQL stays as it was built before. Later: make workbench")
    assert (built / "manifest.json").exists()
