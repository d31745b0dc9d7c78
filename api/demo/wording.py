"""Codes, days and moments as a person reads them."""

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo


def words(code: str | None) -> str:
    """Write a code of the schema as words: ``LATE_CANCELLED`` as ``Late cancelled``."""
    return (code or "").replace("_", " ").capitalize()


def day(value: date) -> str:
    return f"{value:%a} {value.day} {value:%b}"


def moment(text: str, zone: ZoneInfo) -> str:
    """Write a moment as the clocks in ``zone`` show it."""
    local = datetime.fromisoformat(text).astimezone(zone)
    return f"{day(local)} {local:%Y, %H:%M}"


def sessions(number: int) -> str:
    return f"{number} session{'' if number == 1 else 's'}"


def hours(appointment: dict[str, str], zone: ZoneInfo) -> tuple[str, str]:
    """Return an appointment's day, and from when to when it goes."""
    starts, ends = (datetime.fromisoformat(appointment[name]).astimezone(zone) for name in ("startsAt", "endsAt"))
    return day(starts), f"{starts:%H:%M}-{ends:%H:%M}"


def due_of(request: Any, kind: str, zone: ZoneInfo) -> str:
    """Write when something of a request is due, and how that stands; nothing where it has no such deadline."""
    found = [each for each in request["deadlines"] if each["kind"] == kind]
    return "".join(f"{moment(each['dueAt'], zone)} ({words(each['state']).lower()})" for each in found)
