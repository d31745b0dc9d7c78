"""A released answer is the organisation's: in plain, checked once more, and what was left of its time is left again."""

from datetime import UTC, date, datetime, timedelta

from sqlalchemy import update

from models import tables
from models.database import Database
from models.rules.identifier_found import IdentifierFound
from models.rules.refusals import IdempotencyKeyReused, NoDraft, NotAllowed, NotFound, NotOpen, StaleVersion
from models.rules.vocabulary import (
    DeadlineKind,
    EventType,
    MailKind,
    QuestionState,
    RequestStatus,
    Role,
    StaffTaskKind,
    StaffTaskState,
)
from tests.builders import World, a_world, released
from tests.clock import FixedClock
from tests.operations.acting import approve, withdraw
from tests.operations.ledger import changes_nothing, events, refused, rows, the_request
from tests.operations.questioning import (
    ANSWER,
    ask,
    asked,
    draft,
    drafted,
    hand_over,
    look_at,
    mails,
    questions,
    running,
    the_task,
)
from tests.rows import building

DAY_0 = datetime(2026, 4, 1, 0, 30, tzinfo=UTC)
ASKED = datetime(2026, 4, 9, 2, tzinfo=UTC)
ANSWERED = datetime(2026, 4, 15, 2, tzinfo=UTC)


