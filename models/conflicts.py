"""Does an operation again where PostgreSQL had to give it up for another's sake: a deadlock, a serialization failure.

Who calls an operation does this, not the operation: all of it is decided anew. A job needs none of it, the queue tries
it again anyway.
"""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from sqlalchemy.exc import DBAPIError

T = TypeVar("T")

_AGAIN: Final = 3
_CONFLICTS: Final = frozenset({"40001", "40P01"})
"""PostgreSQL has rolled back all of the transaction, and says that it may be tried again at once."""
_APART: Final = 0.05
"""Seconds at most between two tries: the two that met must not meet again."""

_log = logging.getLogger(__name__)
_random = random.SystemRandom()


async def through_conflicts(operation: Callable[[], Awaitable[T]]) -> T:
    """Run one whole operation, and up to three times more where it was given up. Whatever else it raises goes on."""
    for _ in range(_AGAIN):
        try:
            return await operation()
        except DBAPIError as error:
            if not is_conflict(error):
                raise
            _log.info("An operation is done again after SQLSTATE %s.", getattr(error.orig, "sqlstate", ""))
        await asyncio.sleep(_random.uniform(0, _APART))
    return await operation()


def is_conflict(error: DBAPIError) -> bool:
    return getattr(error.orig, "sqlstate", None) in _CONFLICTS
