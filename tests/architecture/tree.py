"""The project's own files, for the tests that hold its architecture."""

import ast
import sys
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("api", "schema", "models", "jobs")


def modules(*folders: str) -> list[Path]:
    """Every Python file below these folders of the project, sorted."""
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def text_files() -> list[Path]:
    """Every text file of the project: all but what .gitignore names. Git itself may be missing on a bare machine."""
    ignored = [".git", *(line.strip("/") for line in (ROOT / ".gitignore").read_text().split())]
    return [path for path in _walk(ROOT, ignored) if b"\0" not in path.read_bytes()]


def _walk(folder: Path, ignored: list[str]) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if any(fnmatch(path.name, pattern) for pattern in ignored):
            continue
        if path.is_dir():
            yield from _walk(path, ignored)
        elif path.is_file():
            yield path


def imports(path: Path) -> Iterator[str]:
    """Yield the dotted name of each module that this one imports, wherever in it the import stands."""
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield "." * node.level + (node.module or "")


def foreign_packages(path: Path) -> set[str]:
    """The top-level names that this module imports and that neither Python nor the project brings."""
    ours = {*PACKAGES, "tests", "bench"}
    return {imported.partition(".")[0] for imported in imports(path)} - sys.stdlib_module_names - ours
