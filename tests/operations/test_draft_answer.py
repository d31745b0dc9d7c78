"""A drafted answer is sealed, free of what identifies, and nothing that the organisation can see."""

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from models import tables
from models.database import Database
from models.queries.questions import draft_place
from models.rules.identifier_found import IdentifierFound
from models.rules.refusals import (
    IdempotencyKeyReused,
    NotAllowed,
    NotFound,
    NotOpen,
    StaleVersion,
    TextInvalid,
    TextMissing,
    TextTooLong,
)
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
from models.views.want import asking
from tests.builders import World, a_world, released
from tests.clock import FixedClock
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
    tasks,
)
from tests.rows import building

CLIENT = {"name": "Ana Silva", "email": "ana.silva@home.example", "phone": "+61491570156", "employee_number": "E-7745"}


async def test_a_draft_is_sealed_under_the_clients_key_and_waits_for_staff(
    database: Database, clock: FixedClock
) -> None:
    world = await a_world(database, clock)
    request_id = await asked(world)
    clock.advance(timedelta(hours=1))
    view = await draft(world, request_id, answer=f"  {ANSWER}\n", expected_version=4)
    assert (view.status, view.version) == (RequestStatus.INFORMATION_REQUESTED, 5)
    (question,) = await questions(world)
    assert (question.state, question.answer, question.ended_on) == (QuestionState.DRAFTED, None, None)
    assert (question.drafted_at, question.drafted_by) == (clock.now(), world.consultant.account_id)
    assert await opened(world) == ANSWER
    (task,) = await tasks(world)
    assert (task.kind, task.state, task.request_id) == (
        StaffTaskKind.ANSWER_TO_RELEASE,
        StaffTaskState.OPEN,
        request_id,
    )
    assert await mails(world, MailKind.ANSWER_DRAFTED) == [world.staff.account_id]
    assert (await running(world))[DeadlineKind.ANSWER].met_at is None, "it is met by the release"


