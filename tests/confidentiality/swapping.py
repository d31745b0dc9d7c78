"""How a leak is put into the running product and taken out again: one name of its code means something else meanwhile.

This is mutation testing, and the one place of the tests where the product's own code is exchanged.
"""

import sys
from collections.abc import Callable, Iterator, MutableMapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any

Switch = Callable[[], AbstractContextManager[None]]


@dataclass(frozen=True, slots=True)
class Leak:
    """A leak that the product does not have. ``item`` is the promise that it breaks, ``detectors`` are who must see."""

    item: str
    detectors: frozenset[str]
    switched_on: Switch


LEAKS: dict[str, Leak] = {}
"""Every seeded leak by its name."""


def leak(item: str, *detectors: str) -> Callable[[Switch], Switch]:
    """Register a switch under its own name, written in words."""

    def register(switch: Switch) -> Switch:
        LEAKS[switch.__name__.replace("_", " ")] = Leak(item, frozenset(detectors), switch)
        return switch

    return register


@contextmanager
def swapped(owner: Any, name: str, leaking: Any) -> Iterator[None]:
    """Let ``owner.name`` be ``leaking``, as a change of the code would."""
    sound = getattr(owner, name)
    setattr(owner, name, leaking)
    _forget_statements()
    try:
        yield
    finally:
        setattr(owner, name, sound)
        _forget_statements()


def scoped(owner: Any, condition: Callable[[Any, Any], Any]) -> AbstractContextManager[None]:
    """Let ``owner`` narrow its statements on requests by this condition, instead of to what the actor may reach."""
    return swapped(owner, "only_visible", lambda statement, by, now: statement.where(condition(by, now)))


@contextmanager
def replaced(table: MutableMapping[str, Any], **entries: Any) -> Iterator[None]:
    """Let these entries of one of the product's tables be others."""
    sound = dict(table)
    table.update(entries)
    _forget_statements()
    try:
        yield
    finally:
        table.clear()
        table.update(sound)
        _forget_statements()


def _forget_statements() -> None:
    """Have those that are built once built again: they hold what the product's code said when they were."""
    for name, module in list(sys.modules.items()):
        for built in vars(module).values() if name.startswith("models.queries") else ():
            if hasattr(built, "cache_clear"):
                built.cache_clear()
