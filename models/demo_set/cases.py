"""The invented cases: each has a weekly hour of its consultant for some weeks, so that no two sessions overlap."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum, auto
from itertools import islice
from random import Random

from models.demo_set.clients import Client
from models.demo_set.places import ORGANISATIONS, PRACTICES, consultant_ids

APPOINTMENTS_EACH = 150
"""Of each of the ten consultants."""
WEEKS = 12
THIS_WEEK = WEEKS - 2
_HOURS = range(9, 17)
_FRIDAY, _SUNDAY = 4, 6
_WORKDAYS = 5
_SECOND_CASES = 2
_FOR_THE_DEMO = 6
_CLOSED = 3


class Kind(Enum):
    FOR_THE_DEMO = auto()
    """Open, with a session today or tomorrow, and room for a request that needs no clinical review."""
    LONG = auto()
    """So many sessions that any request goes to clinical review first."""
    ORDINARY = auto()
    CLOSED = auto()


@dataclass(frozen=True, slots=True)
class Case:
    number: str
    client: Client
    kind: Kind
    weekday: int
    hour: int
    weeks: range
    monday: date
    """Of the first of all weeks."""

    @property
    def days(self) -> list[date]:
        """The days of its sessions, one a week."""
        return [self.monday + timedelta(weeks=week, days=self.weekday) for week in self.weeks]

    @property
    def closed_on(self) -> date | None:
        return self.days[-1] + timedelta(days=4) if self.kind is Kind.CLOSED else None

    def row(self) -> dict[str, str]:
        closed = self.closed_on
        return {
            "number": self.number,
            "client": self.client.key,
            "organisation": self.client.organisation.slug,
            "practice": self.client.practice.slug,
            "status": "OPEN" if closed is None else "CLOSED",
            "opened_on": (self.days[0] - timedelta(days=6)).isoformat(),
            "closed_on": "" if closed is None else closed.isoformat(),
        }


def invent_cases(clients: list[Client], *, today: date, dice: Random) -> list[Case]:
    """Return 220 cases with 1,500 sessions: ten weeks back, this week and the next."""
    numbers = iter(dice.sample(range(100_000, 1_000_000), len(clients) * 2))
    monday = today - timedelta(days=today.weekday(), weeks=THIS_WEEK)
    cases: list[Case] = []
    for consultant in (key for practice in PRACTICES for key in consultant_ids(practice)):
        own = [client for client in clients if client.consultant == consultant]
        own += own[-_SECOND_CASES:]
        kinds = list(_kinds(own))
        lengths = _lengths(kinds, dice)
        hours = list(_weekly_hours(kinds, today))
        for client, kind, length, (weekday, hour) in zip(own, kinds, lengths, hours, strict=True):
            weeks = _weeks(kind, length, dice)
            cases.append(Case(f"ASST-{next(numbers)}", client, kind, weekday, hour, weeks, monday))
    return cases


def _kinds(clients: list[Client]) -> Iterator[Kind]:
    """Yield what each of one consultant's cases is; those for the demo are the first consultant's."""
    first = clients[0].consultant == consultant_ids(PRACTICES[0])[0]
    near = [client for client in clients if client.organisation is ORGANISATIONS[0] and client.reachable]
    for_the_demo = near[:_FOR_THE_DEMO] if first else []
    rest = [client for client in clients if client not in for_the_demo]
    long = near[_FOR_THE_DEMO : _FOR_THE_DEMO + 2] if first else rest[2:3]
    closed = list(islice((client for client in rest if client not in long), 3, 3 + _CLOSED))
    for client in clients:
        if client in for_the_demo:
            yield Kind.FOR_THE_DEMO
        elif client in long:
            yield Kind.LONG
        else:
            yield Kind.CLOSED if client in closed else Kind.ORDINARY


def _lengths(kinds: list[Kind], dice: Random) -> list[int]:
    """Return how many sessions each case has, together exactly as many as each consultant gives."""
    fixed = {Kind.FOR_THE_DEMO: 5, Kind.LONG: WEEKS, Kind.CLOSED: 6}
    ordinary = [place for place, kind in enumerate(kinds) if kind is Kind.ORDINARY]
    lengths = [fixed.get(kind, 0) for kind in kinds]
    left = APPOINTMENTS_EACH - sum(lengths)
    for place, index in enumerate(ordinary):
        lengths[index] = left // len(ordinary) + (place < left % len(ordinary))
    for one, other in zip(ordinary[::2], ordinary[1::2], strict=False):
        moved = dice.randrange(3)
        lengths[one] += moved
        lengths[other] -= moved
    return lengths


def _weekly_hours(kinds: list[Kind], today: date) -> Iterator[tuple[int, int]]:
    """Yield a weekday and an hour for each case, no two the same, and every weekday in turn."""
    free = {weekday: list(_HOURS) for weekday in range(7)}
    turn = 0
    for_the_demo = _soon(today)
    taken = [for_the_demo[place % len(for_the_demo)] for place in range(kinds.count(Kind.FOR_THE_DEMO))]
    reserved = [(weekday, free[weekday].pop(0)) for weekday in taken]
    for kind in kinds:
        if kind is Kind.FOR_THE_DEMO:
            yield reserved.pop(0)
            continue
        while not free[turn % _WORKDAYS]:
            turn += 1
        yield turn % _WORKDAYS, free[turn % _WORKDAYS].pop()
        turn += 1


def _soon(today: date) -> list[int]:
    """Return today's weekday and tomorrow's, or today's alone where tomorrow is a weekend or another week."""
    weekday = today.weekday()
    return [weekday] if weekday in {_FRIDAY, _SUNDAY} else [weekday, weekday + 1]


def _weeks(kind: Kind, length: int, dice: Random) -> range:
    """Return the weeks in which a case has its sessions; an ordinary one comes this week, and mostly the next."""
    if kind is Kind.CLOSED:
        end = dice.randrange(length, THIS_WEEK - 1)
    else:
        end = WEEKS if kind is not Kind.ORDINARY or dice.random() < 0.75 else WEEKS - 1  # noqa: PLR2004 - mostly
    return range(end - length, end)
