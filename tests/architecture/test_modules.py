"""The rules of the house that no linter knows: what a module may hold, and how long it may be."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.architecture.tree import PACKAGES, ROOT, foreign_packages, imports, modules, name, parsed

LONGEST = 260
HISTORIES = {ROOT / "models/migrations/versions", ROOT / "models/migrations/key_store/versions"}
CLOCK = ROOT / "models/clock.py"
CALENDAR = ROOT / "models/rules/business_days.py"
RULE = re.compile(r"models\.rules(\.|$)")
CLOCK_READINGS = {"datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time"}


def test_every_module_opens_with_why_it_exists() -> None:
    assert not [name(path) for path in modules(*PACKAGES) if not ast.get_docstring(parsed(path))]


def test_every_module_holds_one_idea() -> None:
    lengths = {name(path): len(path.read_text().splitlines()) for path in modules(*PACKAGES) if not _is_history(path)}
    assert not {path: lines for path, lines in lengths.items() if lines > LONGEST}, "a second idea has arrived"


def test_every_folder_of_code_is_a_package_else_no_contract_sees_it() -> None:
    folders = {path.parent for path in modules(*PACKAGES) if not _is_history(path)}
    assert not [name(folder) for folder in folders if not (folder / "__init__.py").exists()]


def test_the_rules_need_nothing_but_python() -> None:
    foreign = {name(path): _foreign_to_rules(path) for path in modules("models/rules")}
    assert not {path: found for path, found in foreign.items() if found}


def test_only_the_clock_asks_the_machine_what_time_it_is() -> None:
    assert [path for path in modules(*PACKAGES) if set(_clock_readings(parsed(path)))] == [CLOCK]


def _is_history(path: Path) -> bool:
    """A migration is found by its path and is as long as the change that it makes."""
    return not HISTORIES.isdisjoint(path.parents)


def _foreign_to_rules(path: Path) -> set[str]:
    allowed = {"holidays"} if path == CALENDAR else set()
    other_layers = {each for each in imports(path) if each.partition(".")[0] in PACKAGES and not RULE.match(each)}
    return other_layers | (foreign_packages(path) - allowed)


def _clock_readings(tree: ast.Module) -> Iterator[str]:
    """Yield each use of the machine's clock, whatever its module is called: ``dt.date.today`` as ``date.today``."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            reading = ".".join(ast.unparse(node).split(".")[-2:])
            if reading in CLOCK_READINGS:
                yield reading
