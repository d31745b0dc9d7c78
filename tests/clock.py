"""A clock that stands still until a test moves it."""

from datetime import UTC, datetime, timedelta

MONDAY_MORNING = datetime(2026, 11, 23, 0, 30, tzinfo=UTC)
"""11:30 on a Monday in Melbourne, with no holiday near."""


class FixedClock:
    def __init__(self, at: datetime = MONDAY_MORNING) -> None:
        self._at = at

    def now(self) -> datetime:
        return self._at

    def set(self, at: datetime) -> None:
        """Move to a moment, forwards or back; it must be aware."""
        self._at = at.astimezone(UTC)

    def advance(self, delta: timedelta) -> datetime:
        """Move on and return the new moment."""
        self._at += delta
        return self._at
