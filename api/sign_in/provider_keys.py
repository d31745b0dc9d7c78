"""The sign-in provider's keys as it publishes them: read when they are needed, and again before they are old.

What is not published any more is not believed from the next reading on. A provider that is away leaves the last keys
good for an hour; then nobody can say what it would, and nobody's token is judged.
"""

import asyncio
import math
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

import structlog
from joserfc.jwk import KeySet

from api.faults import facts_of
from api.sign_in.discovery import discover
from api.sign_in.provider_line import ProviderAway, ProviderLine
from api.sign_in.public_keys import Usable, usable_keys

FRESH: Final = 600.0
"""Seconds after which they are read again, while those that are there still serve."""
LATE: Final = 1_200.0
"""Seconds without any attempt, as where nobody came, after which those who ask wait for the reading."""
GOOD: Final = 3_600.0
"""Seconds for which they are believed without another reading that succeeds."""
AGAIN: Final = 30.0
"""Seconds between the beginnings of two readings: a token may name any key, and whoever sends it need be nobody."""

ReadKeys = Callable[[], Awaitable[Usable]]
_LINE: Final = ProviderLine()
_log = structlog.get_logger()


class ProviderKeys:
    """Keys that the provider may change at any time. Readings are shared by all who wait for one."""

    def __init__(self, read: ReadKeys) -> None:
        self._read = read
        self._keys = KeySet([])
        self._read_at = self._attempted_at = -math.inf
        self._passed_over: Mapping[str, int] = {}
        self._failed: str | None = None
        self._reading: asyncio.Task[None] | None = None

    async def prepare(self, key_id: str | None, now: float) -> None:
        """Have what a token needs that names this key. Raises ProviderAway where nobody can say whether it is one."""
        if self._must_wait(key_id, now):
            await self._wait_for_reading(now)
            if self._failed is not None and not self._holds(key_id):
                raise ProviderAway(self._failed)
        elif _since(self._read_at, now) >= FRESH:
            self._begin_reading(now)

    def current(self, now: float) -> KeySet:
        """Return the keys that are believed. Raises ProviderAway where there are none any more."""
        if not self._keys or _since(self._read_at, now) >= GOOD:
            raise ProviderAway(self._failed or "It publishes no key that can be used.")
        return self._keys

    def _must_wait(self, key_id: str | None, now: float) -> bool:
        late = _since(self._attempted_at, now) >= LATE or _since(self._read_at, now) >= GOOD
        return late or not self._holds(key_id)

    def _holds(self, key_id: str | None) -> bool:
        """Whether there is such a key; a token that names none is for the one that there is."""
        return bool(self._keys) and (key_id is None or any(key.kid == key_id for key in self._keys))

    async def _wait_for_reading(self, now: float) -> None:
        self._begin_reading(now)
        if self._reading is not None:
            await asyncio.shield(self._reading)  # one who leaves takes nothing from the others

    def _begin_reading(self, now: float) -> None:
        if self._reading is None and _since(self._attempted_at, now) >= AGAIN:
            self._attempted_at = now
            self._reading = asyncio.create_task(self._read_once(now))

    async def _read_once(self, now: float) -> None:
        try:
            found = await self._read()
        except ProviderAway as away:
            self._failed = str(away)
            _log.warning("sign-in provider's keys not read", reason=self._failed)
        except Exception as fault:  # noqa: BLE001 - whatever it publishes, those who wait are told the same
            self._failed = "What it publishes can't be read."
            _log.error("sign-in provider's keys not read", **facts_of(fault))
        else:
            self._failed, self._read_at = None, now
            self._take(found)
        finally:
            self._reading = None

    def _take(self, found: Usable) -> None:
        """Keep what is there already: whoever has verified by it need not do so again, nor log what is known."""
        if found.keys.as_dict() != self._keys.as_dict():
            self._keys = found.keys
            _log.info("sign-in provider's keys changed", keys=len(found.keys.keys))
        if found.passed_over != self._passed_over:
            self._passed_over = found.passed_over
            for reason, number in found.passed_over.items():
                _log.warning("sign-in provider's keys passed over", reason=reason, keys=number)


def _since(moment: float, now: float) -> float:
    """Return the seconds since; a moment that is still to come, as after a clock was put back, is long ago."""
    return now - moment if now >= moment else math.inf


def keys_at(url: str, line: ProviderLine = _LINE) -> ProviderKeys:
    """Return the keys that are published at an address."""

    async def read() -> Usable:
        return usable_keys(await line.get(url))

    return ProviderKeys(read)


def keys_of(issuer: str, line: ProviderLine = _LINE) -> ProviderKeys:
    """Return the keys of a provider that is known by its name."""

    async def read() -> Usable:
        published = await discover(issuer, line)
        if not published.keys:
            raise ProviderAway("Its discovery document names no address for its keys that is safe.")
        return usable_keys(await line.get(published.keys))

    return ProviderKeys(read)
