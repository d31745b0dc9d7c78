"""One of two worlds while a program plays in it, and what every part of it is built from."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from models.actor import Actor
from models.database import Database
from models.ids import new_id
from models.outbox import Job, enqueue
from models.rules.business_days import Due
from models.rules.vocabulary import (
    AppointmentStatus,
    CaseStatus,
    DeadlineKind,
    EventType,
)
from models.rules.watching import at_risk_from, next_after, schedule
from models.tables import AssistCase, Deadline
from tests.clock import FixedClock
from tests.confidentiality.history import Happened
from tests.confidentiality.people import Secrets
from tests.confidentiality.plots import CALENDAR, Plot
from tests.rows import Builder

VIEWERS = ("reviewer", "second", "integrator")


@dataclass(slots=True)
class World:
    """One of two worlds, while a program plays in it."""

    plot: Plot
    database: Database
    clock: FixedClock
    secrets: Secrets
    first: bool
    """Whether what is foreign exists here: in the other world the same steps may name what does not."""
    organisation: str = ""
    viewers: dict[str, Actor] = field(default_factory=dict)
    addresses: set[str] = field(default_factory=set)
    requests: list[str] = field(default_factory=list)
    """What is or will be known: the released ones, then the pending ones."""
    asked_by: dict[str, Actor] = field(default_factory=dict)
    foreign: dict[str, list[str]] = field(default_factory=dict)
    """Ids, numbers and references, by kind, of what the viewers may not know to exist."""
    consultants: list[Actor] = field(default_factory=list)
    managers: dict[str, Actor] = field(default_factory=dict)
    """Each practice's, by its id."""
    staff: Actor | None = None
    clinician: Actor | None = None
    decided: list[str] = field(default_factory=list)
    """Known requests that have an outcome, and that no other known one reconsiders."""
    reviewed: set[str] = field(default_factory=set)
    """Pending requests that will have a clinical review first, which nobody of the organisation learns of."""
    in_review: list[str] = field(default_factory=list)
    """Hidden requests in the midst of a clinical review."""
    spare: list[tuple[str, Actor]] = field(default_factory=list)
    """Appointments of cases without a request, each with its consultant."""
    withheld: list[str] = field(default_factory=list)
    elsewhere: list[tuple[str, Actor]] = field(default_factory=list)
    """Released requests of other organisations, each with a reviewer there."""
    history: list[list[Happened]] = field(default_factory=list)

    @property
    def dice(self) -> Random:
        return self.secrets.dice

    def told(self, request_id: str, event: EventType, at: datetime, day: date) -> Happened:
        """Return an event that the organisation has been told of, on its own day."""
        return Happened(request_id, event, at, day, self.organisation, known=True)

    def note(self, kind: str, value: str) -> str:
        self.foreign.setdefault(kind, []).append(value)
        return value


async def add_case(build: Builder, world: World, client: str, *, status: CaseStatus = CaseStatus.OPEN) -> AssistCase:
    """Add a case here with its number and a protected number of appointments."""
    practice = world.dice.choice(world.foreign["prac"])
    case = await build.case(client, world.organisation, practice, status=status)
    world.note("case", case.id)
    world.note("number", world.secrets.keep(case.number))
    return case


async def book(build: Builder, world: World, case: AssistCase, consultant: Actor) -> str:
    """Add appointments to a case and return the last one's id."""
    booked = ""
    for _ in range(world.dice.randint(1, 4)):
        starts_at = build.at + timedelta(hours=world.dice.randint(-500, 500)) + world.secrets.minutes()
        status = world.dice.choice(list(AppointmentStatus))
        booked = await build.appointment(case.id, consultant, starts_at=starts_at, status=status)
        world.note("apt", booked)
    return booked


async def add_client(build: Builder, world: World, **identity: Any) -> str:
    return world.note("cli", await build.client(**{**world.secrets.identity(), **identity}))


async def add_deadline(
    build: Builder, request_id: str, kind: DeadlineKind, due: Due | datetime, *, stale: bool = False, **columns: Any
) -> None:
    """Add a deadline, and have it watched while it runs; of its schedule nothing is owed from before today.

    ``stale`` is for one that an earlier calendar put a day later than the present one would.
    """
    due_at = due.at if isinstance(due, Due) else due
    counted: dict[str, Any] = {}
    if isinstance(due, Due):
        counted = {"counted_from": due.counted_from, "counted_days": due.counted_days}
    if stale:
        due_at += timedelta(days=1)
    by_calendar = {"time_zone": CALENDAR.time_zone, "region": CALENDAR.region, "calendar_version": CALENDAR.version}
    if stale:
        by_calendar["calendar_version"] = "an earlier one"
    row = Deadline(
        id=new_id("due"),
        request_id=request_id,
        kind=kind,
        due_at=due_at,
        acted_until=build.at,
        at_risk_from=at_risk_from(kind, due_at, CALENDAR),
        **{**by_calendar, **counted, **columns},
    )
    await build.add(row)
    moments = schedule(kind, due_at, counted.get("counted_from"), CALENDAR)
    look = next_after(moments, build.at)
    if look is not None and not any(columns.get(name) for name in ("met_at", "cancelled_at", "paused_at")):
        job = Job("watch_deadline", {"deadline_id": row.id}, priority=1, run_at=look.at)
        enqueue(build.session, job, at=build.at)
