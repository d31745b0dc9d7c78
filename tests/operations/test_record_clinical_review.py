"""The clinical reviewer's verdict: ask again, endorse, perhaps for fewer, or decline; no organisation learns of it."""

import asyncio
from datetime import UTC, date, datetime
from typing import Any

import pytest

from models import tables
from models.database import Database
from models.queries.request_lists import RequestFilter, RequestOrder, read_requests
from models.queries.requests import request_of
from models.rules.clinical_review import NotPartOfVerdict, ReasonMissing
from models.rules.refusals import (
    IdempotencyKeyReused,
    NoSessions,
    NotAllowed,
    NotFound,
    NotOpen,
    StaleVersion,
    TextInvalid,
    TextMissing,
    TextTooLong,
    TooManySessions,
    UnknownQuestion,
)
from models.rules.vocabulary import (
    ClinicalDeclineReason,
    ClinicalResult,
    ClinicalVerdict,
    DeadlineKind,
    DecidedBy,
    EventType,
    MailKind,
    ReleaseRule,
    RequestStatus,
    Role,
)
from models.views.request import RequestView
from models.views.want import Page
from tests.builders import World, confirmed, submitted
from tests.clock import FixedClock
from tests.operations.acting import approve, decline, release
from tests.operations.clinical import (
    ASK,
    DECLINE,
    ENDORSE,
    NOTE,
    REASON,
    a_long_case,
    answer,
    in_review,
    mails,
    review,
)
from tests.operations.ledger import changes_nothing, deadlines, events, refused, rows, state_of, the_request
from tests.queries.asked import REQUEST, a_list_of, read
from tests.rows import building

DONE = [EventType.SUBMITTED, EventType.CONFIRMED, EventType.DETAILS_REQUESTED, EventType.DETAILS_ANSWERED]
"""What has happened once a request awaits its clinical review."""
PARTS: dict[ClinicalVerdict, dict[str, Any]] = {ASK: {}, ENDORSE: {}, DECLINE: {"reason": REASON}}


@pytest.fixture
async def world(database: Database, clock: FixedClock) -> World:
    return await a_long_case(database, clock)


# asking again


async def test_asking_again_starts_a_round_with_the_note_and_the_questions_that_were_named(
    world: World, clock: FixedClock
) -> None:
    request_id = await in_review(world)
    clock.set(datetime(2026, 11, 26, 3, tzinfo=UTC))
    view = await review(world, request_id, ASK, questions=("OTHER_CARE", "RISK"), note=NOTE, expected_version=3)
    assert (view.status, view.version) == (RequestStatus.AWAITING_DETAILS, 4)
    _, details = await rows(world.database, tables.FurtherDetails, "round")
    assert (details.round, details.questions) == (2, ["RISK", "OTHER_CARE"]), "in the questionnaire's own order"
    assert (details.asked_at, details.asked_by) == (clock.now(), world.clinical_reviewer.account_id)
    assert (details.answered_at, details.sealed is None) == (None, False)
    assert NOTE.encode() not in details.sealed
    waiting = [row for row in await rows(world.database, tables.Deadline) if row.met_at is None]
    assert [row.kind for row in waiting] == [DeadlineKind.DETAILS]
    assert waiting[0].due_at == datetime(2026, 12, 3, 6, tzinfo=UTC), "five business days from today"
    assert (await deadlines(world))[DeadlineKind.CLINICAL_REVIEW].met_at == clock.now()
    assert (await events(world))[-1] is EventType.DETAILS_REQUESTED
    assert len(await mails(world, MailKind.DETAILS_NEEDED)) == 2
    row = await the_request(world, request_id)
    assert (row.clinical_result, row.clinical_at) == (None, None), "no verdict yet"


@pytest.mark.parametrize("options", [{}, {"note": " \n"}, {"questions": None, "note": None}])
async def test_asking_again_for_no_question_in_particular_asks_all(world: World, options: dict[str, Any]) -> None:
    request_id = await in_review(world)
    await review(world, request_id, ASK, **options)
    first, again = await rows(world.database, tables.FurtherDetails, "round")
    assert (again.questions, again.sealed) == (first.questions, None)
    assert again.asked_by == world.clinical_reviewer.account_id


