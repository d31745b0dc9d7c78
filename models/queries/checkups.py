"""What a check of a deployment asks its database beside its vital signs: of the server, and what the data leans on."""

from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, func, select, text

from models.queries.reading import Source
from models.tables import Account, Agreement, Client, Consultant, Practice

_ZONES: Final = (
    select(Agreement.time_zone)
    .union(select(Account.time_zone), select(Consultant.time_zone), select(Practice.time_zone))
    .order_by("time_zone")
)
_CLIENTS: Final = (
    select(Client.id).where(Client.erased_at.is_(None)).order_by(Client.id.desc()).limit(bindparam("most"))
)
_SERVER: Final = text("SELECT current_setting('server_version_num')::integer AS version")
_SERVER_CLOCK: Final = select(func.clock_timestamp())


async def time_zones_named(source: Source) -> list[str]:
    """Return every time zone by which people are told of moments, or days are counted."""
    return list((await source.execute(_ZONES)).scalars())


async def some_clients(source: Source, *, most: int) -> list[str]:
    """Return ids of clients who are not erased, and whose data a key must open."""
    return list((await source.execute(_CLIENTS, {"most": most})).scalars())


async def server_version(source: Source) -> int:
    """Return a PostgreSQL server's version as it counts it: 180004 is 18.4."""
    version: int = (await source.execute(_SERVER)).scalar_one()
    return version


async def server_clock(source: Source) -> datetime:
    """Return what a PostgreSQL server's clock shows at this very moment."""
    now: datetime = (await source.execute(_SERVER_CLOCK)).scalar_one()
    return now
