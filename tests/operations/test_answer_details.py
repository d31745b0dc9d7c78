"""Further details: the consultant answers in time, all that must be answered, and the clinical review begins."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from models import tables
from models.access_log import PRODUCT
from models.database import Database
from models.operations.sealed_details import open_round
from models.queries.clinical_reviews import details_place
from models.questionnaires import current_questionnaire
from models.rules.refusals import (
    AnswersIncomplete,
    IdempotencyKeyReused,
    NotAllowed,
    NotFound,
    NotOpen,
    StaleVersion,
    TextInvalid,
    TextTooLong,
    UnknownQuestion,
)
from models.rules.vocabulary import DeadlineKind, EventType, MailKind, RequestStatus, Role
from tests.builders import World, confirmed, submitted
from tests.clock import FixedClock
from tests.operations.acting import confirm, withdraw
from tests.operations.clinical import (
    ANSWERS,
    ASK,
    NOTE,
    a_long_case,
    answer,
    in_review,
    leaves,
    mails,
    review,
)
from tests.operations.ledger import changes_nothing, deadlines, events, refused, rows, state_of, the_request
from tests.rows import building

GOOD_FRIDAY_EVE = datetime(2026, 4, 1, 3, tzinfo=UTC)
DETAILS_DUE = datetime(2026, 4, 10, 7, tzinfo=UTC)
"""17:00 in Melbourne on the fifth business day after it; its clocks went back on the 5th."""


@pytest.fixture
async def world(database: Database, clock: FixedClock) -> World:
    clock.set(GOOD_FRIDAY_EVE)
    return await a_long_case(database, clock)


async def test_answers_send_the_request_to_its_clinical_review(world: World, clock: FixedClock) -> None:
    async with building(world.database, clock) as build:
        colleague = await build.account(Role.CLINICAL_REVIEWER)
        await build.account(Role.CLINICAL_REVIEWER, disabled=True)
    request_id = await confirmed(world)
    clock.set(datetime(2026, 4, 7, 23, tzinfo=UTC))
    view = await answer(world, request_id, expected_version=2)
    assert (view.status, view.version) == (RequestStatus.CLINICAL_REVIEW, 3)
    (details,) = await rows(world.database, tables.FurtherDetails)
    assert (details.answered_at, details.answered_by) == (clock.now(), world.consultant.account_id)
    due = await deadlines(world)
    assert state_of(due[DeadlineKind.DETAILS]) == (clock.now(), None)
    assert due[DeadlineKind.CLINICAL_REVIEW].due_at == datetime(2026, 4, 15, 7, tzinfo=UTC), "5 after Wednesday the 8th"
    assert state_of(due[DeadlineKind.CLINICAL_REVIEW]) == (None, None)
    assert (await events(world))[-2:] == [EventType.DETAILS_REQUESTED, EventType.DETAILS_ANSWERED]
    told = {world.clinical_reviewer.account_id, colleague.account_id}
    assert set(await mails(world, MailKind.CLINICAL_REVIEW_WAITING)) == told
    row = await the_request(world, request_id)
    assert (row.organisation_version, row.released_at, row.decision_due_at) == (0, None, None)


async def test_the_answers_stand_sealed_under_the_clients_own_key_in_their_own_place(world: World) -> None:
    request_id = await confirmed(world)
    await answer(world, request_id, {**ANSWERS, "OTHER_CARE": "  "})
    (details,) = await rows(world.database, tables.FurtherDetails)
    assert await opened(world, details) == {"note": None, "answers": ANSWERS}
    stored = str(await rows(world.database, tables.FurtherDetails)).encode()
    assert not [text for text in ANSWERS.values() if text.encode() in stored]


async def test_a_second_round_keeps_the_reviewers_note_beside_its_own_answers(world: World) -> None:
    request_id = await in_review(world)
    await review(world, request_id, ASK, questions=("PLAN",), note=NOTE)
    before = await looked(world)
    await answer(world, request_id, {"PLAN": "Two more, a month apart"})
    first, second = await rows(world.database, tables.FurtherDetails, "round")
    assert await opened(world, first) == {"note": None, "answers": ANSWERS}
    assert await opened(world, second) == {"note": NOTE, "answers": {"PLAN": "Two more, a month apart"}}
    assert await looked(world) - before == {PRODUCT}, "it was opened to be sealed again, and shown to nobody"


@pytest.mark.parametrize(
    ("answers", "refusal", "path"),
    [
        ({"PLAN": "Two more"}, AnswersIncomplete, ("answers",)),
        ({**ANSWERS, "RISK": " \n"}, AnswersIncomplete, ("answers",)),
        ({}, AnswersIncomplete, ("answers",)),
        ({**ANSWERS, "MOOD": "Good"}, UnknownQuestion, ("answers", "4", "code")),
        ({**ANSWERS, "RISK": "x" * 2_001}, TextTooLong, ("answers", "1", "text")),
        ({**ANSWERS, "OTHER_CARE": "No\x00ne"}, TextInvalid, ("answers", "4", "text")),
    ],
)
async def test_what_does_not_answer_what_was_asked_is_refused(
    world: World, answers: dict[str, str], refusal: Any, path: tuple[str, ...]
) -> None:
    request_id = await confirmed(world)
    async with refused(world, refusal) as raised:
        await answer(world, request_id, answers, idempotency_key="once")
    assert raised.value.path == path
    assert not [text for text in answers.values() if len(text) > 8 and text in raised.value.message]


async def test_only_what_was_asked_again_is_answered_again(world: World) -> None:
    request_id = await in_review(world)
    await review(world, request_id, ASK, questions=("PLAN", "OTHER_CARE"))
    async with refused(world, UnknownQuestion):
        await answer(world, request_id, ANSWERS)
    view = await answer(world, request_id, {"PLAN": "Two more"})
    assert view.status is RequestStatus.CLINICAL_REVIEW


async def test_seventeen_hundred_is_in_time_and_a_moment_later_is_not(world: World, clock: FixedClock) -> None:
    request_id = await confirmed(world)
    assert (await deadlines(world))[DeadlineKind.DETAILS].due_at == DETAILS_DUE
    clock.set(DETAILS_DUE + timedelta(microseconds=1))
    async with refused(world, NotOpen) as raised:
        await answer(world, request_id)
    assert "LAPSED" in raised.value.message
    clock.set(DETAILS_DUE)
    assert (await answer(world, request_id)).status is RequestStatus.CLINICAL_REVIEW


async def test_each_round_has_five_business_days_of_its_own(world: World, clock: FixedClock) -> None:
    request_id = await in_review(world)
    clock.set(DETAILS_DUE + timedelta(hours=1))
    await review(world, request_id, ASK)
    clock.set(datetime(2026, 4, 17, 7, tzinfo=UTC))
    assert (await answer(world, request_id)).status is RequestStatus.CLINICAL_REVIEW
    kinds = [row.kind for row in await rows(world.database, tables.Deadline) if row.met_at is None]
    assert kinds == [DeadlineKind.CLINICAL_REVIEW]


async def test_the_manager_answers_in_the_place_of_a_consultant_who_has_left_and_of_no_other(world: World) -> None:
    request_id = await in_review(world)
    await review(world, request_id, ASK, note=NOTE)
    async with refused(world, NotAllowed) as raised:
        await answer(world, request_id, by=world.manager)
    assert "left" in raised.value.message
    await leaves(world)
    view = await answer(world, request_id, by=world.manager)
    assert view.status is RequestStatus.CLINICAL_REVIEW
    *_, details = await rows(world.database, tables.FurtherDetails, "round")
    assert details.answered_by == world.manager.account_id
    assert await opened(world, details) == {"note": NOTE, "answers": ANSWERS}
    assert world.manager.account_id not in await looked(world), "who may not read it is not on record as having read it"


async def test_nobody_else_answers(world: World, database: Database, clock: FixedClock) -> None:
    request_id = await confirmed(world)
    for actor in world.everybody:
        if actor.role not in {Role.CONSULTANT, Role.PRACTICE_MANAGER}:
            async with refused(world, NotAllowed):
                await answer(world, request_id, by=actor)
    await leaves(world)
    elsewhere = await a_long_case(database, clock)
    for stranger in (elsewhere.consultant, elsewhere.manager):
        async with refused(world, NotFound):
            await answer(world, request_id, by=stranger)
    for malformed in ("", "req_AAAAAAAAAAAAAAAAAAAAAA", "req\x00"):
        async with refused(world, NotFound):
            await answer(world, malformed)


@pytest.mark.parametrize("status", sorted(set(RequestStatus) - {RequestStatus.AWAITING_DETAILS}))
async def test_only_a_request_that_waits_for_details_is_answered(world: World, status: RequestStatus) -> None:
    async with building(world.database, world.clock) as build:
        request = await build.request(world.case, world.consultant, status=status, needs_clinical_review=True)
    async with refused(world, NotOpen) as raised:
        await answer(world, request.id)
    assert status.value in raised.value.message


async def test_a_version_that_was_not_seen_and_a_request_taken_back_are_refused(world: World) -> None:
    request_id = await confirmed(world)
    async with refused(world, StaleVersion):
        await answer(world, request_id, expected_version=1)
    await withdraw(world, request_id)
    async with refused(world, NotOpen):
        await answer(world, request_id)
    due = await deadlines(world)
    assert due[DeadlineKind.DETAILS].cancelled_at == world.clock.now()


async def test_an_answer_repeated_with_its_key_has_one_effect(world: World) -> None:
    request_id = await confirmed(world)
    first = await answer(world, request_id, idempotency_key="once")
    async with changes_nothing(world.database):
        again = await answer(world, request_id, idempotency_key="once")
    assert (again.id, again.status, again.version) == (first.id, first.status, first.version)
    async with refused(world, IdempotencyKeyReused):
        await answer(world, request_id, {**ANSWERS, "OTHER_CARE": "A GP"}, idempotency_key="once")


async def test_the_confirm_asks_every_question_of_the_newest_version(world: World) -> None:
    view = await confirm(world, await submitted(world))
    assert view.status is RequestStatus.AWAITING_DETAILS
    async with world.database.transaction() as session:
        details = await open_round(session, view.id)
        asked = current_questionnaire()
        assert (details.round, details.questionnaire, details.asked_by) == (1, asked.version, None)
        assert details.questions == [question.code for question in asked.questions]


async def opened(world: World, details: Any) -> Any:
    """Return what a round's row holds, past every read of the product."""
    async with world.database.transaction() as session:
        keys = await world.database.keys.opened([world.case.client_id], session)
        key = keys.of(world.case.client_id, details.key_version)
    return world.database.vault.unseal(key, details_place(details.id), details.sealed)


async def looked(world: World) -> set[str]:
    """Return who is on record as having looked."""
    return {row.account_id for row in await rows(world.database, tables.AccessEvent)}
