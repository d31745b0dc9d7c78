"""The demo's cases and the appointments on ten consultants' calendars, around the current week."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

from models.demo_set.cast import CONSULTANTS, Person, Row, consultants_of, practice_of, time_zone_of

APPOINTMENTS = 1_500
SECOND_CASES = 20
LONG_CASE_SESSIONS = 10
"""Entitled sessions of a case that any request of 3 or more takes past the clinical review threshold of 12."""

_WEEKS_BACK, _WEEKS_AHEAD = 8, 2
_HOURS = (9, 10, 11, 13, 14, 15, 16)
_PAST = ("COMPLETED",) * 17 + ("LATE_CANCELLED", "NOT_ATTENDED", "CANCELLED")


@dataclass(frozen=True, slots=True)
class Case:
    number: int
    client: Person
    consultant: int
    place: int
    """Counted from 0 among this consultant's cases."""
    opened_on: date
    closed: bool = False

    @property
    def is_long(self) -> bool:
        return self.place == 0

    @property
    def name(self) -> str:
        return f"ASST-{self.number:06}"

    def row(self) -> Row:
        return {
            "number": self.name,
            "client": f"CL-{self.client.number:04}",
            "organisation": f"org-{self.client.organisation + 1}",
            "practice": f"practice-{self.client.practice + 1}",
            "status": "CLOSED" if self.closed else "OPEN",
            "opened_on": self.opened_on.isoformat(),
            "closed_on": (self.opened_on + timedelta(days=50)).isoformat() if self.closed else "",
            "entitled_sessions": LONG_CASE_SESSIONS if self.is_long else 6,
        }


def cases(people: list[Person], today: date) -> list[Case]:
    """Give every client a case with a consultant of their practice, and some clients a second one."""
    found: list[Case] = []
    places = [0] * CONSULTANTS
    opened_on = today - timedelta(weeks=_WEEKS_BACK + 1)
    for client in [*people, *people[:SECOND_CASES]]:
        team = consultants_of(client.practice)
        consultant = min(team, key=lambda each: places[each])
        place = places[consultant]
        places[consultant] += 1
        found.append(Case(104_000 + 7 * len(found), client, consultant, place, opened_on, closed=place in {14, 15}))
    return found


def appointments(found: list[Case], today: date, dice: Random) -> Iterator[Row]:
    """Yield 1,500 appointments: each consultant sees their cases in turn, some on every weekday of this week."""
    for consultant in range(CONSULTANTS):
        own = [case for case in found if case.consultant == consultant]
        zone = ZoneInfo(time_zone_of(practice_of(consultant)))
        for number, (day, hour) in enumerate(_slots(today, dice)):
            case = own[number % len(own)]
            starts_at = datetime.combine(day, time(hour), zone)
            yield {
                "external_id": f"A{consultant + 1:02}-{number + 1:04}",
                "case": case.name,
                "consultant": f"con-{consultant + 1:02}",
                "starts_at": starts_at.isoformat(),
                "ends_at": (starts_at + timedelta(minutes=50)).isoformat(),
                "status": _status(case, day, today, dice),
            }


def _slots(today: date, dice: Random) -> list[tuple[date, int]]:
    """Return 150 free hours in order: four on each day of the current week, the others spread around it."""
    monday = today - timedelta(days=today.weekday())
    this_week = [(monday + timedelta(days=day), hour) for day in range(5) for hour in _HOURS[:4]]
    others = [
        (monday + timedelta(weeks=week, days=day), hour)
        for week in range(-_WEEKS_BACK, _WEEKS_AHEAD + 1)
        for day in range(5)
        for hour in _HOURS
        if week != 0
    ]
    chosen = dice.sample(others, APPOINTMENTS // CONSULTANTS - len(this_week))
    return sorted([*this_week, *chosen])


def _status(case: Case, day: date, today: date, dice: Random) -> str:
    if case.closed and day >= today:
        return "CANCELLED"
    return dice.choice(_PAST) if day < today else "SCHEDULED"
