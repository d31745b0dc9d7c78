"""The people and cases of a year: employers in every region, and so many cases that each request has one of its own."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from models.actor import Actor
from models.database import Database
from models.rules.vocabulary import AppointmentStatus, CaseStatus, Role
from models.tables import Appointment, AssistCase
from tests.clock import FixedClock
from tests.life.almanac import Almanac
from tests.life.cast import Employer
from tests.life.scripts import Place
from tests.life.terms import Company, Terms
from tests.rows import Builder, building
from tests.waiting import write

BEGIN = datetime(2026, 1, 1, 13, 30, tzinfo=UTC)
END = datetime(2027, 1, 31, tzinfo=UTC)
ARRIVALS = timedelta(days=364)
_ZONES = {
    "AU-VIC": "Australia/Melbourne",
    "AU-QLD": "Australia/Brisbane",
    "AU-NSW": "Australia/Sydney",
    "AU-WA": "Australia/Perth",
    "AU-SA": "Australia/Adelaide",
    "AU-TAS": "Australia/Hobart",
    "AU-ACT": "Australia/Sydney",
    "AU-NT": "Australia/Darwin",
    "NZ-AUK": "Pacific/Auckland",
    "NZ-WGN": "Pacific/Auckland",
    "NZ-CIT": "Pacific/Chatham",
}
_ADDED = {"AU-QLD": ("2026-08-12",)}
_CONSULTANTS = 8
_CLIENTS = 40
_LONG_CASE = 4
"""Of so many cases one has used up enough for a clinical review."""


@dataclass
class Population:
    places: list[Place] = field(default_factory=list)
    actors: dict[str, dict[str, Actor]] = field(default_factory=dict)
    """Of each case, who acts on it: consultant, manager, reviewer; beside them the provider's own."""
    appointments: dict[str, str] = field(default_factory=dict)
    leavers: dict[str, datetime] = field(default_factory=dict)
    """Consultants' ids, and when they leave."""


def employers(dice: Random) -> Iterator[Employer]:
    for number, (region, zone) in enumerate(_ZONES.items()):
        terms = Terms(
            almanac=Almanac(region, zone, added=_ADDED.get(region, ())),
            batch=number % 3 != 0,
            delegation="STAFF_INSTEAD" if number % 5 == 4 else "NONE",
            small=number % 6 == 5,
            automatic=2 if number % 4 == 3 else 0,
            due_days=dice.choice((5, 7, 7, 10)),
            backup=number % 2 == 0,
        )
        yield Employer(terms, headcount=20 if terms.small else 300)


async def a_population(database: Database, clock: FixedClock, *, cases: int, seed: int) -> Population:
    """Write all of it into an empty database."""
    dice, found = Random(seed), Population()
    async with building(database, clock) as build:
        provider = {
            "staff": await build.account(Role.PROVIDER_STAFF, email="staff@provider.example"),
            "clinical": await build.account(Role.CLINICAL_REVIEWER, email="clinical@provider.example"),
        }
        houses = [await _house(build, found, employer, provider) for employer in employers(dice)]
        practices = [await _practice(build, found, number, dice) for number in range(2)]
        clients = [await _client(build, number) for number in range(_CLIENTS)]
    for first in range(0, cases, 1_000):
        async with database.transaction() as session:
            rows: list[Any] = []
            for number in range(first, min(cases, first + 1_000)):
                _add_case(
                    rows, found, dice.choice(houses), dice.choice(dice.choice(practices)), dice.choice(clients), number
                )
            await write(session, rows)
    return found


House = tuple[str, Terms, dict[str, Actor], tuple[str, ...]]
Member = tuple[str, Actor, str, Actor, str, datetime | None]
Written = tuple[str, str, bool]


async def _house(build: Builder, found: Population, employer: Employer, provider: dict[str, Actor]) -> House:
    del found
    columns = employer.columns()
    organisation = await build.organisation(headcount=employer.headcount, **columns)
    addresses: tuple[str, ...] = (f"reviewer-{columns['region'].lower()}@employer.example",)
    if columns["region"] in {"AU-VIC", "NZ-AUK"}:
        addresses += (f"colleague-{columns['region'].lower()}@employer.example",)
    reviewers = [await build.account(Role.ORG_REVIEWER, organisation_id=organisation, email=each) for each in addresses]
    return organisation, employer.terms, {**provider, "reviewer": reviewers[0]}, addresses


async def _practice(build: Builder, found: Population, number: int, dice: Random) -> list[Member]:
    practice = await build.practice()
    address = f"manager-{number}@practice.example"
    manager = await build.account(Role.PRACTICE_MANAGER, practice_id=practice, email=address)
    members: list[Member] = []
    for place in range(_CONSULTANTS // 2):
        consultant = await build.consultant(practice)
        leaves = BEGIN + timedelta(days=dice.uniform(100, 250)) if place == 0 else None
        if leaves is not None and consultant.consultant_id is not None:
            leaves = found.leavers[consultant.consultant_id] = leaves.replace(second=2, microsecond=0)
        written = f"consultant-{consultant.name.rpartition(' ')[2]}@practice.example"
        members.append((practice, consultant, written, manager, address, leaves))
    return members


async def _client(build: Builder, number: int) -> Written:
    address, written = f"client-{number}@home.example", number % 10 != 0
    return await build.client(email=address, do_not_email=not written), address, written


def _add_case(  # noqa: PLR0917 - a case is all of these
    rows: list[Any], found: Population, house: House, member: Member, client: Written, number: int
) -> None:
    organisation, terms, people, addresses = house
    practice_id, consultant, written_to, manager, manager_address, leaves = member
    client_id = client[0]
    case = f"case_{number}"
    entitled = 12 if number % _LONG_CASE == 0 else 6
    status = {"status": CaseStatus.OPEN, "entitled_sessions": entitled, "opened_on": BEGIN.date()}
    ids = {"client_id": client_id, "organisation_id": organisation, "practice_id": practice_id}
    rows.append(AssistCase(id=case, number=f"ASST-{200_000 + number}", **ids, **status))
    appointment = {"starts_at": BEGIN, "ends_at": BEGIN + timedelta(minutes=50), "status": AppointmentStatus.SCHEDULED}
    rows.append(
        Appointment(
            id=f"apt_{number}",
            external_id=f"APT-Y{number}",
            case_id=case,
            consultant_id=consultant.consultant_id,
            **appointment,
        )
    )
    company = Company(
        consultant=written_to,
        client=client[1],
        reviewers=addresses,
        backup="backup@employer.example",
        staff=("staff@provider.example",),
        clinical=("clinical@provider.example",),
    )
    found.places.append(Place(case, terms, company, entitled, client[2], manager_address, leaves))
    found.actors[case] = {**people, "consultant": consultant, "manager": manager}
    found.appointments[case] = f"apt_{number}"
