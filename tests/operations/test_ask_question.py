"""Asking pauses the decision: from a fixed list, twice at most, never once overdue, by whoever may decide."""

from datetime import UTC, date, datetime, timedelta

from models.database import Database
from models.rules.refusals import (
    AlreadyDecided,
    DecisionOverdue,
    IdempotencyKeyReused,
    NotAllowed,
    NotFound,
    NotOpen,
    StaleVersion,
    TooManyQuestions,
)
from models.rules.vocabulary import (
    DeadlineKind,
    Delegation,
    EventType,
    MailKind,
    QuestionState,
    QuestionTopic,
    RequestStatus,
    Role,
)
from tests.builders import a_world, confirmed, new_terms, released
from tests.clock import FixedClock
from tests.operations.acting import approve, decline, withdraw
from tests.operations.ledger import changes_nothing, events, refused, the_request
from tests.operations.questioning import ask, asked, draft, hand_over, look_at, mails, questions, running
from tests.queries.asked import REQUEST, listening
from tests.queries.columns import all_forbidden
from tests.rows import building

NIGHT_IN_MELBOURNE = datetime(2026, 11, 24, 14, tzinfo=UTC)


async def test_a_question_is_kept_and_both_clocks_stand_still(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    request_id = await released(world)
    before = await running(world)
    clock.set(NIGHT_IN_MELBOURNE)
    view = await ask(world, request_id, topic=QuestionTopic.ONWARD_PLAN, expected_version=1)
    assert (view.status, view.version) == (RequestStatus.INFORMATION_REQUESTED, 2)
    row = await the_request(world, request_id)
    assert (row.version, row.organisation_version) == (4, 2)
    (question,) = await questions(world)
    assert (question.number, question.topic, question.state) == (1, QuestionTopic.ONWARD_PLAN, QuestionState.ASKED)
    assert (question.asked_on, question.ended_on) == (date(2026, 11, 25), None), "the organisation's own day"
    assert (question.asked_at, question.asked_by) == (clock.now(), world.reviewer.account_id)
    assert (question.answer, question.draft_sealed) == (None, None)
    due = await running(world)
    for kind in (DeadlineKind.DECISION, DeadlineKind.RELAY):
        assert due[kind].paused_at == clock.now()
        assert due[kind].due_at == before[kind].due_at, "it moves when it goes on"
    assert due[DeadlineKind.ANSWER].due_at == datetime(2026, 12, 2, 6, tzinfo=UTC), "five business days, to 17:00"


async def test_the_consultant_is_told_and_nobody_else(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    await asked(world)
    assert (await events(world))[-1] is EventType.QUESTION_ASKED
    assert await mails(world, MailKind.QUESTION_ASKED) == [None]
    assert await mails(world, MailKind.REVIEW_RESUMED) == []


async def test_a_paused_deadline_is_not_acted_on(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    await asked(world)
    clock.advance(timedelta(days=60))
    async with changes_nothing(database):
        await look_at(world, DeadlineKind.DECISION)
        await look_at(world, DeadlineKind.RELAY)


async def test_two_questions_are_asked_and_no_third(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    request_id = await asked(world)
    for _ in range(2):
        await draft(world, request_id)
        await hand_over(world, request_id)
        if len(await questions(world)) < 2:
            await ask(world, request_id, topic=QuestionTopic.FEWER_SESSIONS)
    async with refused(world, TooManyQuestions):
        await ask(world, request_id)
    assert [each.number for each in await questions(world)] == [1, 2]


async def test_exactly_the_due_moment_is_in_time_for_a_question(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    request_id = await released(world)
    due_at = (await running(world))[DeadlineKind.DECISION].due_at
    clock.set(due_at + timedelta(microseconds=1))
    async with refused(world, DecisionOverdue):
        await ask(world, request_id)
    clock.set(due_at)
    assert (await ask(world, request_id)).status is RequestStatus.INFORMATION_REQUESTED


async def test_only_the_organisations_reviewers_ask(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock, delegation=Delegation.STAFF_AS_WELL)
    request_id = await released(world)
    async with building(database, clock) as build:
        stranger = await build.account(Role.ORG_REVIEWER, organisation_id=await build.organisation())
    for actor in world.everybody:
        if actor.role is not Role.ORG_REVIEWER:
            async with refused(world, NotAllowed):
                await ask(world, request_id, by=actor)
    async with refused(world, NotFound):
        await ask(world, request_id, by=stranger)
    async with refused(world, NotFound):
        await ask(world, "req_AAAAAAAAAAAAAAAAAAAAAA")


async def test_what_is_withheld_or_not_yet_released_is_not_there_to_be_asked_about(
    database: Database, clock: FixedClock
) -> None:
    small = await a_world(database, clock, headcount=3)
    delegated = await a_world(database, clock, delegation=Delegation.STAFF_INSTEAD)
    waiting = await a_world(database, clock)
    for world, request_id in (
        (small, await released(small)),
        (delegated, await released(delegated)),
        (waiting, await confirmed(waiting)),
    ):
        async with refused(world, NotFound):
            await ask(world, request_id)


async def test_whoever_may_not_decide_may_not_ask(database: Database, clock: FixedClock) -> None:
    """An old request that the organisation still sees, under terms that have staff decide."""
    world = await a_world(database, clock, delegation=Delegation.STAFF_INSTEAD)
    async with building(database, clock) as build:
        status = RequestStatus.ORGANISATION_REVIEW
        request = await build.request(world.case, world.consultant, status=status, released_at=clock.now())
    async with refused(world, NotAllowed):
        await ask(world, request.id)
    await new_terms(world, delegation=Delegation.NONE)
    async with refused(world, NotAllowed):
        await ask(world, request.id)


async def test_only_what_is_in_review_is_asked_about(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    for status in set(RequestStatus) - {RequestStatus.ORGANISATION_REVIEW}:
        async with building(database, clock) as build:
            case = await build.case(await build.client(), world.organisation_id, world.practice_id)
            request = await build.request(case, world.consultant, status=status, released_at=clock.now())
        decided = status in {RequestStatus.APPROVED, RequestStatus.DECLINED}
        async with refused(world, AlreadyDecided if decided else NotOpen) as raised:
            await ask(world, request.id)
        assert "CANCELLED" not in raised.value.message, "a closed case would say something about the person"


async def test_while_it_waits_nothing_is_decided_or_asked(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    request_id = await asked(world)
    for act in (ask, approve, decline):
        async with refused(world, NotOpen):
            await act(world, request_id)


async def test_a_question_about_another_version_is_refused(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    request_id = await released(world)
    async with refused(world, StaleVersion) as raised:
        await ask(world, request_id, expected_version=3)
    assert "version 1." in raised.value.message


async def test_a_repeated_question_is_asked_once(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    request_id = await released(world)
    first = await ask(world, request_id, idempotency_key="once")
    async with changes_nothing(database):
        again = await ask(world, request_id, idempotency_key="once")
    assert (again.status, again.version) == (first.status, first.version)
    async with refused(world, IdempotencyKeyReused):
        await ask(world, request_id, idempotency_key="once", topic=QuestionTopic.FEWER_SESSIONS)


async def test_a_question_ends_with_its_request(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    request_id = await asked(world)
    clock.set(NIGHT_IN_MELBOURNE)
    await withdraw(world, request_id)
    (question,) = await questions(world)
    assert (question.state, question.ended_on) == (QuestionState.CANCELLED, date(2026, 11, 25))
    assert await running(world) == {}
    async with refused(world, NotOpen):
        await draft(world, request_id)


async def test_no_statement_of_a_question_names_what_links(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    request_id = await released(world)
    with listening() as heard:
        await ask(world, request_id, want=REQUEST, idempotency_key="once")
        await ask(world, request_id, want=REQUEST, idempotency_key="once")
    assert all_forbidden(heard) == []
