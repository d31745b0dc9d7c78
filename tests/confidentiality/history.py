"""Writes a world's past into the event log: the requests' own events in order, others' before and between them."""

import secrets
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from random import Random

from sqlalchemy import insert, update

from models.rules.vocabulary import EventType
from models.tables import Event, EventHead
from tests.rows import Builder


@dataclass(frozen=True, slots=True)
class Happened:
    """One event; ``seen_on`` is the organisation's day of it, None where it never learns of it.

    ``seen_by`` is the organisation that sees it. ``known`` events are told to the viewers: both worlds have them in one
    order.
    """

    request_id: str
    type: EventType
    at: datetime
    seen_on: date | None = None
    seen_by: str | None = None
    known: bool = False


def _shuffled(lives: list[list[Happened]], dice: Random) -> Iterator[Happened]:
    """Yield each life's events in order, and of all lives together those in order that are known."""
    waiting = [deque(life) for life in lives]
    known = deque(
        place
        for _, place in sorted(
            (happened.seen_on or happened.at.date(), place)
            for place, life in enumerate(lives)
            for happened in life
            if happened.known
        )
    )
    while any(waiting):
        turns = [place for place, life in enumerate(waiting) if life and (not life[0].known or place == known[0])]
        place = dice.choice(turns)
        if waiting[place][0].known:
            known.popleft()
        yield waiting[place].popleft()


async def write_history(build: Builder, lives: list[list[Happened]], dice: Random) -> None:
    """Number the events from a random start: those that are known in their order, all others shuffled in between."""
    seq, rows = dice.randrange(0, 500), []
    for happened in _shuffled(lives, dice):
        seq += 1
        rows.append(
            {
                "seq": seq,
                "hash": secrets.token_bytes(32),
                "entry": "{}",
                "type": happened.type,
                "request_id": happened.request_id,
                "organisation_id": happened.seen_by,
                "occurred_at": happened.at,
                "occurred_on": happened.seen_on,
                "organisation_sees": happened.seen_on is not None,
            }
        )
    if rows:
        await build.settle()
        await build.session.execute(insert(Event), rows)
        await build.session.execute(update(EventHead).values(seq=seq, hash=rows[-1]["hash"]))
