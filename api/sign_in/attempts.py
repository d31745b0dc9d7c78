"""How often anybody may knock at the sign-in pages: by address and in all, in one process."""

import ipaddress
from collections import Counter
from typing import Final

from models.clock import Clock

_WINDOW: Final = 60.0
_ONE_NETWORK: Final = 64
"""Bits of an IPv6 address that its owner can't change at will."""


class Attempts:
    """Counts by the minute, and begins anew with each: never more addresses than attempts in one minute."""

    def __init__(self, clock: Clock, *, of_one: int = 30, of_all: int = 600) -> None:
        """Take how many attempts a minute. Offices share an address, and so do many behind one proxy."""
        self._clock = clock
        self._of_one = of_one
        self._of_all = of_all
        self._window = 0.0
        self._counted: Counter[str] = Counter()
        self._all = 0

    def refuse(self, address: str | None) -> int:
        """Count one, and return for how many seconds it has to wait: 0 for one that is let in."""
        now = self._clock.now().timestamp()
        if now // _WINDOW != self._window:
            self._window = now // _WINDOW
            self._counted.clear()
            self._all = 0
        place = _place(address)
        if self._all >= self._of_all or self._counted[place] >= self._of_one:
            return int(_WINDOW - now % _WINDOW) + 1
        self._all += 1
        self._counted[place] += 1
        return 0


def _place(address: str | None) -> str:
    try:
        found = ipaddress.ip_address(address or "")
    except ValueError:
        return ""
    if found.version == 4:  # noqa: PLR2004 - IP's own number
        return str(found)
    return str(found.ipv4_mapped or ipaddress.ip_network((int(found), _ONE_NETWORK), strict=False))