async def test_a_released_answer_is_the_organisations_in_plain(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    request_id = await drafted(world)
    clock.set(datetime(2026, 11, 24, 14, tzinfo=UTC))
    view = await hand_over(world, request_id, expected_version=5)
    assert (view.status, view.version) == (RequestStatus.ORGANISATION_REVIEW, 6)
    assert (await the_request(world, request_id)).organisation_version == 3
    (question,) = await questions(world)
    assert (question.state, question.answer) == (QuestionState.ANSWERED, ANSWER)
    assert (question.ended_on, question.released_by) == (date(2026, 11, 25), world.staff.account_id)
    assert (question.draft_sealed, question.key_version) == (None, None), "nothing is left of the draft"
    task = await the_task(world, StaffTaskKind.ANSWER_TO_RELEASE)
    assert (task.state, task.ended_at, task.ended_by) == (StaffTaskState.DONE, clock.now(), world.staff.account_id)
    (answer,) = [each for each in await rows(database, tables.Deadline) if each.kind is DeadlineKind.ANSWER]
    assert answer.met_at == clock.now()
    assert (await events(world))[-1] is EventType.QUESTION_ANSWERED
    reviewers = sorted([str(world.reviewer.account_id), str(world.second_reviewer.account_id)])
    assert await mails(world, MailKind.REVIEW_RESUMED) == reviewers


async def test_what_was_left_of_the_time_to_decide_is_left_again(database: Database, clock: FixedClock) -> None:
    """Due 14 April, asked on the 9th: three business days were left; so they are after the answer of the 15th."""
    world = await in_april(database, clock)
    request_id = await drafted_in_april(world)
    clock.set(ANSWERED)
    await hand_over(world, request_id)
    due = await running(world)
    assert due[DeadlineKind.DECISION].due_at == datetime(2026, 4, 20, 7, tzinfo=UTC)
    assert due[DeadlineKind.RELAY].due_at == datetime(2026, 4, 21, 7, tzinfo=UTC)
    assert {due[kind].paused_at for kind in (DeadlineKind.DECISION, DeadlineKind.RELAY)} == {None}
    assert (await the_request(world, request_id)).decision_due_at == datetime(2026, 4, 20, 7, tzinfo=UTC)
    assert (await approve(world, request_id)).status is RequestStatus.APPROVED


async def test_asked_on_the_last_day_one_business_day_is_left(database: Database, clock: FixedClock) -> None:
    world = await in_april(database, clock)
    request_id = await released(world)
    clock.set(datetime(2026, 4, 14, 7, tzinfo=UTC))
    await ask(world, request_id)
    await draft(world, request_id)
    clock.set(ANSWERED)
    await hand_over(world, request_id)
    assert (await running(world))[DeadlineKind.DECISION].due_at == datetime(2026, 4, 16, 7, tzinfo=UTC)


async def test_unanswered_it_goes_on_by_itself_and_is_marked_so(database: Database, clock: FixedClock) -> None:
    world = await in_april(database, clock)
    request_id = await drafted_in_april(world)
    due_at = (await running(world))[DeadlineKind.ANSWER].due_at
    assert due_at == datetime(2026, 4, 16, 7, tzinfo=UTC)
    clock.set(due_at)
    async with changes_nothing(database):
        await look_at(world, DeadlineKind.ANSWER)
    clock.set(due_at + timedelta(seconds=1))
    deadline_id = (await running(world))[DeadlineKind.ANSWER].id
    await look_at(world, DeadlineKind.ANSWER)
    found = await the_request(world, request_id)
    assert (found.status, found.version, found.organisation_version) == (RequestStatus.ORGANISATION_REVIEW, 6, 3)
    (question,) = await questions(world)
    assert (question.state, question.ended_on, question.answer) == (QuestionState.UNANSWERED, date(2026, 4, 16), None)
    due = await running(world)
    assert DeadlineKind.ANSWER not in due
    assert due[DeadlineKind.DECISION].due_at == datetime(2026, 4, 21, 7, tzinfo=UTC)
    assert due[DeadlineKind.RELAY].due_at == datetime(2026, 4, 22, 7, tzinfo=UTC)
    (given_up,) = [each for each in await rows(database, tables.Deadline) if each.id == deadline_id]
    assert (given_up.met_at, given_up.cancelled_at) == (None, clock.now())
    task = await the_task(world, StaffTaskKind.ANSWER_TO_RELEASE)
    assert (task.state, task.ended_by) == (StaffTaskState.CANCELLED, None)
    assert (await events(world))[-1] is EventType.QUESTION_UNANSWERED
    assert len(await mails(world, MailKind.REVIEW_RESUMED)) == 2


async def test_once_given_up_a_draft_is_not_released_any_more(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    request_id = await drafted(world)
    clock.advance(timedelta(days=8))
    await look_at(world, DeadlineKind.ANSWER)
    async with refused(world, NotOpen):
        await hand_over(world, request_id)
    assert (await ask(world, request_id)).status is RequestStatus.INFORMATION_REQUESTED, "the second one"
    async with refused(world, NoDraft):
        await hand_over(world, request_id)


async def test_an_answer_is_released_in_time_or_not_at_all(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    request_id = await drafted(world)
    due_at = (await running(world))[DeadlineKind.ANSWER].due_at
    clock.set(due_at + timedelta(microseconds=1))
    async with refused(world, NotOpen) as raised:
        await hand_over(world, request_id)
    assert "ORGANISATION_REVIEW" in raised.value.message
    clock.set(due_at)
    await hand_over(world, request_id)


async def test_what_has_become_known_since_the_draft_is_found(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    request_id = await asked(world)
    await draft(world, request_id, answer="The Quokka method needs four.")
    async with database.transaction() as session:
        await session.execute(update(tables.Practice).values(name="Quokka"))
    async with refused(world, IdentifierFound) as raised:
        await hand_over(world, request_id)
    assert "Quokka" not in raised.value.message
    await draft(world, request_id)
    await hand_over(world, request_id)


async def test_without_a_draft_there_is_nothing_to_release(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    request_id = await asked(world)
    async with refused(world, NoDraft):
        await hand_over(world, request_id)


async def test_only_staff_release(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    request_id = await drafted(world)
    for actor in world.everybody:
        if actor.role is not Role.PROVIDER_STAFF:
            async with refused(world, NotAllowed):
                await hand_over(world, request_id, by=actor)
    async with refused(world, NotFound):
        await hand_over(world, "req_AAAAAAAAAAAAAAAAAAAAAA")


async def test_a_draft_that_was_not_read_is_not_released(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    request_id = await drafted(world)
    await draft(world, request_id, answer="Written anew while staff were reading.")
    async with refused(world, StaleVersion):
        await hand_over(world, request_id, expected_version=5)


async def test_only_what_waits_for_an_answer_gets_one(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    for status in set(RequestStatus) - {RequestStatus.INFORMATION_REQUESTED}:
        async with building(database, clock) as build:
            case = await build.case(await build.client(), world.organisation_id, world.practice_id)
            request = await build.request(case, world.consultant, status=status)
        async with refused(world, NotOpen):
            await hand_over(world, request.id)


async def test_a_repeated_release_is_done_once(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    request_id = await drafted(world)
    first = await hand_over(world, request_id, idempotency_key="once")
    async with changes_nothing(database):
        again = await hand_over(world, request_id, idempotency_key="once")
    assert (first.version, first.status) == (again.version, again.status)
    async with refused(world, IdempotencyKeyReused):
        await hand_over(world, request_id, idempotency_key="once", expected_version=5)


async def test_a_request_that_ends_takes_its_question_and_its_task_along(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    request_id = await drafted(world)
    await withdraw(world, request_id)
    (question,) = await questions(world)
    assert question.state is QuestionState.CANCELLED
    assert (await the_task(world, StaffTaskKind.ANSWER_TO_RELEASE)).state is StaffTaskState.CANCELLED
    assert await running(world) == {}
    async with refused(world, NotOpen):
        await hand_over(world, request_id)


async def in_april(database: Database, clock: FixedClock) -> World:
    clock.set(DAY_0)
    return await a_world(database, clock)


async def drafted_in_april(world: World) -> str:
    request_id = await released(world)
    assert (await running(world))[DeadlineKind.DECISION].due_at == datetime(2026, 4, 14, 7, tzinfo=UTC)
    world.clock.set(ASKED)
    await ask(world, request_id)
    await draft(world, request_id)
    return request_id
