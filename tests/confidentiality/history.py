"""Writes a world's past into the event log: the requests' own events in order, others' before and between them."""

import secrets
from dataclasses import dataclass
from datetime import date, datetime
from random import Random

from sqlalchemy import insert, update

from models.rules.vocabulary import EventType
from models.tables import Event, EventHead
from tests.rows import Builder


@dataclass(frozen=True, slots=True)
class Happened:
    """One event; ``seen_on`` is the organisation's day of it, None where it never learns of it."""

    request_id: str
    type: EventType
    at: datetime
    seen_on: date | None = None


async def write_history(build: Builder, lives: list[list[Happened]], dice: Random) -> None:
    """Number the events of all lives from a random start, each life's in order, shuffled into one another."""
    waiting = [list(life) for life in lives if life]
    seq, rows = dice.randrange(0, 500), []
    while waiting:
        life = dice.choice(waiting)
        happened = life.pop(0)
        waiting = [each for each in waiting if each]
        seq += 1
        rows.append(
            {
                "seq": seq,
                "hash": secrets.token_bytes(32),
                "entry": "{}",
                "type": happened.type,
                "request_id": happened.request_id,
                "occurred_at": happened.at,
                "occurred_on": happened.seen_on,
                "organisation_sees": happened.seen_on is not None,
            }
        )
    if rows:
        await build.settle()
        await build.session.execute(insert(Event), rows)
        await build.session.execute(update(EventHead).values(seq=seq, hash=rows[-1]["hash"]))
