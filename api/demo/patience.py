"""Waiting for what another process does, and giving up in plain words."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

_LOOK_EVERY = 0.1


class DemoStopped(Exception):
    """The demo can't go on; the text says why, and what to do about it."""


def until(look: Callable[[], T | None], *, within: float, otherwise: str) -> T:
    """Return what ``look`` finds, asking again for ``within`` seconds. Raises DemoStopped with ``otherwise``."""
    ends = time.monotonic() + within
    while (found := look()) is None:
        if time.monotonic() > ends:
            raise DemoStopped(otherwise)
        time.sleep(_LOOK_EVERY)
    return found