async def test_it_can_be_asked_twice_and_then_endorsed(world: World) -> None:
    request_id = await in_review(world)
    for _ in range(2):
        await review(world, request_id, ASK, questions=("PLAN",))
        await answer(world, request_id, {"PLAN": "Two more"})
    assert (await review(world, request_id, ENDORSE)).status is RequestStatus.ORGANISATION_REVIEW
    found = await rows(world.database, tables.FurtherDetails, "round")
    assert [(row.round, row.answered_at is not None) for row in found] == [(1, True), (2, True), (3, True)]
    running = {row.kind for row in await rows(world.database, tables.Deadline) if row.met_at is None}
    assert running == {DeadlineKind.DECISION, DeadlineKind.RELAY}


# endorsing


@pytest.mark.parametrize(("endorsed", "released"), [(None, 3), (3, 3), (1, 1)])
async def test_an_endorsed_request_enters_the_organisations_review_today(
    world: World, clock: FixedClock, endorsed: int | None, released: int
) -> None:
    request_id = await in_review(world)
    clock.set(datetime(2026, 11, 26, 14, tzinfo=UTC))
    view = await review(world, request_id, ENDORSE, sessions_endorsed=endorsed, expected_version=3)
    assert (view.status, view.version) == (RequestStatus.ORGANISATION_REVIEW, 4)
    row = await the_request(world, request_id)
    assert (row.sessions_requested, row.sessions_released) == (3, released)
    assert (row.clinical_result, row.clinical_reason, row.clinical_at) == (ClinicalResult.ENDORSED, None, clock.now())
    assert (row.clinical_by, row.needs_clinical_review) == (world.clinical_reviewer.account_id, True)
    assert row.review_from == date(2026, 11, 27), "the organisation's own day"
    assert (await events(world))[-1] is EventType.ENDORSED
    due = await deadlines(world)
    assert state_of(due[DeadlineKind.CLINICAL_REVIEW]) == (clock.now(), None)
    assert due[DeadlineKind.DECISION].due_at == row.decision_due_at == datetime(2026, 12, 8, 6, tzinfo=UTC)
    assert due[DeadlineKind.RELAY].due_at == datetime(2026, 12, 9, 6, tzinfo=UTC)
    assert await release_times(world) == [clock.now()]


@pytest.mark.parametrize(("endorsed", "refusal"), [(0, NoSessions), (-1, NoSessions), (4, TooManySessions)])
async def test_no_more_is_endorsed_than_was_requested_and_one_at_least(
    world: World, endorsed: int, refusal: Any
) -> None:
    request_id = await in_review(world)
    async with refused(world, refusal) as raised:
        await review(world, request_id, ENDORSE, sessions_endorsed=endorsed)
    assert raised.value.path == ("sessionsEndorsed",)


async def test_the_organisation_is_asked_for_what_was_endorsed_and_never_hears_of_the_review(
    world: World, clock: FixedClock
) -> None:
    request_id = await in_review(world)
    await review(world, request_id, ENDORSE, sessions_endorsed=2)
    await release(world, request_id)
    for by in (world.reviewer, world.organisation_integrator):
        view = await read(world.database, clock, by, request_of, request_id, REQUEST)
        assert view is not None
        assert (view.sessions_requested, view.clinical_review, view.version) == (2, None, 1)
        assert [entry.type for entry in view.timeline] == [EventType.RELEASED]
        assert [each.kind for each in view.deadlines] == [DeadlineKind.DECISION]
    async with refused(world, TooManySessions):
        await approve(world, request_id, sessions_granted=3)
    await approve(world, request_id)
    (grant,) = await rows(world.database, tables.SessionGrant)
    assert grant.sessions == 2


async def test_the_agreements_rule_covers_what_was_endorsed(database: Database, clock: FixedClock) -> None:
    world = await a_long_case(database, clock, automatic_approval=2)
    request_id = await in_review(world)
    view = await review(world, request_id, ENDORSE, sessions_endorsed=2)
    assert (view.status, view.version) == (RequestStatus.APPROVED, 5)
    row = await the_request(world, request_id)
    assert (row.sessions_granted, row.decided_as, row.released_at) == (2, DecidedBy.AGREEMENT_RULE, None)
    assert (await events(world))[-2:] == [EventType.ENDORSED, EventType.APPROVED]
    assert (await mails(world, MailKind.OUTCOME_CLIENT), await release_times(world)) == ([None], [])


async def test_the_agreements_rule_does_not_reach_beyond_its_number(database: Database, clock: FixedClock) -> None:
    world = await a_long_case(database, clock, automatic_approval=2)
    view = await review(world, await in_review(world), ENDORSE)
    assert view.status is RequestStatus.ORGANISATION_REVIEW


