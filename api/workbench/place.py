"""Where somebody who works in GraphiQL belongs, by name."""

from typing import Final

from models.actor import Actor
from models.clock import Clock
from models.database import Database
from models.queries.people import read_viewer
from models.queries.reading import reading_as
from models.views.want import asking

_NAMES: Final = asking(organisation=asking("name"), practice=asking("name"))


async def place_of(actor: Actor, *, database: Database, clock: Clock) -> str:
    """Return the name of their organisation or practice; an empty text for whoever works for the provider.

    It is what `viewer` tells them. So for a reviewer no statement names a practice, as one for all roles would.
    """
    async with reading_as(actor, database=database, at=clock.now()) as reading:
        viewer = await read_viewer(reading, _NAMES)
    place = viewer.organisation or viewer.practice
    return place.name if place else ""
