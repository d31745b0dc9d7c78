"""Creates a world: what its plot declares to be known, and around it whatever its secrets draw.

Two worlds of one plot differ in everything protected: identities, who shares a case or a client, numbers, practices,
consultants, appointments, clinical text, minutes, revisions, and what else exists.
"""

from random import Random

from models.database import Database
from models.ids import new_id
from models.rules.vocabulary import Role
from models.tables import Agreement, Organisation
from tests.clock import FixedClock
from tests.confidentiality.history import write_history
from tests.confidentiality.known_requests import add_known_requests
from tests.confidentiality.people import Secrets
from tests.confidentiality.plots import SMALLEST_HEADCOUNT, Plot
from tests.confidentiality.surroundings import add_surroundings
from tests.confidentiality.worlds import VIEWERS, World
from tests.rows import TERMS, Builder, building

_BACKUP = "backup@employer.example"


async def build_world(plot: Plot, database: Database, *, seed: int, first: bool) -> World:
    """Build and commit a world in an empty database."""
    clock = FixedClock()
    world = World(plot, database, clock, Secrets(Random(seed)), first)
    async with building(database, clock) as build:
        await _add_the_known(build, world)
        await _add_providers(build, world)
        await add_known_requests(build, world)
        await add_surroundings(build, world)
        await write_history(build, world.history, world.dice)
    return world


async def _add_the_known(build: Builder, world: World) -> None:
    """Add the organisation as it is: its name, its terms, the people who sign in for it."""
    plot, dice = world.plot, world.dice
    headcount = dice.randint(SMALLEST_HEADCOUNT, 900) if plot.large else dice.choice((None, 0, SMALLEST_HEADCOUNT - 1))
    world.organisation = new_id("org")
    named = {"external_id": new_id("ext"), "name": "Employer", "headcount": headcount}
    await build.add(Organisation(id=world.organisation, **named))
    terms = {**TERMS, "smallest_headcount": SMALLEST_HEADCOUNT}
    terms |= {"release_rule": plot.release_rule, "delegation": plot.delegation, "backup_reviewer": _BACKUP}
    world.addresses.add(_BACKUP)
    agreed = {"id": new_id("agr"), "organisation_id": world.organisation, "revision": 1, "is_current": True}
    await build.add(Agreement(**agreed, **terms))
    for name, role in zip(VIEWERS, (Role.ORG_REVIEWER, Role.ORG_REVIEWER, Role.INTEGRATOR), strict=True):
        address = f"{name}@employer.example"
        world.addresses.add(address)
        world.viewers[name] = await build.account(
            role, name=name, email=address, phone="+61412000111", organisation_id=world.organisation
        )


async def _add_providers(build: Builder, world: World) -> None:
    world.staff = await build.account(Role.PROVIDER_STAFF)
    world.clinician = await build.account(Role.CLINICAL_REVIEWER)
    for _ in range(world.dice.randint(1, 2)):
        practice = await build.practice()
        world.note("prac", practice)
        world.managers[practice] = await build.account(Role.PRACTICE_MANAGER, practice_id=practice)
        for _ in range(world.dice.randint(1, 2)):
            consultant = await build.consultant(practice)
            world.consultants.append(consultant)
            world.secrets.keep(consultant.name)
            world.note("con", str(consultant.consultant_id))
    for consultant in world.consultants:
        number = consultant.name.rpartition(" ")[2]
        world.secrets.keep(f"consultant-{number}@practice.example")
