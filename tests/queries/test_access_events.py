"""The provider's staff ask who looked: at which case, which account, which kind of data and when."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from models.actor import SYSTEM, Actor
from models.database import Database
from models.queries.access_events import AccessEventFilter, read_access_events
from models.queries.cases import case_by_id
from models.queries.mails import owed_mail
from models.queries.requests import request_of
from models.rules.confidentiality import Sensitivity
from models.rules.refusals import Forbidden, Malformed
from models.rules.vocabulary import MailKind, Role
from models.tables import AssistCase
from models.views.access import AccessEventView
from models.views.want import Page, Want, asking
from tests.builders import World, a_world, released
from tests.clock import FixedClock
from tests.operations.acting import approve
from tests.operations.ledger import the_mail
from tests.queries.asked import CLIENT, REQUEST, a_list_of, listening, read
from tests.rows import building

IDENTIFYING, CLINICAL = Sensitivity.IDENTIFYING, Sensitivity.CLINICAL
NAME = asking("id", client=asking("display_name"))
EVERYTHING = asking("kind", "hour", account=asking("id", "name", "role"), case=asking("id", "number"))


async def trail(
    world: World, *, by: Actor | None = None, want: Want = EVERYTHING, first: int = 20, **narrowed: Any
) -> Any:
    return await read(
        world.database,
        world.clock,
        by or world.staff,
        read_access_events,
        filtered=AccessEventFilter(**narrowed),
        page=Page(first),
        want=a_list_of(want),
    )


def told(view: AccessEventView) -> tuple[str, Role | None, str, Sensitivity, datetime]:
    assert view.case is not None
    return view.account.name, view.account.role, view.case.number, view.kind, view.hour


async def test_each_access_says_who_looked_at_which_case_at_what_and_when_newest_first(
    database: Database, clock: FixedClock
) -> None:
    world = await a_world(database, clock)
    request_id = await released(world)
    await read(database, clock, world.manager, case_by_id, world.case.id, NAME)
    later = clock.advance(timedelta(hours=1)).replace(minute=0)
    await read(database, clock, world.consultant, request_of, request_id, REQUEST)
    found = await trail(world)
    manager, consultant, number = world.manager, world.consultant, world.case.number
    assert [told(view) for view in found.nodes] == [
        (consultant.name, Role.CONSULTANT, number, IDENTIFYING, later),
        (consultant.name, Role.CONSULTANT, number, CLINICAL, later),
        (manager.name, Role.PRACTICE_MANAGER, number, IDENTIFYING, later - timedelta(hours=1)),
    ]
    assert found.total_count == 3


async def test_the_product_is_named_as_system(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    await approve(world, await released(world))
    await read(database, clock, SYSTEM, owed_mail, (await the_mail(world, MailKind.OUTCOME_CLIENT)).id)
    (view,) = (await trail(world, account_id="system")).nodes
    assert (view.account.id, view.account.name, view.account.role) == ("system", "System", None)


async def test_it_narrows_by_case_account_and_kind(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    request_id = await released(world)
    other = await another_case(world)
    await read(database, clock, world.consultant, request_of, request_id, REQUEST)
    for case in (world.case, other):
        await read(database, clock, world.manager, case_by_id, case.id, NAME)
    assert len((await trail(world)).nodes) == 4
    for narrowed, number in (
        ({"case_id": world.case.id}, 3),
        ({"case_number": other.number}, 1),
        ({"account_id": world.manager.account_id}, 2),
        ({"account_id": world.manager.account_id, "case_id": other.id}, 1),
        ({"kind": CLINICAL}, 1),
        ({"kind": Sensitivity.LINKING}, 0),
        ({"case_id": "case_" + "A" * 22}, 0),
        ({"case_id": ""}, 0),
        ({"case_number": "\0"}, 0),
        ({"account_id": "\0"}, 0),
    ):
        found = await trail(world, **narrowed)
        assert (len(found.nodes), found.total_count) == (number, number), narrowed


@pytest.mark.parametrize("zone", ["Australia/Melbourne", "Australia/Adelaide", "UTC"])
async def test_days_are_the_asking_accounts_own_and_hold_every_hour_that_reaches_into_them(
    database: Database, clock: FixedClock, zone: str
) -> None:
    world = await a_world(database, clock)
    async with building(database, clock) as build:
        staff = await build.account(Role.PROVIDER_STAFF, time_zone=zone)
    offset = {"Australia/Melbourne": 11, "Australia/Adelaide": 10.5, "UTC": 0}[zone]
    midnight = datetime(2026, 11, 25, tzinfo=UTC) - timedelta(hours=offset)
    inside = []
    for hour in range(-2, 27):
        clock.set(midnight + timedelta(hours=hour))
        begins = clock.now().replace(minute=0)
        if begins + timedelta(hours=1) > midnight and begins < midnight + timedelta(days=1):
            inside.append(begins)
        await read(database, clock, world.manager, case_by_id, world.case.id, NAME)
    day = date(2026, 11, 25)
    found = await trail(world, by=staff, first=100, first_day=day, last_day=day)
    assert [view.hour for view in reversed(found.nodes)] == inside
    assert len(inside) == (25 if zone == "Australia/Adelaide" else 24)
    since = await trail(world, by=staff, first=100, first_day=day)
    until = await trail(world, by=staff, first=100, last_day=day)
    assert {view.hour for view in since.nodes} & {view.hour for view in until.nodes} == set(inside)


async def test_days_that_no_calendar_shows_are_refused(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    impossible: list[dict[str, Any]] = [
        {"first_day": date.min},
        {"last_day": date.max},
        {"first_day": date(2026, 11, 2), "last_day": date(2026, 11, 1)},
    ]
    for days in impossible:
        with pytest.raises(Malformed):
            await trail(world, **days)


async def test_every_other_role_is_refused_whatever_there_is(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    for by in (each for each in [*world.everybody, SYSTEM] if each.role is not Role.PROVIDER_STAFF):
        with pytest.raises(Forbidden):
            await trail(world, by=by)


async def test_pages_follow_each_other_while_new_accesses_come(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    for _ in range(7):
        await read(database, clock, world.manager, case_by_id, world.case.id, NAME)
        clock.advance(timedelta(hours=1))
    seen, after = [], None
    while True:
        page = await read(
            database,
            clock,
            world.staff,
            read_access_events,
            filtered=AccessEventFilter(),
            page=Page(3, after),
            want=a_list_of(EVERYTHING),
        )
        seen += [view.hour for view in page.nodes]
        after = page.page_info.end_cursor
        clock.advance(timedelta(hours=1))
        await read(database, clock, world.consultant, case_by_id, world.case.id, NAME)
        if not page.page_info.has_next_page:
            break
    assert seen == sorted(seen, reverse=True)
    assert len(seen) == 7


async def test_a_page_of_many_takes_no_more_statements_than_one_of_one(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    await read(database, clock, world.manager, case_by_id, world.case.id, NAME)
    with listening() as one:
        await trail(world)
    for _ in range(30):
        await read(database, clock, world.consultant, case_by_id, (await another_case(world)).id, NAME)
    with listening() as many:
        found = await trail(world, first=100)
    assert len(found.nodes) > 20
    assert len(many) == len(one)


async def test_reading_the_trail_is_no_access_but_opening_its_clients_is(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    await read(database, clock, world.manager, case_by_id, world.case.id, NAME)
    for _ in range(2):
        assert (await trail(world)).total_count == 1
    found = await trail(world, want=asking("hour", case=asking("id", client=CLIENT)))
    assert found.nodes[0].case.client.email
    again = await trail(world)
    assert [view.account.id for view in again.nodes] == [world.staff.account_id, world.manager.account_id]


async def another_case(world: World) -> AssistCase:
    async with building(world.database, world.clock) as build:
        case = await build.case(await build.client(), world.organisation_id, world.practice_id)
        await build.appointment(case.id, world.consultant)
    return case
