"""My Calendar: whole days where the viewer is, for those who have one."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from models.actor import Actor
from models.database import Database
from models.queries.appointments import read_calendar
from models.rules.refusals import Forbidden, Malformed
from models.views.connection import Connection
from models.views.want import Page, asking
from tests.builders import World, a_world
from tests.clock import FixedClock
from tests.queries.asked import CLIENT, a_list_of, read
from tests.rows import building

MONDAY = date(2026, 11, 23)
NOBODY = "con_AAAAAAAAAAAAAAAAAAAAAA"


async def calendar(
    world: World, by: Actor, first: date, last: date, *, consultant_id: str | None = None
) -> Connection[Any]:
    arguments: dict[str, Any] = {"days": (first, last), "consultant_id": consultant_id, "page": Page(100)}
    arguments["want"] = a_list_of(asking("id", "starts_at", client=CLIENT))
    return await read(world.database, world.clock, by, read_calendar, **arguments)


async def at(world: World, moment: datetime, *, by: Actor | None = None) -> str:
    async with building(world.database, world.clock) as build:
        return await build.appointment(world.case.id, by or world.consultant, starts_at=moment)


async def test_a_day_begins_and_ends_at_midnight_where_the_viewer_is(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    midnight = datetime(2027, 1, 10, 13, tzinfo=UTC)  # the 11th begins in Melbourne
    second = timedelta(seconds=1)
    before, first = await at(world, midnight - second), await at(world, midnight)
    last, after = await at(world, midnight + timedelta(days=1) - second), await at(world, midnight + timedelta(days=1))
    day = date(2027, 1, 11)
    found = await calendar(world, world.consultant, day, day)
    assert [view.id for view in found.nodes] == [first, last]
    assert {before, after}.isdisjoint(view.id for view in found.nodes)
    assert [view.starts_at for view in found.nodes] == sorted(view.starts_at for view in found.nodes)


async def test_a_day_of_25_hours_is_shown_whole(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    begins = datetime(2026, 4, 4, 13, tzinfo=UTC)
    inside = [await at(world, begins), await at(world, begins + timedelta(hours=24, minutes=59))]
    await at(world, begins + timedelta(hours=25))
    found = await calendar(world, world.consultant, date(2026, 4, 5), date(2026, 4, 5))
    assert [view.id for view in found.nodes] == inside


async def test_consultants_see_their_own_and_managers_and_staff_whose_they_name(
    database: Database, clock: FixedClock
) -> None:
    world = await a_world(database, clock)
    async with building(database, clock) as build:
        colleague = await build.consultant(world.practice_id)
        stranger = await build.consultant(await build.practice())
        elsewhere = await build.case(await build.client(), world.organisation_id, stranger.practice_id or "")
        foreign = await build.appointment(elsewhere.id, stranger)
    theirs = await at(world, clock.now(), by=colleague)
    own = {view.id for view in (await calendar(world, world.consultant, MONDAY, MONDAY)).nodes}
    assert len(own) == 4
    for by in (world.manager, world.practice_integrator):
        assert {view.id for view in (await calendar(world, by, MONDAY, MONDAY)).nodes} == own | {theirs}
    for by in (world.staff, world.integrator):
        assert {view.id for view in (await calendar(world, by, MONDAY, MONDAY)).nodes} == own | {theirs, foreign}
    for by, consultant, seen in (
        (world.manager, colleague, {theirs}),
        (world.manager, stranger, set()),
        (world.staff, stranger, {foreign}),
        (world.consultant, world.consultant, own),
        (world.consultant, colleague, set()),
    ):
        found = await calendar(world, by, MONDAY, MONDAY, consultant_id=consultant.consultant_id)
        assert {view.id for view in found.nodes} == seen
        assert found.total_count == len(seen)
    for unknown in (NOBODY, "con\x00", ""):
        assert (await calendar(world, world.staff, MONDAY, MONDAY, consultant_id=unknown)).nodes == []


async def test_roles_without_a_calendar_are_told_so_whatever_is_on_it(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    for by in (world.reviewer, world.clinical_reviewer, world.organisation_integrator):
        with pytest.raises(Forbidden):
            await calendar(world, by, MONDAY, MONDAY)


async def test_up_to_62_days_can_be_asked_for_in_the_order_of_time(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    assert (await calendar(world, world.consultant, MONDAY, MONDAY + timedelta(days=61))).total_count == 4
    for first, last in (
        (MONDAY, MONDAY + timedelta(days=62)),
        (MONDAY, MONDAY - timedelta(days=1)),
        (date.min, date.max),
        (date.max, date.min),
    ):
        with pytest.raises(Malformed) as raised:
            await calendar(world, world.consultant, first, last)
        assert raised.value.path == ("to",)


async def test_the_ends_of_the_calendar_are_refused_and_no_fault(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    for first, last in ((date.min, date.min), (date.max, date.max)):
        for zone in ("Pacific/Auckland", "Pacific/Honolulu", "UTC"):
            async with building(database, clock) as build:
                traveller = await build.consultant(world.practice_id, time_zone=zone)
            try:
                found = await calendar(world, traveller, first, last)
            except Malformed as refusal:
                assert refusal.path == ("to",)  # noqa: PT017 - either way is right
            else:
                assert found.nodes == []


async def test_a_calendar_of_a_role_that_may_not_identify_shows_nobody(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    found = await calendar(world, world.integrator, MONDAY, MONDAY)
    assert {view.client.display_name for view in found.nodes} == {"Confidential"}
