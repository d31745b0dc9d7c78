"""Where a reader stands in the event log, and the opaque text that says so to them.

A cursor is sealed for its reader's scope: role and organisation, practice or consultant. All are of one length, two of
one place differ, and so none tells how much happened elsewhere.
"""

from datetime import UTC, datetime
from typing import NamedTuple

import orjson

from models.actor import Actor
from models.rules.refusals import Malformed
from models.sealing import SealBroken, Vault


class Position(NamedTuple):
    seq: int | None
    """Everything up to this number has been seen, or is not for this reader; None where only a moment is known."""
    at: datetime
    """Nothing that comes after it is older, but for the minutes that a transaction may take."""


def cursor_of(vault: Vault, by: Actor, position: Position, *, steady: bool = False) -> str:
    """Return the place's cursor; ``steady`` ones are the same each time."""
    content = orjson.dumps([position.seq, int(position.at.timestamp())])
    return vault.seal_cursor(_scope(by), content, steady=steady)


def position_of(vault: Vault, by: Actor, cursor: str) -> Position:
    """Open a cursor. Raises Malformed for what is no cursor of this scope."""
    try:
        seq, at = orjson.loads(vault.open_cursor(_scope(by), cursor))
    except SealBroken:
        msg = "`after` is not a cursor of your events; start again without it."
        raise Malformed(msg, ("after",)) from None
    return Position(seq, datetime.fromtimestamp(at, UTC))


def _scope(by: Actor) -> str:
    return f"events|{by.role.value}|{by.organisation_id}|{by.practice_id}|{by.consultant_id}"
