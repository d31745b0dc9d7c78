"""The event log as each role may be told of it: complete, in order, behind cursors that tell nothing."""

from datetime import timedelta
from typing import Any

import pytest

from models.actor import SYSTEM, Actor
from models.database import Database
from models.events import record, record_of_case
from models.locks import lock_request
from models.queries.events import EVERYTHING, EventFilter, read_events
from models.rules.refusals import Malformed
from models.rules.replay import CursorExpired
from models.rules.vocabulary import DeadlineKind, EventType, MailKind, Role
from models.views.event import EventPage
from models.views.want import Page, Want, asking
from tests.builders import World, a_world, confirmed, released
from tests.clock import FixedClock
from tests.operations.acting import approve, close, release
from tests.queries.asked import CASE, CLIENT, REQUEST, listening, read
from tests.queries.columns import all_forbidden

E = EventType
NODE = asking(
    *("cursor", "type", "occurred_on", "occurred_at", "deadline", "mail"),
    request=asking("id", "reference", "status", client=CLIENT),
    case=asking("id", "number"),
    appointment=asking("id", "status"),
)
ALL = Page(100)
WANT = asking("page_info", nodes=NODE)
EVERYBODY = (
    *("consultant", "manager", "reviewer", "clinical_reviewer", "staff"),
    *("integrator", "practice_integrator", "organisation_integrator"),
)
SUBMITTED, CONFIRMED, RELEASED, APPROVED = E.SUBMITTED, E.CONFIRMED, E.RELEASED, E.APPROVED
WITHDRAWN, OVERDUE = E.WITHDRAWN, E.DEADLINE_OVERDUE


@pytest.fixture
async def world(database: Database, clock: FixedClock) -> World:
    return await a_world(database, clock)


async def events_of(
    world: World, by: Actor, *, filtered: EventFilter = EVERYTHING, page: Page = ALL, want: Want = WANT, **more: Any
) -> EventPage:
    return await read(world.database, world.clock, by, read_events, filtered=filtered, page=page, want=want, **more)


def types(page: EventPage) -> list[EventType]:
    return [event.type for event in page.nodes]


async def test_staff_are_told_of_all_in_the_order_in_which_it_was_committed(world: World) -> None:
    request_id = await released(world)
    await approve(world, request_id)

    page = await events_of(world, world.staff)

    assert types(page) == [SUBMITTED, CONFIRMED, RELEASED, APPROVED]
    assert {event.request.id for event in page.nodes if event.request} == {request_id}
    assert {event.case.id for event in page.nodes if event.case} == {world.case.id}
    assert [event.occurred_at for event in page.nodes] == sorted(event.occurred_at for event in page.nodes)  # type: ignore[type-var]


async def test_an_organisation_is_told_from_the_release_on_and_by_the_day(world: World) -> None:
    request_id = await confirmed(world)
    for who in (world.reviewer, world.organisation_integrator):
        assert types(await events_of(world, who)) == []

    await release(world, request_id)
    await approve(world, request_id)

    for who in (world.reviewer, world.organisation_integrator):
        page = await events_of(world, who)
        assert types(page) == [RELEASED, APPROVED]
        assert {event.occurred_at for event in page.nodes} == {None}
        assert {event.case for event in page.nodes} == {None}
        assert {event.request.client.display_name for event in page.nodes if event.request} == {"Confidential"}


async def test_nothing_that_an_organisation_asks_for_names_a_moment_or_what_links(world: World) -> None:
    await approve(world, await released(world))

    whole = asking("page_info", nodes=asking(*NODE.names, request=REQUEST, case=CASE, appointment=asking("id")))
    with listening() as heard:
        for filtered in (EVERYTHING, EventFilter(types=(RELEASED,)), EventFilter(request_id="req_x", case_id="case_x")):
            page = await events_of(world, world.reviewer, filtered=filtered, want=whole)
            await events_of(world, world.reviewer, page=Page(1, page.page_info.end_cursor), want=whole)

    assert heard
    assert not all_forbidden(heard)


