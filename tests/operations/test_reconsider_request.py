"""Reconsideration: once, in time, for no more than was refused; and a request like any other to the organisation."""

import asyncio
import dataclasses
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from models import tables
from models.database import Database
from models.keyring import Keyring
from models.operations.decision import Verdict, decide
from models.queries.agreements import terms_of
from models.queries.request_lists import RequestFilter, RequestOrder, read_requests
from models.rules.lifecycle import Move
from models.rules.refusals import (
    AlreadyReconsidered,
    CaseClosed,
    ConsentMissing,
    DateNotToday,
    IdempotencyKeyReused,
    NoSessions,
    NotAllowed,
    NotFound,
    NothingRefused,
    OpenRequestExists,
    Refusal,
    RequestorNotAllowed,
    TextInvalid,
    TextMissing,
    TextTooLong,
    TooLate,
    TooManySessions,
)
from models.rules.request_form import CONSENT_WORDING
from models.rules.vocabulary import (
    DeadlineKind,
    EventType,
    ReferralPathwayKind,
    Requestor,
    RequestStatus,
    Role,
)
from models.views.want import Page, asking
from tests.builders import World, a_world, confirmed, new_terms, released, submitted
from tests.clock import FixedClock
from tests.operations.acting import approve, close, confirm, decline, reconsider, release, revise, submit, withdraw
from tests.operations.ledger import changes_nothing, events, refused, rows, the_request
from tests.queries.asked import REQUEST, a_list_of, read
from tests.rows import building

ANSWERS = asking(
    "status", "version", "reconsideration_of", goal=asking("statement"), referral_pathway=asking("kind", "detail")
)


async def declined(world: World, **changes: Any) -> str:
    request_id = await released(world, **changes)
    await decline(world, request_id)
    return request_id


async def clinically_declined(world: World) -> str:
    """Return a request that the clinical reviewer has declined; the organisation never learns of it."""
    async with building(world.database, world.clock) as build:
        status = RequestStatus.CLINICAL_REVIEW
        request = await build.request(
            world.case, world.consultant, status=status, needs_clinical_review=True, appointment_id=world.appointment_id
        )
    async with world.database.transaction() as session:
        found = await session.get_one(tables.ExtraSessionsRequest, request.id)
        verdict = Verdict(Move.DECLINE_CLINICALLY)
        terms = await terms_of(session, found)
        await decide(session, found, verdict, terms=terms, by=world.clinical_reviewer, now=world.clock.now())
    return request.id