async def test_a_batch_is_counted_from_the_day_of_the_endorsement(database: Database, clock: FixedClock) -> None:
    world = await a_long_case(database, clock, release_rule=ReleaseRule.BATCH)
    request_id = await in_review(world)
    clock.set(datetime(2026, 11, 27, 3, tzinfo=UTC))
    await review(world, request_id, ENDORSE)
    assert await release_times(world) == [datetime(2026, 11, 29, 22, tzinfo=UTC)], "09:00 on the Monday after"


async def test_a_clinical_review_is_decided_once(world: World) -> None:
    """What is booked after the endorsement sends it back to nobody."""
    request_id = await in_review(world)
    await review(world, request_id, ENDORSE)
    async with building(world.database, world.clock) as build:
        for _ in range(9):
            await build.appointment(world.case.id, world.consultant)
    await release(world, request_id)
    assert (await approve(world, request_id)).status is RequestStatus.APPROVED
    for verdict, parts in PARTS.items():
        async with refused(world, NotOpen):
            await review(world, request_id, verdict, **parts)


# declining


async def test_a_clinical_decline_ends_it_and_both_parties_are_told(world: World, clock: FixedClock) -> None:
    request_id = await in_review(world)
    clock.set(datetime(2026, 11, 27, 3, tzinfo=UTC))
    view = await review(world, request_id, DECLINE, reason=REASON, expected_version=3)
    assert (view.status, view.version) == (RequestStatus.DECLINED, 4)
    row = await the_request(world, request_id)
    assert (row.clinical_result, row.clinical_reason, row.clinical_at) == (ClinicalResult.DECLINED, REASON, clock.now())
    assert (row.clinical_by, row.decline_reason) == (world.clinical_reviewer.account_id, None)
    assert (row.decided_as, row.decided_on, row.closed_at) == (
        DecidedBy.CLINICAL_REVIEW,
        date(2026, 11, 27),
        clock.now(),
    )
    due = await deadlines(world)
    assert state_of(due[DeadlineKind.CLINICAL_REVIEW]) == (clock.now(), None)
    assert due[DeadlineKind.RELAY].due_at == datetime(2026, 11, 30, 6, tzinfo=UTC), "the next business day"
    assert DeadlineKind.DECISION not in due
    assert (await events(world))[-1] is EventType.DECLINED
    assert await mails(world, MailKind.OUTCOME_CONSULTANT) == await mails(world, MailKind.OUTCOME_CLIENT) == [None]
    assert await rows(world.database, tables.SessionGrant) == []


async def test_a_decline_needs_its_reason(world: World) -> None:
    request_id = await in_review(world)
    async with refused(world, ReasonMissing) as raised:
        await review(world, request_id, DECLINE)
    assert raised.value.path == ("reason",)
    for reason in ClinicalDeclineReason:
        async with building(world.database, world.clock) as build:
            case = await build.case(await build.client(), world.organisation_id, world.practice_id)
            request = await build.request(
                case, world.consultant, status=RequestStatus.CLINICAL_REVIEW, needs_clinical_review=True
            )
        assert (await review(world, request.id, DECLINE, reason=reason)).status is RequestStatus.DECLINED


@pytest.mark.parametrize("verdict", [ASK, DECLINE])
async def test_what_the_clinical_review_holds_back_does_not_exist_for_the_organisation(
    world: World, clock: FixedClock, verdict: ClinicalVerdict
) -> None:
    request_id = await in_review(world)
    before = await listed(world)
    await review(world, request_id, verdict, **PARTS[verdict])
    await release(world, request_id)
    for by in (world.reviewer, world.organisation_integrator):
        assert await read(world.database, clock, by, request_of, request_id, REQUEST) is None
    assert await listed(world) == before == (0, [])
    for decide in (approve, decline):
        async with refused(world, NotFound):
            await decide(world, request_id)
    row = await the_request(world, request_id)
    assert (row.organisation_version, row.released_at, row.released_on) == (0, None, None)
    log = await rows(world.database, tables.Event)
    assert not [event for event in log if event.organisation_sees or event.occurred_on]


# refusals


@pytest.mark.parametrize(
    ("verdict", "parts", "refusal", "path"),
    [
        (ENDORSE, {"reason": REASON}, NotPartOfVerdict, ("reason",)),
        (ENDORSE, {"note": NOTE}, NotPartOfVerdict, ("note",)),
        (DECLINE, {"reason": REASON, "note": NOTE}, NotPartOfVerdict, ("note",)),
        (ASK, {"sessions_endorsed": 1}, NotPartOfVerdict, ("sessionsEndorsed",)),
        (ASK, {"questions": ()}, TextMissing, ("questions",)),
        (ASK, {"questions": ("PLAN", "MOOD")}, UnknownQuestion, ("questions", "1")),
        (ASK, {"note": "x" * 1_001}, TextTooLong, ("note",)),
        (ASK, {"note": "Say\u202e more"}, TextInvalid, ("note",)),
    ],
)
async def test_what_a_verdict_does_not_take_is_refused(
    world: World, verdict: ClinicalVerdict, parts: dict[str, Any], refusal: Any, path: tuple[str, ...]
) -> None:
    request_id = await in_review(world)
    async with refused(world, refusal) as raised:
        await review(world, request_id, verdict, idempotency_key="once", **parts)
    assert raised.value.path == path