@pytest.mark.parametrize("who", EVERYBODY)
async def test_nobody_is_told_of_what_is_outside_their_scope(
    world: World, database: Database, clock: FixedClock, who: str
) -> None:
    other = await a_world(database, clock)
    theirs, others = await released(world), await released(other)
    async with database.transaction() as session:
        for each in (world, other):
            record_of_case(session, EventType.CASE_CHANGED, each.case.id, by=each.staff, at=clock.now())

    told = await events_of(world, getattr(world, who))

    seen = {event.request.id for event in told.nodes if event.request}
    cases = {event.case.id for event in told.nodes if event.case}
    if who in {"staff", "integrator"}:
        assert (seen, cases) == ({theirs, others}, {world.case.id, other.case.id})
    elif who == "clinical_reviewer":
        assert (seen, cases) == (set(), set()), "neither needs a clinical review"
    else:
        assert seen == {theirs}
        assert cases == (set() if told.nodes[0].occurred_at is None else {world.case.id})
        assert (EventType.CASE_CHANGED in types(told)) == (told.nodes[0].occurred_at is not None)


async def test_a_release_that_the_snapshot_has_and_the_moment_before_it_has_not_is_shown_with_its_request(
    world: World, clock: FixedClock
) -> None:
    """The moment is taken before a connection is free: what is committed in between is told of, and must be whole."""
    request_id = await released(world)
    clock.set(clock.now() - timedelta(seconds=30))

    [event] = (await events_of(world, world.organisation_integrator)).nodes

    assert event.type is RELEASED
    assert event.request is not None
    assert event.request.id == request_id


async def test_an_account_without_a_scope_is_told_nothing(world: World) -> None:
    await released(world)

    assert types(await events_of(world, Actor("acc_x", "Nobody", Role.ORG_REVIEWER))) == []


async def test_what_became_of_a_mail_and_which_deadline_passed_is_told_with_it(world: World) -> None:
    request_id = await released(world)
    async with world.database.transaction() as session:
        request = await lock_request(session, request_id, SYSTEM, now=world.clock.now())
        at = world.clock.now()
        record(session, EventType.MAIL_ACCEPTED, request, by=SYSTEM, at=at, detail=MailKind.RECEIVED)
        record(session, OVERDUE, request, by=SYSTEM, at=at, on=at.date(), detail=DeadlineKind.DECISION)
        record(session, OVERDUE, request, by=SYSTEM, at=at, detail=DeadlineKind.RELAY)

    def told(page: EventPage) -> list[tuple[Any, ...]]:
        return [(event.type, event.mail, event.deadline) for event in page.nodes if event.mail or event.deadline]

    deadlines = [(OVERDUE, None, DeadlineKind.DECISION), (OVERDUE, None, DeadlineKind.RELAY)]
    mail = (EventType.MAIL_ACCEPTED, MailKind.RECEIVED, None)
    assert told(await events_of(world, world.staff)) == [mail, *deadlines]
    assert told(await events_of(world, world.consultant)) == deadlines
    assert told(await events_of(world, world.reviewer)) == deadlines[:1]


async def test_an_event_of_an_appointment_shows_it_with_its_case(world: World) -> None:
    async with world.database.transaction() as session:
        record_of_case(
            session,
            EventType.APPOINTMENT_CHANGED,
            world.case.id,
            by=SYSTEM,
            at=world.clock.now(),
            appointment_id=world.appointment_id,
        )

    (event,) = (await events_of(world, world.practice_integrator)).nodes

    assert event.appointment is not None
    assert event.case is not None
    assert (event.appointment.id, event.case.id, event.request) == (world.appointment_id, world.case.id, None)


@pytest.mark.parametrize("who", EVERYBODY)
async def test_pages_of_any_length_put_together_are_the_whole(world: World, who: str) -> None:
    for _ in range(3):
        await approve(world, await released(world, sessions_requested=1))
    whole = types(await events_of(world, getattr(world, who)))

    for length in (1, 2, 5):
        put_together, after = [], None
        while True:
            page = await events_of(world, getattr(world, who), page=Page(length, after))
            put_together += types(page)
            assert len(page.nodes) <= length
            after = page.page_info.end_cursor
            if not page.page_info.has_next_page:
                break
        assert put_together == whole


