"""Whole days as the moments between which they lie, where somebody is."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from models.rules.refusals import Malformed


def check_order(first: date | None, last: date | None, path: tuple[str, ...], names: tuple[str, str]) -> None:
    """Raise Malformed where the last day is before the first; ``names`` are what the caller calls them."""
    if first is not None and last is not None and last < first:
        msg = f"`{names[1]}` must be `{names[0]}` or later."
        raise Malformed(msg, path)


def starts(day: date, zone: ZoneInfo, path: tuple[str, ...]) -> datetime:
    """Return the moment at which a day begins there, in UTC. Raises Malformed for one at the ends of all time."""
    try:
        return datetime.combine(day, time(), zone).astimezone(UTC)
    except OverflowError:
        raise _beyond(path) from None


def ends(day: date, zone: ZoneInfo, path: tuple[str, ...]) -> datetime:
    """Return the moment at which a day is over there, in UTC: the first that is no longer in it."""
    try:
        return starts(day + timedelta(days=1), zone, path)
    except OverflowError:
        raise _beyond(path) from None


def _beyond(path: tuple[str, ...]) -> Malformed:
    return Malformed("This must be a day that a calendar can show.", path)
