"""Release tells an organisation that a request exists, unless its staff must decide; it runs as a job, and repeats."""

from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy.exc import NoResultFound

from models import tables
from models.database import Database
from models.rules.refusals import NotFound
from models.rules.vocabulary import (
    Delegation,
    EventType,
    MailKind,
    ReleaseRule,
    RequestStatus,
    Role,
    StaffTaskKind,
    StaffTaskState,
    Withheld,
)
from tests.builders import World, a_world, confirmed, new_terms, released, submitted
from tests.clock import FixedClock
from tests.operations.acting import approve, decline, record_mail, release
from tests.operations.ledger import changes_nothing, events, jobs, refused, rows, the_request
from tests.rows import building

EMAIL = "Ana.Silva@Home.example"


async def test_a_release_makes_the_request_known_and_invites_each_reviewer(
    database: Database, clock: FixedClock
) -> None:
    clock.set(datetime(2026, 11, 23, 14, tzinfo=UTC))  # the 24th, an hour after midnight, in Melbourne
    world = await a_world(database, clock)
    request_id = await released(world)
    row = await the_request(world, request_id)
    assert (row.released_at, row.released_on) == (clock.now(), date(2026, 11, 24))
    assert (row.organisation_version, row.version, row.withheld) == (1, 3, None)
    assert await events(world) == [EventType.SUBMITTED, EventType.CONFIRMED, EventType.RELEASED]
    assert await jobs(world) == [
        "received_email",
        "release_request",
        "review_invitation_email",
        "review_invitation_email",
    ]
    assert await invited(world) == {world.reviewer.account_id, world.second_reviewer.account_id}


async def test_nobody_but_this_organisations_enabled_reviewers_is_invited(
    database: Database, clock: FixedClock
) -> None:
    world = await a_world(database, clock)
    async with building(database, clock) as build:
        await build.account(Role.ORG_REVIEWER, organisation_id=world.organisation_id, disabled=True)
        await build.account(Role.ORG_REVIEWER, organisation_id=await build.organisation())
    await released(world)
    assert await invited(world) == {world.reviewer.account_id, world.second_reviewer.account_id}


