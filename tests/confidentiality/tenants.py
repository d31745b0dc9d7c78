"""Creates a world of tenants: all that is one practice's own is the same in both, to the letter; the others' is not.

The practice's people are consultants, a manager and a machine account. Its clients may be seen elsewhere as well, its
organisation has clients with other practices, and other practices and organisations come and go as the dice say.
"""

import base64
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import count
from random import Random
from typing import Any

from models.actor import Actor
from models.database import Database
from models.rules.vocabulary import (
    AppointmentStatus,
    DeadlineKind,
    Delegation,
    EventType,
    ReleaseRule,
    RequestStatus,
    Role,
)
from tests.clock import FixedClock
from tests.confidentiality.history import Happened, write_history
from tests.confidentiality.people import Secrets
from tests.confidentiality.plots import Plot
from tests.confidentiality.surroundings import add_surroundings
from tests.confidentiality.worlds import World, add_case, add_client, add_deadline, book
from tests.rows import Builder, building

PRACTICE = ("consultant", "colleague", "manager", "practice machine")
MACHINES = ("practice machine", "provider machine")
_STATUSES = (
    *(RequestStatus.SUBMITTED, RequestStatus.ORGANISATION_REVIEW, RequestStatus.APPROVED),
    *(RequestStatus.WITHDRAWN, RequestStatus.CLINICAL_REVIEW),
)


@dataclass(frozen=True, slots=True)
class TenantPlot(Plot):
    """What is the same in both worlds: all that ``own`` draws."""

    own: int = 0
    machines: bool = False
    """Whether whom the clients are differs, and what is clinical, instead of what belongs to others."""


def a_tenant_plot(own: int, *, machines: bool) -> TenantPlot:
    known: dict[str, Any] = {"released": (), "pending": (), "withheld": 1, "ranks": (), "large": True}
    terms: dict[str, Any] = {"release_rule": ReleaseRule.BATCH, "delegation": Delegation.NONE}
    opener = MACHINES[0] if machines else PRACTICE[0]
    return TenantPlot(**known, **terms, opener=opener, own=own, machines=machines)


async def build_tenants(plot: Plot, database: Database, *, seed: int, first: bool) -> World:
    """Build and commit a world in an empty database."""
    assert isinstance(plot, TenantPlot)
    clock = FixedClock()
    world = World(plot, database, clock, Secrets(Random(seed)), first)
    async with building(database, clock) as build:
        dice = Random(plot.own)
        own = replace(build, ids=_dealt(dice), numbers=count(900_001))
        clients = await _add_own(own, world, dice, plot)
        world.staff = await own.account(Role.PROVIDER_STAFF)
        if not plot.machines:
            await _add_others(build, world)
            await _share_clients(build, world, clients)
            await add_surroundings(build, world)
        await write_history(build, world.history, world.dice)
    return world


def _dealt(dice: Random) -> Callable[[str], str]:
    """Return a source of ids as the product's look, the same for the same dice."""
    return lambda prefix: f"{prefix}_{base64.urlsafe_b64encode(dice.randbytes(16)).decode().rstrip('=')}"


async def _add_own(own: Builder, world: World, dice: Random, plot: TenantPlot) -> list[str]:
    """Add a practice with its people, clients, cases, appointments and requests; return the clients."""
    whose = world.secrets if plot.machines else Secrets(dice)
    world.organisation = await own.organisation()
    practice = await own.practice()
    colleagues = [await own.consultant(practice) for _ in range(2)]
    people = {
        "consultant": colleagues[0],
        "colleague": colleagues[1],
        "manager": await own.account(Role.PRACTICE_MANAGER, practice_id=practice, email="manager@practice.example"),
        "practice machine": await own.account(Role.INTEGRATOR, practice_id=practice),
        "provider machine": await own.account(Role.INTEGRATOR),
    }
    if not plot.machines:
        del people["provider machine"]  # it is told of every practice, by its webhook too
    world.viewers.update(people)
    world.addresses |= {"manager@practice.example", *(_address_of(each) for each in colleagues)}
    clients = [await own.client(**_identity(whose)) for _ in range(3)]
    for position, client in enumerate([*clients, clients[0]]):
        case = await own.case(client, world.organisation, practice)
        consultant = colleagues[position % 2]
        for day in range(dice.randint(1, 3)):
            starts_at = own.at + timedelta(days=day, minutes=7 * position + 11 * day)
            await own.appointment(case.id, consultant, starts_at=starts_at, status=dice.choice(list(AppointmentStatus)))
        if position < 3:
            await _add_request(own, world, (case, consultant), dice, whose)
    return clients


def _address_of(consultant: Actor) -> str:
    return f"consultant-{consultant.name.rpartition(' ')[2]}@practice.example"


def _identity(whose: Secrets) -> dict[str, Any]:
    """Return an identity whose contacts are all there: whether a client is written to is no secret to the practice."""
    return {
        **whose.identity(),
        "phone": whose.keep(f"+61491{whose.dice.randrange(100_000, 999_999)}"),
        "do_not_email": False,
    }


async def _add_request(own: Builder, world: World, whose: tuple[Any, Actor], dice: Random, secrets: Secrets) -> None:
    case, consultant = whose
    status = dice.choice(_STATUSES)
    at = own.at - timedelta(days=dice.randint(1, 3), seconds=dice.randrange(50_000))
    row = await own.request(
        case,
        consultant,
        status=status,
        submitted_at=at,
        reference="R-" + "".join(dice.choices("0123456789ABCDEFGHJKMNPQRSTVWXYZ", k=8)),
        needs_clinical_review=status is RequestStatus.CLINICAL_REVIEW,
        answers=secrets.answers(planned=True),
    )
    world.requests.append(row.id)
    kind = DeadlineKind.CONFIRMATION if status is RequestStatus.SUBMITTED else DeadlineKind.DECISION
    await add_deadline(own, row.id, kind, at + timedelta(days=90))
    world.history.append([Happened(row.id, EventType.SUBMITTED, at, known=True)] * dice.randint(1, 3))


async def _add_others(build: Builder, world: World) -> None:
    """Add practices that are somebody else's, each with its consultants."""
    for _ in range(world.dice.randint(1, 2)):
        practice = world.note("prac", await build.practice())
        for _ in range(world.dice.randint(1, 2)):
            consultant = await build.consultant(practice)
            world.consultants.append(consultant)
            world.note("con", str(consultant.consultant_id))
            world.secrets.keep(consultant.name)


async def _share_clients(build: Builder, world: World, clients: list[str]) -> None:
    """Let the practice's own clients, and others of its organisation, be seen elsewhere as well."""
    for client in [*world.dice.sample(clients, world.dice.randint(0, 2)), await add_client(build, world)]:
        case = await add_case(build, world, client)
        await book(build, world, case, world.dice.choice(world.consultants))
