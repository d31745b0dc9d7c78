"""What the code imports is declared, and what is declared has its reason written down."""

import re
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

from tests.architecture.tree import PACKAGES, ROOT, foreign_packages, modules

REASONS = ROOT / "docs/decisions/dependencies.md"


def test_every_package_that_the_code_imports_is_declared() -> None:
    assert _imported(*PACKAGES) <= _declared("dependencies") | _declared("traces")


def test_every_package_that_the_tests_import_is_declared() -> None:
    assert _imported("tests", "bench") <= _declared("dependencies") | _declared("traces") | _declared("dev")


def test_every_declared_package_has_its_reason() -> None:
    reasons = "".join(line.split("|")[1] for line in REASONS.read_text().splitlines() if line.startswith("|"))
    explained = {_normal(each) for each in re.findall(r"[a-z0-9_-]+", re.sub(r"\[.*?\]", "", reasons))}
    assert _declared("dependencies") | _declared("traces") | _declared("dev") <= explained


def _imported(*folders: str) -> set[str]:
    """Give the distributions that these folders' modules import from; what is not installed is not asked for here."""
    distributions = packages_distributions()
    found = {package for path in modules(*folders) for package in foreign_packages(path)}
    return {_normal(distributions[package][0]) for package in found if package in distributions}


def _declared(kind: str) -> set[str]:
    project: dict[str, Any] = tomllib.loads(Path(ROOT / "pyproject.toml").read_text())["project"]
    requirements = project["dependencies"] if kind == "dependencies" else project["optional-dependencies"][kind]
    return {_normal(re.split(r"[^A-Za-z0-9._-]", each)[0]) for each in requirements}


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
