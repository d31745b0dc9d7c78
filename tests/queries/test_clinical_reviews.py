"""What is shown of a clinical review, to whom, at which cost, and who is then on record as having looked."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from models import tables
from models.actor import Actor
from models.database import Database
from models.queries.cases import case_by_id
from models.queries.request_lists import read_review_queue
from models.queries.requests import request_of
from models.questionnaires import current_questionnaire
from models.rules.confidentiality import Sensitivity
from models.rules.entitlement import Tally
from models.rules.vocabulary import ClinicalResult, RequestStatus
from models.views.case import ExtraSessionsForm
from models.views.request import ClinicalReview, RequestActionName, RequestView
from models.views.want import Page, Want, asking
from tests.builders import World, confirmed
from tests.clock import FixedClock
from tests.operations.acting import release
from tests.operations.clinical import (
    ANSWERS,
    ASK,
    DECLINE,
    ENDORSE,
    NOTE,
    REASON,
    REVIEW,
    REVIEWED,
    a_long_case,
    answer,
    in_review,
    leaves,
    on_another_case,
    review,
)
from tests.operations.ledger import rows
from tests.queries.asked import CASE, a_list_of, listening, read
from tests.queries.columns import all_forbidden
from tests.queries.test_review_queue import add, queue
from tests.queries.test_statements import selects

HOUR = datetime(2026, 11, 23, 1, tzinfo=UTC)
"""The hour after the one in which the stories begin."""
READERS = ("consultant", "clinical_reviewer")
MASKED = ("manager", "staff", "integrator", "practice_integrator")
UNSEALED = asking(
    "status", clinical_review=asking("total", rounds=asking("round", questions=asking("code", "text", "required")))
)


@pytest.fixture
async def world(database: Database, clock: FixedClock) -> World:
    return await a_long_case(database, clock)


async def test_a_pending_round_tells_which_form_to_draw(world: World, clock: FixedClock) -> None:
    request_id = await confirmed(world)
    asked = current_questionnaire()
    for who in (*READERS, *MASKED):
        shown = await reviewed(world, request_id, getattr(world, who))
        assert (shown.total, shown.threshold, shown.result, shown.reason) == (9, 0, None, None)
        assert (shown.reviewed_on, shown.reviewed_at, shown.sessions_endorsed) == (None, None, None)
        (pending,) = shown.rounds
        assert (pending.round, pending.questionnaire, pending.asked_at) == (1, asked.version, clock.now())
        assert (pending.answered_at, pending.note) == (None, None)
        form = [(each.code, each.text, each.required, each.answer) for each in pending.questions]
        assert form == [(each.code, each.text, each.required, None) for each in asked.questions]


async def test_both_rounds_are_read_by_consultant_and_clinical_reviewer_after_the_endorsement_too(
    world: World, clock: FixedClock
) -> None:
    request_id = await two_rounds(world)
    asked_at = clock.now()
    clock.set(datetime(2026, 11, 26, 14, tzinfo=UTC))
    await review(world, request_id, ENDORSE, sessions_endorsed=2)
    for who in READERS:
        shown = await reviewed(world, request_id, getattr(world, who))
        assert (shown.result, shown.sessions_endorsed, shown.reason) == (ClinicalResult.ENDORSED, 2, None)
        assert (shown.reviewed_on, shown.reviewed_at) == (date(2026, 11, 27), clock.now()), "the organisation's day"
        first, second = shown.rounds
        assert (first.round, first.note, second.round, second.note) == (1, None, 2, NOTE)
        assert first.answered_at == second.answered_at == asked_at
        assert {each.code: each.answer for each in first.questions} == {**ANSWERS, "OTHER_CARE": None}
        assert [(each.code, each.answer) for each in second.questions] == [("PLAN", "Two more")]


async def test_whoever_may_link_alone_reads_what_happened_and_no_word_of_it(world: World) -> None:
    request_id = await two_rounds(world)
    await review(world, request_id, DECLINE, reason=REASON)
    for who in MASKED:
        with listening() as heard:
            shown = await reviewed(world, request_id, getattr(world, who))
        assert (shown.result, shown.reason, shown.sessions_endorsed) == (ClinicalResult.DECLINED, REASON, None)
        assert [each.note for each in shown.rounds] == [None, None]
        assert {each.answer for round_ in shown.rounds for each in round_.questions} == {None}
        assert all(each.answered_at for each in shown.rounds)
        assert not [text for text in heard if "further_details.sealed" in text], who
        assert not [text for text in heard if "clinical_sealed" in text], who


async def test_what_is_masked_is_named(world: World) -> None:
    request_id = await two_rounds(world)
    held_back = {"clinicalReview.rounds.note", "clinicalReview.rounds.questions.answer"}
    for who in MASKED:
        view = await shown_request(world, request_id, getattr(world, who), asking("masked_fields"))
        assert held_back <= set(view.masked_fields)
    for who in READERS:
        view = await shown_request(world, request_id, getattr(world, who), asking("masked_fields"))
        assert not view.masked_fields


@pytest.mark.parametrize("want", [UNSEALED, asking("status", clinical_review=asking("total", "result"))])
async def test_what_is_sealed_is_opened_only_where_it_is_asked_for(world: World, want: Want) -> None:
    request_id = await two_rounds(world)
    before = await looked(world)
    for who in READERS:
        with listening() as heard:
            await shown_request(world, request_id, getattr(world, who), want)
        assert not [text for text in heard if "sealed" in text or "client_key" in text]
    assert await looked(world) == before


async def test_who_reads_a_note_or_an_answer_is_on_record(world: World, clock: FixedClock) -> None:
    request_id = await two_rounds(world)
    clock.advance(timedelta(hours=1))
    before = await looked(world)
    note, word = asking("note"), asking(questions=asking("answer"))
    for who, rounds in (("consultant", note), ("clinical_reviewer", word)):
        by: Actor = getattr(world, who)
        await shown_request(world, request_id, by, asking("status", clinical_review=asking(rounds=rounds)))
        assert await looked(world) - before == {(by.account_id, world.case.id, Sensitivity.CLINICAL, HOUR)}
        before = await looked(world)


async def test_an_unanswered_round_shows_nothing_and_leaves_no_row(world: World) -> None:
    request_id = await confirmed(world)
    await reviewed(world, request_id, world.clinical_reviewer)
    assert await looked(world) == set()


async def test_a_mutation_shows_what_it_has_just_done(world: World) -> None:
    request_id = await confirmed(world)
    view = await answer(world, request_id, want=REVIEWED)
    assert view.clinical_review is not None
    assert {each.code: each.answer for each in view.clinical_review.rounds[0].questions if each.answer} == ANSWERS
    view = await review(world, request_id, ASK, questions=("RISK",), note=NOTE, want=REVIEWED)
    assert view.clinical_review is not None
    assert [each.note for each in view.clinical_review.rounds] == [None, NOTE]
    view = await review(world, await another_in_review(world), ENDORSE, sessions_endorsed=1, want=REVIEWED)
    assert view.clinical_review is not None
    assert (view.sessions_requested, view.clinical_review.sessions_endorsed) == (3, 1)


async def test_a_queue_of_many_takes_no_more_statements_than_one_of_one(
    world: World, database: Database, clock: FixedClock
) -> None:
    want = a_list_of(REVIEWED)
    await two_rounds(world)
    with listening() as one:
        page = await read(database, clock, world.clinical_reviewer, read_review_queue, page=Page(100), want=want)
    assert len(page.nodes) == 1
    for _ in range(5):
        await another_in_review(world)
    with listening() as many:
        page = await read(database, clock, world.clinical_reviewer, read_review_queue, page=Page(100), want=want)
    assert len(page.nodes) == 6
    assert len(selects(many)) == len(selects(one))
    assert all(view.clinical_review and view.clinical_review.rounds[0].questions[0].answer for view in page.nodes)


async def test_clinical_reviewers_find_what_is_due_first_page_by_page(world: World, clock: FixedClock) -> None:
    late = await add(world, status=RequestStatus.CLINICAL_REVIEW, needs_clinical_review=True)
    ids = []
    for day in (26, 24, 25):
        clock.set(datetime(2026, 11, day, 3, tzinfo=UTC))
        ids.append(await another_in_review(world))
    last, first, middle = ids
    assert await queue(world, world.clinical_reviewer) == [first, middle, last, late], "what is due at no time is last"
    found, after = [], None
    for _ in range(4):
        page = await read(
            world.database,
            clock,
            world.clinical_reviewer,
            read_review_queue,
            page=Page(1, after),
            want=a_list_of(asking("id")),
        )
        found += [view.id for view in page.nodes]
        after = page.page_info.end_cursor
    assert found == [first, middle, last, late]
    clock.set(datetime(2026, 11, 27, 3, tzinfo=UTC))
    await review(world, first, ASK)
    await answer(world, first)
    assert await queue(world, world.clinical_reviewer) == [middle, last, first, late], "a new round is due anew"


async def test_answering_and_reviewing_are_offered_to_those_who_can_now(world: World) -> None:
    request_id = await confirmed(world)
    answering, reviewing = RequestActionName.ANSWER_FURTHER_DETAILS, RequestActionName.RECORD_CLINICAL_REVIEW
    assert (await offered(world, request_id, world.consultant))[answering] is True
    assert await offered(world, request_id, world.manager) == {answering: False}
    assert await offered(world, request_id, world.clinical_reviewer) == {reviewing: False}
    await leaves(world)
    assert await offered(world, request_id, world.manager) == {answering: True}
    await answer(world, request_id, by=world.manager)
    assert await offered(world, request_id, world.manager) == {answering: False}
    assert await offered(world, request_id, world.clinical_reviewer) == {reviewing: True}
    for by in (world.staff, world.integrator):
        assert await offered(world, request_id, by) == {}
    await review(world, request_id, ENDORSE)
    await release(world, request_id)
    with listening() as heard:
        assert await offered(world, request_id, world.reviewer) == {}
    assert all_forbidden(heard) == []


async def test_the_form_shows_how_a_clinical_review_comes_about(database: Database, clock: FixedClock) -> None:
    world = await a_long_case(database, clock, clinical_review_threshold=8)
    case = await read(database, clock, world.consultant, case_by_id, world.case.id, CASE)
    assert case is not None
    for requested, total, needed in ((2, 8, False), (3, 9, True)):
        estimate = case.form.clinical_review_estimate(requested)
        assert estimate is not None
        assert (estimate.used, estimate.scheduled, estimate.remaining, estimate.requested) == (3, 1, 2, requested)
        assert (estimate.total, estimate.threshold, estimate.needed) == (total, 8, needed)
        assert case.form.would_need_clinical_review(requested) is needed


@pytest.mark.parametrize("sessions", [None, 0, -1, 5, 2**31 - 1])
def test_a_number_that_no_request_can_ask_for_is_not_estimated(sessions: int | None) -> None:
    form = ExtraSessionsForm(4, 6, date(2026, 11, 23), Tally(6, 0, 3, 1), 12)
    assert form.clinical_review_estimate(sessions) is None


async def two_rounds(world: World) -> str:
    """Return a request that was asked twice, answered twice, and awaits its verdict."""
    request_id = await in_review(world)
    await review(world, request_id, ASK, questions=("PLAN",), note=NOTE)
    await answer(world, request_id, {"PLAN": "Two more"})
    return request_id


async def another_in_review(world: World) -> str:
    return await in_review(world, appointment_id=await on_another_case(world))


async def offered(world: World, request_id: str, by: Actor) -> dict[RequestActionName, bool]:
    """Return the actions that this role is offered, but for those that end or begin a request."""
    actions = (await shown_request(world, request_id, by, asking("available_actions"))).available_actions
    own = {RequestActionName.ANSWER_FURTHER_DETAILS, RequestActionName.RECORD_CLINICAL_REVIEW}
    return {each.action: each.enabled for each in actions if each.action in own}


async def reviewed(world: World, request_id: str, by: Actor) -> ClinicalReview:
    view = await shown_request(world, request_id, by, asking(clinical_review=REVIEW))
    assert view.clinical_review is not None
    return view.clinical_review


async def shown_request(world: World, request_id: str, by: Actor, want: Want) -> RequestView:
    view = await read(world.database, world.clock, by, request_of, request_id, want)
    assert view is not None
    return view


async def looked(world: World) -> set[tuple[Any, ...]]:
    found = await rows(world.database, tables.AccessEvent)
    return {(row.account_id, row.case_id, row.kind, row.hour) for row in found}