async def test_an_empty_page_says_where_to_go_on_and_what_happens_then_follows(world: World) -> None:
    empty = await events_of(world, world.reviewer)
    assert empty.page_info.end_cursor is not None
    again = await events_of(world, world.reviewer, page=Page(10, empty.page_info.end_cursor))

    await released(world)

    for cursor in (empty.page_info.end_cursor, again.page_info.end_cursor):
        assert types(await events_of(world, world.reviewer, page=Page(10, cursor))) == [RELEASED]


async def test_a_filter_narrows_by_what_the_actor_is_shown(world: World) -> None:
    first = await released(world)
    await approve(world, first)
    second = await released(world)
    await close(world)

    async def found(by: Actor, **filtered: Any) -> list[EventType]:
        return types(await events_of(world, by, filtered=EventFilter(**filtered)))

    assert await found(world.reviewer, types=(WITHDRAWN,)) == [WITHDRAWN]
    assert await found(world.reviewer, types=(EventType.CANCELLED, SUBMITTED)) == []
    assert await found(world.staff, types=(EventType.CANCELLED, WITHDRAWN)) == [EventType.CANCELLED]
    assert await found(world.reviewer, request_id=first) == [RELEASED, APPROVED]
    assert await found(world.reviewer, request_id="req_nowhere\0") == []
    assert await found(world.reviewer, case_id=world.case.id) == []
    assert len(await found(world.staff, case_id=world.case.id)) == len(await found(world.staff))
    assert await found(world.staff, case_id=world.case.id, request_id=second, types=(RELEASED,)) == [RELEASED]


async def test_a_cursor_is_good_for_one_scope_whoever_asks(world: World, database: Database, clock: FixedClock) -> None:
    other = await a_world(database, clock)
    await released(world)
    cursor = (await events_of(world, world.reviewer)).page_info.end_cursor
    page = Page(10, cursor)

    assert types(await events_of(world, world.second_reviewer, page=page)) == []
    for who in (world.staff, world.consultant, world.organisation_integrator, other.reviewer):
        with pytest.raises(Malformed):
            await events_of(world, who, page=page)
    for forged in ("", "x", "AAAA", f"{cursor}A"):
        with pytest.raises(Malformed):
            await events_of(world, world.reviewer, page=Page(10, forged))


async def test_a_cursor_expires_by_its_age_alone_and_the_log_begins_where_one_would(world: World) -> None:
    await approve(world, await released(world))
    month = timedelta(days=30)
    pages = {who: await events_of(world, getattr(world, who)) for who in ("staff", "reviewer")}

    world.clock.advance(month + timedelta(days=3))

    for who, page in pages.items():
        by = getattr(world, who)
        for cursor in (page.page_info.start_cursor, page.page_info.end_cursor):
            with pytest.raises(CursorExpired, match="30 days"):
                await events_of(world, by, page=Page(10, cursor), window=month)
            await events_of(world, by, page=Page(10, cursor), window=2 * month)
        assert types(await events_of(world, by, window=month)) == []
        assert types(await events_of(world, by, window=2 * month)) == types(page)
        new = (await events_of(world, by, window=month)).page_info.end_cursor
        world.clock.advance(month - timedelta(days=1))
        await events_of(world, by, page=Page(10, new), window=month)
        world.clock.advance(timedelta(days=1) - month)


async def test_cursors_are_of_one_length_and_tell_no_place(world: World) -> None:
    for _ in range(4):
        await approve(world, await released(world, sessions_requested=1))

    pages = [await events_of(world, by) for by in (world.staff, world.reviewer, world.reviewer)]
    cursors = [event.cursor for page in pages for event in page.nodes]

    assert len(set(cursors)) == len(cursors)
    assert len({len(cursor) for cursor in cursors}) == 1
    assert cursors != sorted(cursors)