async def test_a_second_run_of_the_job_changes_nothing(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    request_id = await released(world)
    small = await a_world(database, clock, headcount=3)
    withheld = await released(small)
    async with changes_nothing(database):
        await release(world, request_id)
        await release(small, withheld)


async def test_nothing_but_a_request_in_the_organisations_review_is_released(
    database: Database, clock: FixedClock
) -> None:
    world = await a_world(database, clock)
    for status in set(RequestStatus) - {RequestStatus.ORGANISATION_REVIEW}:
        async with building(database, clock) as build:
            client = await build.client()
            case = await build.case(client, world.organisation_id, world.practice_id)
            request = await build.request(case, world.consultant, status=status)
        async with changes_nothing(database):
            await release(world, request.id)


async def test_a_job_for_a_request_that_is_not_there_fails_aloud(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    async with refused(world, NotFound):
        await release(world, "req_AAAAAAAAAAAAAAAAAAAAAA")
    async with changes_nothing(database):
        try:
            await record_mail(world, "mail_AAAAAAAAAAAAAAAAAAAAAA", accepted=True)
        except NoResultFound:
            return
    raise AssertionError


async def test_an_unreleased_request_does_not_exist_for_its_reviewers(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock, release_rule=ReleaseRule.BATCH)
    for request_id in (await confirmed(world), await submission_on_another_case(world)):
        for decide in (approve, decline):
            async with refused(world, NotFound):
                await decide(world, request_id)


async def test_below_the_smallest_headcount_nothing_is_released(database: Database, clock: FixedClock) -> None:
    for headcount, withheld in ((None, True), (0, True), (29, True), (30, False)):
        world = await a_world(database, clock, headcount=headcount)
        await expect(world, Withheld.BELOW_HEADCOUNT if withheld else None)


async def test_the_headcount_is_judged_at_the_release_by_the_terms_of_the_submission(
    database: Database, clock: FixedClock
) -> None:
    world = await a_world(database, clock)
    request_id = await confirmed(world)
    await new_terms(world, smallest_headcount=1_000)
    async with database.transaction() as session:
        organisation = await session.get_one(tables.Organisation, world.organisation_id)
        organisation.headcount = 29
    await release(world, request_id)
    assert (await the_request(world, request_id)).withheld is Withheld.BELOW_HEADCOUNT


async def test_where_staff_decide_instead_nothing_is_released(database: Database, clock: FixedClock) -> None:
    await expect(await a_world(database, clock, delegation=Delegation.STAFF_INSTEAD), Withheld.DELEGATED)
    await expect(await a_world(database, clock, delegation=Delegation.STAFF_AS_WELL), None)


async def test_a_client_who_is_an_account_of_the_organisation_is_never_released_to_it(
    database: Database, clock: FixedClock
) -> None:
    alike: list[dict[str, Any]] = [
        {"email": EMAIL},
        {"email": "  ana.silva@HOME.example "},
        {"phone": "+61491570156"},
        {"employee": ("ORG-A", "e-77 ")},
        {"email": EMAIL, "disabled": True},
        {"email": EMAIL, "role": Role.INTEGRATOR},
    ]
    for account in alike:
        world = await with_account(database, clock, account)
        await expect(world, Withheld.ACCOUNT_MATCHES_CLIENT)


async def test_another_person_is_not_taken_for_the_client(database: Database, clock: FixedClock) -> None:
    different: list[dict[str, Any]] = [
        {"email": "someone.else@home.example"},
        {"phone": "+61491570157"},
        {"employee": ("ORG-B", "E-77")},
        {"employee": ("ORG-A", "E-78")},
    ]
    for account in different:
        await expect(await with_account(database, clock, account), None)


async def test_a_client_without_any_address_matches_nobody(database: Database, clock: FixedClock) -> None:
    nobody = {"email": None, "phone": None, "employee_number": None}
    await expect(await a_world(database, clock, client=nobody), None)


async def test_an_account_of_another_organisation_withholds_nothing(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock, client={"email": EMAIL})
    async with building(database, clock) as build:
        await build.account(Role.ORG_REVIEWER, email=EMAIL, organisation_id=await build.organisation())
        await build.account(Role.PROVIDER_STAFF, email=EMAIL)
    await expect(world, None)


async def with_account(database: Database, clock: FixedClock, account: dict[str, Any]) -> World:
    """Build a world in which one client is known by all three marks, and the organisation has this account."""
    client = {"email": EMAIL, "phone": "+61491570156", "employee_number": "E-77", "organisation": "ORG-A"}
    world = await a_world(database, clock, client=client)
    async with building(database, clock) as build:
        await build.account(**{"role": Role.ORG_REVIEWER, "organisation_id": world.organisation_id, **account})
    return world


async def expect(world: World, withheld: Withheld | None) -> None:
    """Have a request judged; a withheld one stays unknown to its organisation, which is told nothing."""
    request_id = await confirmed(world)
    before = await rows(world.database, tables.Job)
    await release(world, request_id)
    row = await the_request(world, request_id)
    assert row.withheld is withheld
    last = (await events(world))[-1]
    if withheld is None:
        assert (row.released_at, last) == (world.clock.now(), EventType.RELEASED)
        return
    assert (row.status, row.version) == (RequestStatus.ORGANISATION_REVIEW, 3)
    assert (row.released_at, row.released_on, row.organisation_version) == (None, None, 0)
    assert last is EventType.WITHHELD
    added = [row for row in await rows(world.database, tables.Job) if row not in before]
    assert {row.actor for row in added} == {"decision_needed_email"}, "staff alone are told"
    (task,) = [row for row in await rows(world.database, tables.StaffTask) if row.request_id == request_id]
    assert (task.kind, task.state) == (StaffTaskKind.DECISION, StaffTaskState.OPEN)
    async with refused(world, NotFound):
        await approve(world, request_id)


async def submission_on_another_case(world: World) -> str:
    """Submit a request on another case of the same organisation."""
    async with building(world.database, world.clock) as build:
        case = await build.case(await build.client(), world.organisation_id, world.practice_id)
        appointment = await build.appointment(case.id, world.consultant)
    return await submitted(world, appointment_id=appointment)


async def invited(world: World) -> set[str | None]:
    mails = await rows(world.database, tables.Mail)
    return {row.account_id for row in mails if row.kind is MailKind.REVIEW_INVITATION}