async def test_a_declined_request_is_asked_for_again_as_a_new_request(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    old = await declined(world)
    promised = await jobs_of(world)
    clock.advance(timedelta(days=1))
    view = await reconsider(
        world,
        old,
        sessions_requested=3,
        goal_statement=" Anew ",
        pathway_kind=ReferralPathwayKind.PRIVATE,
        pathway_detail=None,
        want=ANSWERS,
    )
    assert (view.status, view.version, view.goal.statement) == (RequestStatus.SUBMITTED, 1, "Anew")
    assert (view.referral_pathway.kind, view.referral_pathway.detail) == (ReferralPathwayKind.PRIVATE, None)
    assert view.reconsideration_of is not None
    assert view.reconsideration_of.id == old
    row, before = await the_request(world, view.id), await the_request(world, old)
    assert (row.reconsideration_of, row.appointment_id, row.case_id) == (old, world.appointment_id, world.case.id)
    assert (row.sessions_requested, row.sessions_released, row.entitled_sessions) == (3, 3, 6)
    assert (row.consent_by, row.consent_at, row.consent_wording) == (
        world.consultant.account_id,
        clock.now(),
        CONSENT_WORDING,
    )
    assert row.reference != before.reference
    assert (before.status, before.version) == (RequestStatus.DECLINED, 4)
    assert (await events(world))[-1] is EventType.SUBMITTED
    assert await jobs_of(world) - promised == Counter(["watch_deadline"])
    (due,) = [each for each in await rows(database, tables.Deadline) if each.request_id == view.id]
    assert (due.kind, due.due_at) == (DeadlineKind.CONFIRMATION, clock.now() + timedelta(hours=48))


async def test_an_approval_for_fewer_leaves_the_rest_to_be_asked_for(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    old = await released(world, sessions_requested=4)
    await approve(world, old, sessions_granted=1)
    async with refused(world, TooManySessions) as raised:
        await reconsider(world, old, sessions_requested=4)
    assert raised.value.path == ("sessionsRequested",)
    view = await reconsider(world, old, sessions_requested=3)
    assert view.status is RequestStatus.SUBMITTED


async def test_what_the_consultant_asked_counts_and_not_what_was_released(
    database: Database, clock: FixedClock
) -> None:
    world = await a_world(database, clock)
    old = await confirmed(world, sessions_requested=4)
    await alter(database, old, sessions_released=2)  # as an endorsement for fewer leaves it
    await release(world, old)
    await approve(world, old)
    assert (await reconsider(world, old, sessions_requested=2)).status is RequestStatus.SUBMITTED


async def test_a_clinical_decline_is_reconsidered_too(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    old = await clinically_declined(world)
    async with refused(world, TooManySessions):
        await reconsider(world, old, sessions_requested=4)
    view = await reconsider(world, old, sessions_requested=3)
    assert (await the_request(world, view.id)).reconsideration_of == old


async def test_the_agreement_of_today_says_how_many_at_most(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    old = await declined(world, sessions_requested=4)
    await new_terms(world, maximum_sessions=2)
    async with refused(world, TooManySessions):
        await reconsider(world, old, sessions_requested=3)
    view = await reconsider(world, old, sessions_requested=2)
    assert (await the_request(world, view.id)).agreement_id != (await the_request(world, old)).agreement_id


async def test_an_imported_request_without_an_appointment_can_be_reconsidered(
    database: Database, clock: FixedClock
) -> None:
    world = await a_world(database, clock)
    decided = {"decided_at": clock.now(), "decided_on": date(2026, 11, 23)}
    async with building(database, clock) as build:
        old = await build.request(world.case, world.consultant, status=RequestStatus.DECLINED, **decided)
    assert (await the_request(world, (await reconsider(world, old.id)).id)).appointment_id is None


@pytest.mark.parametrize(
    ("now", "in_time"),
    [
        (datetime(2026, 12, 7, 12, 59, 59, 999_999, tzinfo=UTC), True),  # a moment to midnight in Melbourne
        (datetime(2026, 12, 7, 13, tzinfo=UTC), False),
    ],
)
async def test_the_tenth_business_day_of_the_organisation_is_the_last(
    database: Database, clock: FixedClock, now: datetime, *, in_time: bool
) -> None:
    world = await a_world(database, clock, consultant_zone="Australia/Perth")
    old = await declined(world)
    clock.set(now)
    if in_time:
        assert (await reconsider(world, old)).status is RequestStatus.SUBMITTED
        return
    async with refused(world, TooLate) as raised:
        await reconsider(world, old)
    assert "2026-12-07" in raised.value.message


async def test_the_days_are_counted_by_the_decided_requests_own_calendar(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock, added_dates=["2026-11-30"])
    old = await declined(world)
    await new_terms(world, added_dates=[])
    clock.set(datetime(2026, 12, 8, 3, tzinfo=UTC))
    assert (await reconsider(world, old)).status is RequestStatus.SUBMITTED


async def test_nothing_is_reconsidered_that_was_not_refused(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    request_id = await submitted(world)
    for step in (confirm, release, approve):
        async with refused(world, NothingRefused):
            await reconsider(world, request_id)
        await step(world, request_id)
    async with refused(world, NothingRefused):
        await reconsider(world, request_id)
    ended = await submitted(world)
    await withdraw(world, ended)
    async with refused(world, NothingRefused):
        await reconsider(world, ended)


async def test_it_is_asked_for_once_whatever_came_of_it(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    old = await declined(world)
    again = await reconsider(world, old)
    async with refused(world, AlreadyReconsidered):
        await reconsider(world, old)
    await withdraw(world, again.id)
    async with refused(world, AlreadyReconsidered):
        await reconsider(world, old)


async def test_a_reconsideration_is_not_itself_reconsidered(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    again = await reconsider(world, await declined(world))
    await confirm(world, again.id)
    await release(world, again.id)
    await decline(world, again.id)
    async with refused(world, AlreadyReconsidered):
        await reconsider(world, again.id)


async def test_it_needs_an_open_case_without_an_open_request(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    old = await declined(world)
    other = await submit(world)
    async with refused(world, OpenRequestExists):
        await reconsider(world, old)
    await withdraw(world, other.id)
    await close(world)
    async with refused(world, CaseClosed):
        await reconsider(world, old)


REFUSED: list[tuple[dict[str, Any], type[Refusal], tuple[str, ...]]] = [
    ({"requestor": Requestor.CLIENT}, RequestorNotAllowed, ("requestor",)),
    ({"date_of_request": date(2026, 11, 22)}, DateNotToday, ("dateOfRequest",)),
    ({"client_consents": False}, ConsentMissing, ("clientConsents",)),
    ({"sessions_requested": 0}, NoSessions, ("sessionsRequested",)),
    ({"sessions_requested": 4}, TooManySessions, ("sessionsRequested",)),
    ({"goal_statement": " "}, TextMissing, ("goal", "statement")),
    ({"goal_statement": "x" * 2_001}, TextTooLong, ("goal", "statement")),
    ({"pathway_detail": "Dr\x07Osei"}, TextInvalid, ("referralPathway", "detail")),
]


async def test_the_form_is_held_to_what_every_form_is(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    old = await declined(world)
    for changes, refusal, path in REFUSED:
        async with refused(world, refusal) as raised:
            await reconsider(world, old, **changes)
        assert raised.value.path == path, changes
    for nobodys in ("", "req_AAAAAAAAAAAAAAAAAAAAAA", "req\x00"):
        async with refused(world, NotFound) as missing:
            await reconsider(world, nobodys)
        assert missing.value.path == ("requestId",)


async def test_only_a_consultant_with_an_appointment_on_the_case_asks(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    old = await declined(world)
    for actor in world.everybody:
        if actor.role is not Role.CONSULTANT:
            async with refused(world, NotAllowed):
                await reconsider(world, old, by=actor)
    async with building(database, clock) as build:
        colleague = await build.consultant(world.practice_id)
    async with refused(world, NotFound):
        await reconsider(world, old, by=colleague)
    async with building(database, clock) as build:
        await build.appointment(world.case.id, colleague)
    view = await reconsider(world, old, by=colleague)
    assert (await the_request(world, view.id)).consultant_id == colleague.consultant_id


async def test_no_revision_and_no_confirm_asks_for_more_than_was_refused(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    old = await released(world, sessions_requested=4)
    await approve(world, old, sessions_granted=2)
    again = await reconsider(world, old, sessions_requested=1)
    async with refused(world, TooManySessions) as raised:
        await revise(world, again.id, sessions_requested=3)
    assert raised.value.path == ("sessionsRequested",)
    assert (await revise(world, again.id, sessions_requested=2)).version == 2
    await alter(database, again.id, sessions_requested=3)
    async with refused(world, TooManySessions) as raised:
        await confirm(world, again.id)
    assert raised.value.path == ("requestId",)
    await alter(database, again.id, sessions_requested=2)
    assert (await confirm(world, again.id)).status is RequestStatus.ORGANISATION_REVIEW


async def test_a_reconsideration_goes_the_full_path_and_adds_its_own_sessions(
    database: Database, clock: FixedClock
) -> None:
    world = await a_world(database, clock)
    old = await released(world)
    await approve(world, old, sessions_granted=1)
    again = await reconsider(world, old, sessions_requested=2)
    await confirm(world, again.id)
    await release(world, again.id)
    assert (await approve(world, again.id)).status is RequestStatus.APPROVED
    assert sorted(grant.sessions for grant in await rows(database, tables.SessionGrant)) == [1, 2]


async def test_an_organisation_sees_two_requests_that_nothing_ties_together(
    database: Database, clock: FixedClock
) -> None:
    """Beside a reconsideration stands a first request of another case, made the same way: they look alike."""
    world = await a_world(database, clock)
    old = await declined(world, sessions_requested=2)
    async with building(database, clock) as build:
        case = await build.case(await build.client(), world.organisation_id, world.practice_id)
        appointment = await build.appointment(case.id, world.consultant)
    clock.advance(timedelta(days=1))
    first = await released(world, appointment_id=appointment, sessions_requested=2)
    again = (await reconsider(world, old, sessions_requested=2)).id
    await confirm(world, again)
    await release(world, again)
    everything = {"filtered": RequestFilter(), "order": RequestOrder(), "page": Page(10), "want": a_list_of(REQUEST)}
    for by in (world.reviewer, world.organisation_integrator):
        found = await read(database, clock, by, read_requests, **everything)
        seen = {view.id: shown(view) for view in found.nodes}
        assert set(seen) == {old, first, again}
        assert seen[again] == seen[first]
        assert seen[again]["reconsideration_of"] is None


def shown(view: Any) -> dict[str, Any]:
    """Return all that a view holds but what is drawn at random."""
    names = {name for name in REQUEST.names if hasattr(view, name)} - {"id", "reference", "client"}
    plain = {name: getattr(view, name) for name in names}
    return plain | {"organisation": view.organisation.id, "client": view.client.display_name}


async def test_a_repeat_gives_the_request_that_was_made(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    old = await declined(world)
    first = await reconsider(world, old, idempotency_key="once")
    async with changes_nothing(database):
        again = await reconsider(world, old, idempotency_key="once")
    assert (again.id, again.status) == (first.id, RequestStatus.SUBMITTED)
    async with refused(world, IdempotencyKeyReused):
        await reconsider(world, old, idempotency_key="once", sessions_requested=2)


async def test_of_many_at_once_one_makes_a_request(
    database: Database, database_url: str, keyring: Keyring, clock: FixedClock
) -> None:
    world = await a_world(database, clock)
    old = await declined(world)
    async with building(database, clock) as build:
        colleague = await build.consultant(world.practice_id)
        await build.appointment(world.case.id, colleague)
    other = Database.open(database_url, keyring)
    worlds = [world, dataclasses.replace(world, database=other)] * 4
    calls: list[Callable[[], Awaitable[Any]]] = [
        lambda each=each, by=by: reconsider(each, old, by=by)  # type: ignore[misc]
        for each in worlds
        for by in (world.consultant, colleague)
    ]
    answers = await asyncio.gather(*(call() for call in calls), return_exceptions=True)
    await other.close()
    counted = Counter(type(each) if isinstance(each, BaseException) else each.status for each in answers)
    assert counted == {RequestStatus.SUBMITTED: 1, AlreadyReconsidered: len(calls) - 1}


async def alter(database: Database, request_id: str, **values: Any) -> None:
    """Change a request behind the product's back."""
    async with database.transaction() as session:
        changed = update(tables.ExtraSessionsRequest).where(tables.ExtraSessionsRequest.id == request_id)
        await session.execute(changed.values(**values))


async def jobs_of(world: World) -> Counter[str]:
    return Counter(row.actor for row in await rows(world.database, tables.Job))
