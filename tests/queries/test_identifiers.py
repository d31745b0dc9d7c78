"""All that is known of the people behind one request is gathered for its check, and for nobody to read."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from models import tables
from models.actor import SYSTEM, Actor
from models.database import Database
from models.queries.identifiers import known_identifiers
from models.queries.reading import Reading
from models.rules.confidentiality import Sensitivity
from models.rules.identifier_found import IdentifierFound
from models.rules.identifiers import KnownIdentifiers, check_text
from models.rules.refusals import NotAllowed, NotFound
from models.rules.vocabulary import AppointmentStatus, CaseStatus
from tests.builders import World, a_world, released, submitted
from tests.clock import FixedClock
from tests.operations.ledger import rows
from tests.queries.asked import listening, read
from tests.rows import building

ANA: dict[str, Any] = {
    "name": "Ana Silva",
    "email": "ana@home.example",
    "phone": "+61491570006",
    "date_of_birth": "1990-04-01",
    "employee_number": "SAL-48213",
}
NOON = datetime(2026, 11, 2, 1, tzinfo=UTC)
LATE = datetime(2026, 11, 9, 12, 30, tzinfo=UTC)
"""Still the 9th in Perth, where it is 20:30, and in Melbourne; the 10th in Auckland."""


@dataclass(frozen=True, slots=True)
class Told:
    """A world with a client who has been elsewhere too, and what is known of the request there."""

    world: World
    request_id: str
    other: tables.AssistCase
    seen_by: set[str]
    """The consultants, by name, with whom the client has had an appointment."""
    known: KnownIdentifiers


async def test_the_client_is_known_as_their_sealed_identity_says(database: Database, clock: FixedClock) -> None:
    known = (await of_ana(database, clock)).known
    assert (known.client_name, known.client_email, known.client_phone) == (ANA["name"], ANA["email"], ANA["phone"])
    assert (known.date_of_birth, known.employee_number) == (date(1990, 4, 1), "SAL-48213")


async def test_what_is_not_known_of_a_client_is_not_looked_for(database: Database, clock: FixedClock) -> None:
    nothing = {"email": None, "phone": None, "date_of_birth": None, "employee_number": None}
    world = await a_world(database, clock, client=ANA | nothing)
    known = await of(world, world.staff, await submitted(world))
    assert known.client_name == "Ana Silva"
    assert (known.client_email, known.client_phone, known.date_of_birth, known.employee_number) == (None,) * 4
    check_text("The client has made progress.", known, ("answer",))


async def test_all_the_clients_cases_are_known_with_their_practices_and_nobody_elses(
    database: Database, clock: FixedClock
) -> None:
    told = await of_ana(database, clock)
    assert told.known.case_numbers == {told.world.case.number, told.other.number}
    practices = {row.id: row for row in await rows(database, tables.Practice)}
    theirs = [practices[told.world.practice_id], practices[told.other.practice_id]]
    assert told.known.practice_names == {row.name for row in theirs} != {row.name for row in practices.values()}
    assert told.known.practice_suburbs == {row.suburb for row in theirs}


async def test_whoever_has_had_an_appointment_with_the_client_is_known(database: Database, clock: FixedClock) -> None:
    told = await of_ana(database, clock)
    everybody = {row.name: row.email for row in await rows(database, tables.Consultant)}
    assert told.known.consultant_names == told.seen_by < everybody.keys()
    assert told.known.consultant_emails == {everybody[name] for name in told.seen_by}


async def test_the_consultant_of_a_request_is_known_without_an_appointment(
    database: Database, clock: FixedClock
) -> None:
    world = await a_world(database, clock)
    async with building(database, clock) as build:
        other = await build.client()
        case = await build.case(other, world.organisation_id, world.practice_id)
        request = await build.request(case, world.consultant)
    known = await of(world, world.staff, request.id)
    assert known.consultant_names == {world.consultant.name}
    assert known.appointment_days == frozenset()


async def test_an_appointments_day_is_the_one_of_every_zone_in_which_somebody_speaks_of_it(
    database: Database, clock: FixedClock
) -> None:
    told = await of_ana(database, clock)
    today = {date(2026, 11, 23)}
    assert told.known.appointment_days == {date(2026, 11, 2), date(2026, 11, 9), date(2026, 11, 10)} | today


@pytest.mark.parametrize(
    ("practice", "consultant", "organisation"),
    [
        ("Pacific/Auckland", "Australia/Perth", "Australia/Perth"),
        ("Australia/Perth", "Pacific/Auckland", "Australia/Perth"),
        ("Australia/Perth", "Australia/Perth", "Pacific/Auckland"),
    ],
    ids=["practice", "consultant", "organisation"],
)
async def test_each_zone_counts(
    database: Database, clock: FixedClock, practice: str, consultant: str, organisation: str
) -> None:
    world = await a_world(
        database, clock, appointments=[AppointmentStatus.COMPLETED], consultant_zone=consultant, time_zone=organisation
    )
    async with database.transaction() as session:
        (await session.get_one(tables.Practice, world.practice_id)).time_zone = practice
        (await session.get_one(tables.Appointment, world.appointment_id)).starts_at = LATE
        (await session.get_one(tables.Appointment, world.appointment_id)).ends_at = LATE + timedelta(minutes=50)
        await session.flush()
    async with building(database, clock) as build:
        request = await build.request(world.case, world.consultant)
    assert (await of(world, SYSTEM, request.id)).appointment_days == {date(2026, 11, 9), date(2026, 11, 10)}


async def test_a_text_that_tells_of_them_is_refused_by_what_was_gathered(database: Database, clock: FixedClock) -> None:
    told = await of_ana(database, clock)
    for text in ("Silva", "0491 570 006", f"case {told.other.number[5:]}", "on 2 November", told.world.consultant.name):
        with pytest.raises(IdentifierFound):
            check_text(f"Please note: {text}.", told.known, ("answer",))
    with pytest.raises(IdentifierFound, match=r"date of birth \(characters 6 to 15\)\.") as raised:
        check_text("born 1990-04-01", told.known, ("answer",))
    assert "1990" not in raised.value.message
    check_text("Steady progress; two more sessions in the new year.", told.known, ("answer",))


async def test_what_was_opened_is_on_record_once(database: Database, clock: FixedClock) -> None:
    told = await of_ana(database, clock)
    found = [(row.account_id, row.case_id, row.kind) for row in await rows(database, tables.AccessEvent)]
    assert found == [(told.world.staff.account_id, told.world.case.id, Sensitivity.IDENTIFYING)]


async def test_nothing_is_opened_off_the_record(database: Database, clock: FixedClock) -> None:
    told = await of_ana(database, clock)
    async with database.snapshot() as source:
        reading = Reading(source, database.vault, database.keys, SYSTEM, clock.now())
        with pytest.raises(RuntimeError, match="not on record"):
            await known_identifiers(reading, told.request_id)


@pytest.mark.parametrize(
    "role", ["reviewer", "clinical_reviewer", "integrator", "practice_integrator", "organisation_integrator"]
)
async def test_whoever_may_not_identify_the_client_is_refused_before_anything_is_read(
    database: Database, clock: FixedClock, role: str
) -> None:
    world = await a_world(database, clock, client=ANA)
    request_id = await released(world)
    with listening() as heard, pytest.raises(NotAllowed):
        await of(world, getattr(world, role), request_id)
    assert not [statement for statement in heard if "client" in statement or "assist_case" in statement]


async def test_a_request_that_is_not_there_or_out_of_reach_is_not_found(database: Database, clock: FixedClock) -> None:
    world, elsewhere = await a_world(database, clock), await a_world(database, clock)
    request_id = await submitted(world)
    for by, identifier in ((world.staff, "req_unknown"), (SYSTEM, "\0"), (elsewhere.manager, request_id)):
        with pytest.raises(NotFound):
            await of(world, by, identifier)
    assert (await of(world, world.manager, request_id)).case_numbers == {world.case.number}
    assert not [row for row in await rows(database, tables.AccessEvent) if row.account_id != world.manager.account_id]


async def test_a_long_history_takes_as_few_statements_as_a_short_one(database: Database, clock: FixedClock) -> None:
    told, short = await of_ana(database, clock), await a_world(database, clock)
    request_id = await submitted(short)
    counts = []
    for world, identifier in ((told.world, told.request_id), (short, request_id)):
        with listening() as heard:
            await of(world, world.manager, identifier)
        counts.append(len([statement for statement in heard if statement.startswith("SELECT")]))
    assert counts[0] == counts[1]


async def of_ana(database: Database, clock: FixedClock) -> Told:
    """Build a world whose client has a closed case elsewhere, and beside it a practice and a consultant of others."""
    world = await a_world(database, clock, client=ANA, time_zone="Australia/Perth")
    async with building(database, clock) as build:
        practice = await build.practice()
        before = await build.consultant(practice, time_zone="Pacific/Auckland")
        second = await build.consultant(world.practice_id)
        other = await build.case(world.case.client_id, await build.organisation(), practice, status=CaseStatus.CLOSED)
        await build.appointment(other.id, before, starts_at=LATE, status=AppointmentStatus.COMPLETED)
        await build.appointment(world.case.id, second, starts_at=NOON, status=AppointmentStatus.CANCELLED)
        stranger = await build.consultant(await build.practice())
        case = await build.case(await build.client(), world.organisation_id, world.practice_id)
        await build.appointment(case.id, stranger, starts_at=datetime(2026, 10, 5, tzinfo=UTC))
    request_id = await submitted(world)
    seen_by = {world.consultant.name, before.name, second.name}
    return Told(world, request_id, other, seen_by, await of(world, world.staff, request_id))


async def of(world: World, by: Actor, request_id: str) -> KnownIdentifiers:
    return await read(world.database, world.clock, by, known_identifiers, request_id)
