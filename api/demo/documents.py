"""Reads the operations that the contract publishes: the demo runs just what front ends are given."""

import re
from functools import cache
from pathlib import Path

from api.demo.patience import DemoStopped

OPERATIONS = Path(__file__).parents[2] / "frontend-contract" / "operations"
_SPREAD = re.compile(r"\.\.\.\s*(?!on\b)(\w+)")
_WORD = re.compile(r"(?<!^)(?=[A-Z])")


@cache
def read_operation(name: str) -> str:
    """Return one operation with the fragments that it spreads, and those that they spread. Raises DemoStopped."""
    texts = {name: _read(OPERATIONS / f"{name}.graphql")}
    waiting = _SPREAD.findall(texts[name])
    while waiting:
        fragment = waiting.pop()
        if fragment not in texts:
            texts[fragment] = _read(OPERATIONS / "fragments" / f"{_WORD.sub('-', fragment).lower()}.graphql")
            waiting += _SPREAD.findall(texts[fragment])
    return "\n".join(texts.values())


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except FileNotFoundError:
        raise DemoStopped(f"{path} is missing: run the demo from a checkout of the project.") from None
