"""One snapshot for one root field, with refusals turned into coded errors."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from models.queries.reading import Reading, reading_as
from models.rules.refusals import Refusal
from schema.context import Context
from schema.types.errors import CodedError


@asynccontextmanager
async def reading(context: Context) -> AsyncIterator[Reading]:
    """Read as this operation's actor; sibling root fields each have a snapshot of their own."""
    try:
        async with reading_as(context.actor, database=context.database, at=context.clock.now()) as source:
            yield source
    except Refusal as refusal:
        raise CodedError(refusal.message, refusal.code) from None
