"""How long somebody stays signed in with a browser, and when the cookie's secret changes."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

CHANGED_EVERY: Final = timedelta(minutes=15)
"""A secret that is older is changed for another when the next page is loaded: a copied one soon opens nothing."""
STILL_BELIEVED: Final = timedelta(minutes=1)
"""For requests that were under way when the secret changed."""
NOTED_EVERY: Final = timedelta(minutes=1)
"""Use is written down no more often."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionLimits:
    idle: timedelta = timedelta(minutes=30)
    """Without a request for so long, it is over; up to ``NOTED_EVERY`` sooner."""
    longest: timedelta = timedelta(hours=10)
    """However much it is used."""

    def used_since(self, now: datetime) -> datetime:
        """Return since when a session must have been used to be alive."""
        return now - self.idle


def is_to_be_noted(used_at: datetime, now: datetime) -> bool:
    return now - used_at >= NOTED_EVERY


def is_to_be_changed(changed_at: datetime, now: datetime) -> bool:
    return now - changed_at >= CHANGED_EVERY
