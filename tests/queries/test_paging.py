"""Every list pages through each row once, in order, by cursors that open in that list and for that account alone."""

from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from models.actor import Actor
from models.database import Database
from models.queries.appointments import read_calendar
from models.queries.cases import case_by_id
from models.queries.request_lists import (
    RequestFilter,
    RequestOrder,
    RequestOrderField,
    read_requests,
    read_review_queue,
)
from models.rules.refusals import Malformed
from models.rules.vocabulary import Outcome, RequestStatus
from models.tables import Organisation
from models.views.connection import Connection
from models.views.want import Page, Want, asking, page
from tests.builders import World, a_world, confirmed, submitted
from tests.clock import FixedClock
from tests.queries.asked import a_list_of, read
from tests.rows import building

ROWS = 7
LIST = a_list_of(asking("id"))
Turn = Callable[[World, Actor, Page], Awaitable[Connection[Any]]]


async def calendar(world: World, by: Actor, asked: Page) -> Connection[Any]:
    days = (date(2026, 11, 20), date(2026, 12, 20))
    arguments: dict[str, Any] = {"days": days, "consultant_id": None, "page": asked, "want": LIST}
    return await read(world.database, world.clock, by, read_calendar, **arguments)


async def review_queue(world: World, by: Actor, asked: Page) -> Connection[Any]:
    return await read(world.database, world.clock, by, read_review_queue, page=asked, want=LIST)


async def requests(world: World, by: Actor, asked: Page, *options: Any) -> Connection[Any]:
    order = RequestOrder(*options)
    arguments: dict[str, Any] = {"filtered": RequestFilter(), "order": order, "page": asked, "want": LIST}
    return await read(world.database, world.clock, by, read_requests, **arguments)


async def oldest(world: World, by: Actor, asked: Page) -> Connection[Any]:
    return await requests(world, by, asked, RequestOrderField.RECEIVED, False)  # noqa: FBT003 - a dataclass's field


async def due_first(world: World, by: Actor, asked: Page) -> Connection[Any]:
    return await requests(world, by, asked, RequestOrderField.DECISION_DUE, False)  # noqa: FBT003 - the same


async def due_last(world: World, by: Actor, asked: Page) -> Connection[Any]:
    return await requests(world, by, asked, RequestOrderField.DECISION_DUE, True)  # noqa: FBT003 - the same


async def of_case(world: World, by: Actor, asked: Page, name: str, field: str) -> Connection[Any]:
    want = Want(pages={name: {asked: LIST}})
    case = await read(world.database, world.clock, by, case_by_id, world.case.id, want)
    assert case is not None
    found: Connection[Any] = getattr(case, field)[asked]
    return found


async def appointments_of_a_case(world: World, by: Actor, asked: Page) -> Connection[Any]:
    return await of_case(world, by, asked, "appointments", "appointment_pages")


async def requests_of_a_case(world: World, by: Actor, asked: Page) -> Connection[Any]:
    return await of_case(world, by, asked, "requests", "request_pages")


LISTS: list[tuple[Turn, str]] = [
    (calendar, "consultant"),
    (calendar, "staff"),
    (review_queue, "reviewer"),
    (requests, "staff"),
    (requests, "reviewer"),
    (oldest, "reviewer"),
    (oldest, "consultant"),
    (due_first, "reviewer"),
    (due_first, "staff"),
    (due_last, "staff"),
    (appointments_of_a_case, "consultant"),
    (requests_of_a_case, "consultant"),
]


async def test_every_list_pages_through_each_row_exactly_once_and_in_order(
    database: Database, clock: FixedClock
) -> None:
    world = await a_full_world(database, clock)
    for turn, who in LISTS:
        by = getattr(world, who)
        whole = await turn(world, by, Page(100))
        assert not whole.page_info.has_next_page
        ids = [view.id for view in whole.nodes]
        assert len(ids) == len(set(ids)) == whole.total_count, (turn.__name__, who)
        assert len(ids) >= ROWS
        for size in (1, 3):
            assert await turned(turn, world, by, size) == ids, (turn.__name__, who, size)


async def test_rows_that_come_and_go_meanwhile_move_no_page(database: Database, clock: FixedClock) -> None:
    world = await a_full_world(database, clock)
    whole = [view.id for view in (await oldest(world, world.staff, Page(100))).nodes]
    first = await oldest(world, world.staff, Page(3))
    async with building(database, clock) as build:
        case = await build.case(await build.client(), world.organisation_id, world.practice_id)
        await build.request(case, world.consultant, submitted_at=clock.now() - timedelta(days=90))
    second = await oldest(world, world.staff, Page(100, first.page_info.end_cursor))
    assert [view.id for view in (*first.nodes, *second.nodes)] == whole


async def test_a_cursor_opens_in_its_own_list_and_for_its_own_account_alone(
    database: Database, clock: FixedClock
) -> None:
    world = await a_full_world(database, clock)
    cursor = (await requests(world, world.staff, Page(2))).page_info.end_cursor
    assert cursor is not None
    assert (await requests(world, world.staff, Page(2, cursor))).nodes
    elsewhere: list[tuple[Turn, Actor]] = [(oldest, world.staff), (due_first, world.staff), (review_queue, world.staff)]
    elsewhere += [(calendar, world.staff), (requests, world.reviewer), (requests, world.integrator)]
    elsewhere += [(requests_of_a_case, world.staff), (appointments_of_a_case, world.staff)]
    for turn, by in elsewhere:
        with pytest.raises(Malformed) as raised:
            await turn(world, by, Page(2, cursor))
        assert raised.value.path == ("after",)