async def test_the_organisation_sees_nothing_of_a_draft(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    request_id = await asked(world)
    before = (await the_request(world, request_id)).organisation_version
    await draft(world, request_id)
    assert (await the_request(world, request_id)).organisation_version == before
    assert (await events(world))[-1] is EventType.ANSWER_DRAFTED
    (event,) = [each for each in await rows(database, tables.Event) if each.type is EventType.ANSWER_DRAFTED]
    assert (event.organisation_sees, event.occurred_on) == (False, None)


async def test_a_draft_may_be_written_anew_and_staff_are_told_once(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    request_id = await drafted(world)
    await draft(world, request_id, answer="Three would do.")
    assert await opened(world) == "Three would do."
    assert len(await tasks(world)) == 1
    assert await mails(world, MailKind.ANSWER_DRAFTED) == [world.staff.account_id]


@pytest.mark.parametrize(
    ("answer", "refusal"),
    [
        ("", TextMissing),
        (" \n\t", TextMissing),
        ("\u200d", TextMissing),
        ("x" * 1_001, TextTooLong),
        ("Re\u200bst", TextInvalid),
        ("We met with Ana about it.", IdentifierFound),
        ("Write to ana.silva@home.example", IdentifierFound),
        ("Her number is E-7745.", IdentifierFound),
        ("Ask on 0491 570 156", IdentifierFound),
    ],
)
async def test_an_answer_that_can_not_be_handed_over_is_refused(
    database: Database, clock: FixedClock, answer: str, refusal: Any
) -> None:
    world = await a_world(database, clock, client=CLIENT)
    request_id = await asked(world)
    async with refused(world, refusal) as raised:
        await draft(world, request_id, answer=answer)
    assert raised.value.path == ("answer",)
    assert "Ana" not in raised.value.message


async def test_case_consultant_practice_and_appointments_are_told_by_no_answer(
    database: Database, clock: FixedClock
) -> None:
    world = await a_world(database, clock)
    request_id = await asked(world)
    async with database.snapshot() as source:
        practice = (await source.execute(select(tables.Practice.name, tables.Practice.suburb))).one()
    for telling in (world.case.number, world.consultant.name, practice.name, practice.suburb, "23 November"):
        async with refused(world, IdentifierFound):
            await draft(world, request_id, answer=f"It is {telling} that matters.")


async def test_1000_characters_are_enough_and_allowed(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    await draft(world, await asked(world), answer="é" * 1_000)
    assert await opened(world) == "é" * 1_000


async def test_only_the_consultants_side_drafts(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    request_id = await asked(world)
    async with building(database, clock) as build:
        elsewhere = await build.practice()
        stranger = await build.consultant(elsewhere)
        their_manager = await build.account(Role.PRACTICE_MANAGER, practice_id=elsewhere)
    for actor in world.everybody:
        if actor.role is not Role.CONSULTANT:
            async with refused(world, NotAllowed):
                await draft(world, request_id, by=actor)
    for actor in (stranger, their_manager):
        async with refused(world, NotFound):
            await draft(world, request_id, by=actor)
    async with refused(world, NotFound):
        await draft(world, "req_AAAAAAAAAAAAAAAAAAAAAA")


async def test_the_manager_answers_for_a_consultant_who_has_left(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    request_id = await asked(world)
    async with refused(world, NotAllowed) as raised:
        await draft(world, request_id, by=world.manager)
    assert "left" in raised.value.message
    await leave(world)
    await draft(world, request_id, by=world.manager)
    (question,) = await questions(world)
    assert question.drafted_by == world.manager.account_id


async def test_a_colleague_with_an_appointment_on_the_case_answers_too(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    async with building(database, clock) as build:
        colleague = await build.consultant(world.practice_id)
        await build.appointment(world.case.id, colleague)
    await draft(world, await asked(world), by=colleague)


async def test_exactly_the_due_moment_is_in_time_for_an_answer(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    request_id = await asked(world)
    due_at = (await running(world))[DeadlineKind.ANSWER].due_at
    clock.set(due_at + timedelta(microseconds=1))
    async with refused(world, NotOpen) as before_the_clock:
        await draft(world, request_id)
    clock.set(due_at)
    await draft(world, request_id)
    clock.set(due_at + timedelta(seconds=1))
    await look_at(world, DeadlineKind.ANSWER)
    async with refused(world, NotOpen) as after_it:
        await draft(world, request_id)
    assert before_the_clock.value.message == after_it.value.message
    assert "ORGANISATION_REVIEW" in after_it.value.message


async def test_only_what_was_asked_is_answered(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    for status in set(RequestStatus) - {RequestStatus.INFORMATION_REQUESTED}:
        async with building(database, clock) as build:
            case = await build.case(await build.client(), world.organisation_id, world.practice_id)
            await build.appointment(case.id, world.consultant)
            request = await build.request(case, world.consultant, status=status)
        async with refused(world, NotOpen) as raised:
            await draft(world, request.id)
        assert status.value in raised.value.message


async def test_an_answer_to_another_version_is_refused(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    request_id = await asked(world)
    async with refused(world, StaleVersion):
        await draft(world, request_id, expected_version=3)


async def test_a_repeated_draft_is_written_once(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    request_id = await asked(world)
    first = await draft(world, request_id, idempotency_key="once")
    async with changes_nothing(database):
        again = await draft(world, request_id, idempotency_key="once")
    assert first.version == again.version
    async with refused(world, IdempotencyKeyReused):
        await draft(world, request_id, idempotency_key="once", answer="Another.")


async def test_a_draft_opens_in_no_other_questions_place(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    request_id = await drafted(world)
    await hand_over(world, request_id)
    await ask(world, request_id)
    view = await draft(world, request_id, answer="To the second.", want=asking(questions=asking("draft", "number")))
    assert [(each.number, each.draft) for each in view.questions] == [(1, None), (2, "To the second.")]


async def leave(world: World) -> None:
    async with world.database.transaction() as session:
        left = update(tables.Consultant).where(tables.Consultant.id == world.consultant.consultant_id)
        await session.execute(left.values(left_on=date(2026, 11, 1)))


async def opened(world: World) -> str:
    """Open the draft as the key of the case's client does, in the place of its own question."""
    question = (await questions(world))[-1]
    assert ANSWER.encode() not in question.draft_sealed
    keys = await world.database.keys.opened([world.case.client_id], None)
    key = keys.of(world.case.client_id, question.key_version)
    return str(world.database.vault.unseal(key, draft_place(question.id), question.draft_sealed)["answer"])


async def test_a_request_that_nobody_asked_about_has_nothing_to_answer(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    request_id = await released(world)
    async with refused(world, NotOpen):
        await draft(world, request_id)
