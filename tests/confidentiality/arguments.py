"""Draws values for any argument from its type alone; what must differ between the worlds is left as a hole.

A hole says which thing is meant, never which id it has: "the third request id seen so far", "a hidden case".
"""

import json
from dataclasses import dataclass
from random import Random
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    Undefined,
)

UNKNOWN_KINDS = ("req", "case", "apt", "con", "prac", "org", "acc", "mail", "task")
FOREIGN_KINDS = ("req", "case", "apt", "con", "prac", "org", "acc", "cli", "task")
PLACE = "place"
"""What the ``after`` of events is drawn by: their cursors are others than those of lists."""
_NUMBERS = (None, 0, 1, 1, 2, 2, 3, 4, 5, 20, 100, 101, -1)
_WORDS = ("", "two words", "R-0000000O", "ASST-100", "' OR 1=1 --", "\u0000", "e\u0301clair")
_DAYS = ("2026-11-01", "2026-11-23", "2026-11-30", "2027-01-31", "2026-13-01")
_MOMENTS = tuple(f"{day}T04:00:00Z" for day in _DAYS)
_MALFORMED = ("req_short", "", "R-", "req_" + "x" * 21 + "\n", "42", "nope_8c1rPq8c1rPq8c1rPq8c1r", "\u0000")


@dataclass(frozen=True, slots=True)
class Hole:
    """Something that each world fills for itself: ``kind`` and ``of`` say from where, ``index`` which."""

    kind: str
    """seen, known, cursor, forged, foreign, soon, unknown."""
    of: str = ""
    index: int = 0
    twin: bool = False
    """Whether what is foreign exists in the first world alone."""


def draw_value(dice: Random, name: str, kind: Any) -> Any:
    """Return a value for an argument or an input's field: plausible most of the time, now and then not."""
    if isinstance(kind, GraphQLNonNull):
        return draw_value(dice, name, kind.of_type) if dice.random() < 0.99 else None
    if isinstance(kind, GraphQLList):
        return [draw_value(dice, name, kind.of_type) for _ in range(dice.choice((0, 1, 2, 2, 3, 4)))]
    if isinstance(kind, GraphQLInputObjectType):
        return _draw_object(dice, kind)
    if isinstance(kind, GraphQLEnumType):
        return Word(dice.choice(sorted(kind.values)))
    return _draw_scalar(dice, name, str(kind))


class Word(str):
    """An enum's value: bare in a document, quoted in variables."""

    __slots__ = ()


def _draw_object(dice: Random, kind: GraphQLInputObjectType) -> dict[str, Any]:
    names = sorted(kind.fields)
    if kind.is_one_of:
        chosen = dice.sample(names, dice.choice((1,) * 14 + (0, 2)))
    else:
        chosen = [
            name
            for name in names
            if dice.random() < (0.6 if kind.fields[name].default_value is not Undefined else 0.99)
        ]
    return {name: draw_value(dice, name, kind.fields[name].type) for name in chosen}


def _draw_scalar(dice: Random, name: str, kind: str) -> Any:
    if kind == "ID":
        return f"key-{dice.randrange(2)}" if name == "idempotencyKey" else _draw_id(dice)
    plain = {"Int": _NUMBERS, "Boolean": (True, False), "Date": _DAYS, "DateTime": _MOMENTS}
    if kind in plain:
        return dice.choice(plain[kind])
    if name in {"after", "before"}:
        return Hole(dice.choice(("cursor", "cursor", "cursor", "forged")), index=dice.randrange(1000))
    if name == PLACE:
        kind = dice.choice(("cursor", "cursor", "cursor", "cursor", "forged"))
        return Hole(kind, dice.choice((PLACE, PLACE, PLACE, PLACE, "")), dice.randrange(1000))
    return _draw_text(dice, name)


def _draw_text(dice: Random, name: str) -> Any:
    if name in {"reference", "number"}:
        kinds = ("seen", "seen", "foreign", "soon", "unknown") if name == "reference" else ("foreign", "unknown")
        if dice.random() < 0.9:
            return Hole(dice.choice(kinds), name, dice.randrange(1000), twin=dice.random() < 0.5)
    return dice.choice(_WORDS)


def _draw_id(dice: Random) -> Any:
    toss = dice.random()
    if toss < 0.6:
        return Hole("seen", "req", dice.randrange(1000))
    if toss < 0.8:
        return Hole("foreign", dice.choice(FOREIGN_KINDS), dice.randrange(1000), twin=dice.random() < 0.5)
    if toss < 0.87:
        return Hole("soon", "req", dice.randrange(1000))
    if toss < 0.95:
        return Hole("unknown", dice.choice(UNKNOWN_KINDS))
    return dice.choice(_MALFORMED)


def in_line(value: Any, holes: list[Hole]) -> str:
    """Write a value into a document's text; a hole becomes a mark that ``filled`` replaces."""
    if isinstance(value, Hole):
        holes.append(value)
        return f'"«{len(holes) - 1}»"'
    if isinstance(value, Word):
        return str(value)
    if isinstance(value, list):
        return f"[{', '.join(in_line(each, holes) for each in value)}]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name}: {in_line(each, holes)}" for name, each in value.items()) + "}"
    return json.dumps(value)
