"""The sessions of the invented cases, and what became of those that are past."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from random import Random

from models.demo_set.cases import Case, Kind

_LENGTH = timedelta(minutes=50)
_PAST = ("COMPLETED", "CANCELLED", "LATE_CANCELLED", "NOT_ATTENDED")
_ODDS = (86, 5, 5, 4)


def appointment_id(case: Case, day: date) -> str:
    return f"{case.number}-{day:%Y%m%d}"


def appointment_rows(case: Case, *, today: date, dice: Random) -> Iterator[dict[str, str]]:
    """Yield a case's sessions in its practice's own time; from today on they are still to come."""
    for day in case.days:
        starts_at = datetime.combine(day, time(case.hour))
        became = dice.choices(_PAST, _ODDS)[0] if case.kind in {Kind.ORDINARY, Kind.CLOSED} else "COMPLETED"
        yield {
            "external_id": appointment_id(case, day),
            "case": case.number,
            "consultant": case.client.consultant,
            "starts_at": starts_at.isoformat(timespec="minutes"),
            "ends_at": (starts_at + _LENGTH).isoformat(timespec="minutes"),
            "status": became if day < today else "SCHEDULED",
        }