@pytest.mark.parametrize("verdict", ClinicalVerdict)
async def test_nobody_else_reviews(world: World, verdict: ClinicalVerdict) -> None:
    request_id = await in_review(world)
    for actor in world.everybody:
        if actor.role is not Role.CLINICAL_REVIEWER:
            async with refused(world, NotAllowed):
                await review(world, request_id, verdict, by=actor, **PARTS[verdict])


@pytest.mark.parametrize("verdict", ClinicalVerdict)
async def test_what_needs_no_clinical_review_is_not_there_for_a_reviewer(
    database: Database, clock: FixedClock, verdict: ClinicalVerdict
) -> None:
    world = await a_long_case(database, clock, clinical_review_threshold=12)
    request_id = await confirmed(world)
    for named in (request_id, "", "req_AAAAAAAAAAAAAAAAAAAAAA", "req\x00"):
        async with refused(world, NotFound):
            await review(world, named, verdict, **PARTS[verdict])


@pytest.mark.parametrize("status", sorted(set(RequestStatus) - {RequestStatus.CLINICAL_REVIEW}))
async def test_only_a_request_in_clinical_review_is_reviewed(world: World, status: RequestStatus) -> None:
    async with building(world.database, world.clock) as build:
        request = await build.request(world.case, world.consultant, status=status, needs_clinical_review=True)
    for verdict, parts in PARTS.items():
        async with refused(world, NotOpen) as raised:
            await review(world, request.id, verdict, **parts)
        assert status.value in raised.value.message


async def test_the_first_verdict_stands(world: World) -> None:
    request_id = await in_review(world)
    async with building(world.database, world.clock) as build:
        colleague = await build.account(Role.CLINICAL_REVIEWER)
    async with refused(world, StaleVersion):
        await review(world, request_id, ENDORSE, expected_version=2)
    await review(world, request_id, DECLINE, reason=REASON)
    async with refused(world, NotOpen) as raised:
        await review(world, request_id, ENDORSE, by=colleague)
    assert "DECLINED" in raised.value.message


async def test_of_many_verdicts_at_once_one_has_an_effect(world: World) -> None:
    request_id = await in_review(world)
    verdicts = [review(world, request_id, verdict, **parts) for verdict, parts in list(PARTS.items()) * 4]
    answers = await asyncio.gather(*verdicts, return_exceptions=True)
    assert sum(isinstance(each, RequestView) for each in answers) == 1
    assert sum(isinstance(each, NotOpen) for each in answers) == len(verdicts) - 1
    assert len(await events(world)) == len(DONE) + 1


@pytest.mark.parametrize("verdict", ClinicalVerdict)
async def test_a_verdict_repeated_with_its_key_has_one_effect(world: World, verdict: ClinicalVerdict) -> None:
    request_id = await in_review(world)
    first = await review(world, request_id, verdict, idempotency_key="once", **PARTS[verdict])
    async with changes_nothing(world.database):
        again = await review(world, request_id, verdict, idempotency_key="once", **PARTS[verdict])
    assert (again.id, again.status, again.version) == (first.id, first.status, first.version)
    async with refused(world, IdempotencyKeyReused):
        await review(world, request_id, verdict, idempotency_key="once", **{**PARTS[verdict], "note": NOTE})


async def test_what_was_not_sent_is_not_reviewed(world: World) -> None:
    request_id = await submitted(world)
    async with refused(world, NotFound):
        await review(world, request_id, ENDORSE)


async def release_times(world: World) -> list[datetime]:
    return [row.run_at for row in await rows(world.database, tables.Job) if row.actor == "release_request"]


async def listed(world: World) -> tuple[int | None, list[str]]:
    """Return what the organisation can list."""
    named = {"filtered": RequestFilter(), "order": RequestOrder(), "page": Page(100), "want": a_list_of(REQUEST)}
    found = await read(world.database, world.clock, world.reviewer, read_requests, **named)
    return found.total_count, [view.id for view in found.nodes]