@pytest.mark.parametrize("cursor", ["", "x", "AAAA", "\x00", "\ud800", "Zm9v" * 40, "=" * 7, "é"])
async def test_what_is_no_cursor_is_refused(database: Database, clock: FixedClock, cursor: str) -> None:
    world = await a_world(database, clock)
    for turn in (requests, requests_of_a_case):
        with pytest.raises(Malformed) as raised:
            await turn(world, world.staff, Page(2, cursor))
        assert raised.value.path == ("after",)


async def test_a_forged_cursor_is_refused(database: Database, clock: FixedClock) -> None:
    world = await a_full_world(database, clock)
    cursor = (await requests(world, world.staff, Page(2))).page_info.end_cursor or ""
    other = "A" if cursor[20] != "A" else "B"
    with pytest.raises(Malformed):
        await requests(world, world.staff, Page(2, cursor[:20] + other + cursor[21:]))


async def test_two_cursors_of_one_row_differ_so_that_nobody_can_compare_them(
    database: Database, clock: FixedClock
) -> None:
    world = await a_full_world(database, clock)
    cursors = {(await requests(world, world.reviewer, Page(2))).page_info.end_cursor for _ in range(3)}
    assert len(cursors) == 3


@pytest.mark.parametrize("first", [0, -1, 101, 2**31])
async def test_a_page_of_none_or_too_many_is_refused(database: Database, clock: FixedClock, first: int) -> None:
    world = await a_world(database, clock)
    for turn, who in LISTS:
        with pytest.raises(Malformed) as raised:
            await turn(world, getattr(world, who), Page(first))
        assert raised.value.path == ("first",)


async def test_an_empty_list_is_one_empty_page(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    for by in (world.reviewer, world.manager, world.integrator):
        found = await review_queue(world, by, Page(5))
        assert (found.nodes, found.page_info.end_cursor, found.page_info.has_next_page) == ([], None, False)


def test_a_page_has_its_usual_length_unless_the_caller_names_one() -> None:
    assert (page(None, 20, None), page(5, 20, "x")) == (Page(20), Page(5, "x"))


async def test_an_organisation_below_its_smallest_headcount_is_told_no_counts(
    database: Database, clock: FixedClock
) -> None:
    world = await a_full_world(database, clock)
    for headcount, told in ((30, True), (29, False), (None, False)):
        async with database.transaction() as session:
            await session.execute(update(Organisation).values(headcount=headcount))
        for by in (world.reviewer, world.organisation_integrator):
            assert ((await requests(world, by, Page(5))).total_count is not None) is told
        assert (await requests(world, world.staff, Page(5))).total_count is not None


async def test_a_filter_speaks_of_what_its_reader_is_shown(database: Database, clock: FixedClock) -> None:
    world = await a_full_world(database, clock)

    async def found(by: Actor, *statuses: RequestStatus, outcome: Outcome | None = None) -> list[RequestStatus]:
        chosen = RequestFilter(statuses or None, outcome)
        want = asking("total_count", nodes=asking("status"))
        listed = await read(
            database, clock, by, read_requests, filtered=chosen, order=RequestOrder(), page=Page(100), want=want
        )
        assert listed.total_count == len(listed.nodes)
        return [view.status for view in listed.nodes]

    withdrawn, cancelled = RequestStatus.WITHDRAWN, RequestStatus.CANCELLED
    assert await found(world.reviewer, withdrawn) == [withdrawn] * 2
    assert await found(world.reviewer, cancelled) == []
    assert sorted(await found(world.staff, withdrawn, cancelled)) == [cancelled, withdrawn]
    assert await found(world.staff, cancelled) == [cancelled]
    for by in (world.reviewer, world.staff):
        assert await found(by, outcome=Outcome.DECLINED) == [RequestStatus.DECLINED]
        assert await found(by, withdrawn, outcome=Outcome.DECLINED) == []


async def a_full_world(database: Database, clock: FixedClock) -> World:
    """Build a world whose lists have ties in every order, rows without a due day, and requests in several states."""
    world = await a_world(database, clock)
    ended = [RequestStatus.WITHDRAWN, RequestStatus.CANCELLED, RequestStatus.DECLINED]
    async with building(database, clock) as build:
        for number in range(ROWS):
            case = await build.case(await build.client(), world.organisation_id, world.practice_id)
            when = build.at + timedelta(days=number // 3)
            await build.appointment(case.id, world.consultant, starts_at=when)
            await build.appointment(world.case.id, world.consultant, starts_at=when)
            known = build.at - timedelta(days=number // 2)
            moments = {"submitted_at": when - timedelta(days=60), "released_at": known, "released_on": known.date()}
            status = RequestStatus.ORGANISATION_REVIEW
            await build.request(case, world.consultant, status=status, decision_due_at=when, **moments)
            over = ended[number] if number < len(ended) else RequestStatus.EXPIRED
            hidden = {"released_at": None} if over is RequestStatus.EXPIRED else moments
            await build.request(world.case, world.consultant, status=over, **hidden)
    return world


async def test_requests_that_are_not_due_come_last_in_both_directions(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    due = await confirmed(world)
    other = await a_world(database, clock)
    undue = await submitted(other)
    for turn in (due_first, due_last):
        found = await turn(world, world.staff, Page(100))
        assert [view.id for view in found.nodes] == [due, undue]


async def turned(turn: Turn, world: World, by: Actor, size: int) -> list[str]:
    """Page through a list from its start to its end and return the ids; a list that never ends is a failure."""
    ids: list[str] = []
    asked = Page(size)
    for _ in range(100):
        found = await turn(world, by, asked)
        assert len(found.nodes) <= size
        assert found.page_info.has_previous_page is (asked.after is not None)
        ids += [view.id for view in found.nodes]
        if not found.page_info.has_next_page:
            return ids
        asked = Page(size, found.page_info.end_cursor)
    raise AssertionError(ids)
