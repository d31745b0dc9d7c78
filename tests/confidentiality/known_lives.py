"""Adds what a known request has been through: the questions that its organisation asked, and rounds of further details.

The questions are known, and what was answered; drafts, moments and a clinical review are not.
"""

from datetime import datetime
from typing import Any

from models.ids import new_id
from models.queries.clinical_reviews import details_place
from models.queries.questions import draft_place
from models.questionnaires import current_questionnaire
from models.rules.business_days import due_after
from models.rules.vocabulary import (
    DeadlineKind,
    EventType,
    QuestionState,
    RequestStatus,
    StaffTaskKind,
    StaffTaskState,
)
from models.tables import AssistCase, ExtraSessionsRequest, FurtherDetails, OrganisationQuestion, StaffTask
from tests.confidentiality.history import Happened
from tests.confidentiality.plots import CALENDAR, Known, local
from tests.confidentiality.worlds import World, add_deadline
from tests.rows import Builder

ANSWER = "Two sessions a month."
"""What an organisation is told: it names nobody."""
_ANSWER_DAYS = 5
_ENDS = {
    QuestionState.ANSWERED: EventType.QUESTION_ANSWERED,
    QuestionState.UNANSWERED: EventType.QUESTION_UNANSWERED,
}


def states_of(known: Known) -> list[QuestionState]:
    """Return the state of each question as the organisation knows it."""
    states = [QuestionState.ANSWERED if known.answered else QuestionState.UNANSWERED] * len(known.ended_questions)
    if known.status is RequestStatus.WITHDRAWN and states and not known.answered:
        states[-1] = QuestionState.CANCELLED
    if known.status is RequestStatus.INFORMATION_REQUESTED:
        states.append(QuestionState.ASKED)
    return states


def version_of(known: Known) -> int:
    """Count what the organisation has seen: the release, each question and how it ended, and the request's end."""
    states = states_of(known)
    return 1 + len(states) + sum(state in _ENDS for state in states) + (known.ended_on is not None)


async def add_questions(
    build: Builder, world: World, request: ExtraSessionsRequest, case: AssistCase, known: Known
) -> list[Happened]:
    """Add the request's questions; return their events."""
    told: list[Happened] = []
    asked = zip(states_of(known), (*known.ended_questions, known.topic), strict=False)
    for number, (state, topic) in enumerate(asked, start=1):
        waits = state is QuestionState.ASKED
        day = known.waits_from if waits else known.released_on
        asked_at = local(day, 10) + world.secrets.minutes()
        told.append(world.told(request.id, EventType.QUESTION_ASKED, asked_at, day))
        told += [Happened(request.id, EventType.ANSWER_DRAFTED, asked_at)] * world.dice.randint(0, 2)
        if state in _ENDS:
            told.append(world.told(request.id, _ENDS[state], asked_at, day))
        columns: dict[str, Any] = {"state": state, "ended_on": day}
        if state is QuestionState.ANSWERED:
            columns["answer"] = ANSWER
        elif state is QuestionState.CANCELLED:
            columns["ended_on"] = known.ended_on
        elif waits:
            columns = await _waiting(build, world, request, asked_at)
        question = OrganisationQuestion(
            id=new_id("que"),
            request_id=request.id,
            number=number,
            topic=topic,
            asked_on=day,
            asked_at=asked_at,
            **columns,
        )
        if question.state is QuestionState.DRAFTED:
            await _draft(build, world, question, case)
        await build.add(question)
    return told


async def _waiting(build: Builder, world: World, request: ExtraSessionsRequest, asked_at: datetime) -> dict[str, Any]:
    """Let the consultant have drafted an answer, or not yet: the organisation is told that it waits."""
    due = due_after(CALENDAR, CALENDAR.local_day(asked_at), _ANSWER_DAYS)
    await add_deadline(build, request.id, DeadlineKind.ANSWER, due)
    if world.dice.random() < 0.5:
        return {"state": QuestionState.ASKED}
    task = {"kind": StaffTaskKind.ANSWER_TO_RELEASE, "state": StaffTaskState.OPEN, "created_at": build.at}
    await build.add(StaffTask(id=world.note("task", new_id("task")), request_id=request.id, **task))
    return {"state": QuestionState.DRAFTED, "drafted_at": asked_at + world.secrets.minutes()}


async def _draft(build: Builder, world: World, question: OrganisationQuestion, case: AssistCase) -> None:
    key = await _key(build, case)
    question.key_version = key.version
    answer = {"answer": world.secrets.text(8)}
    question.draft_sealed = build.vault.seal(key, draft_place(question.id), answer)


async def add_rounds(
    build: Builder, world: World, request: ExtraSessionsRequest, case: AssistCase, *, waits: bool = False
) -> None:
    """Add rounds of further details; ``waits`` leaves the last one without its answers."""
    asked, key = current_questionnaire(), await _key(build, case)
    rounds = world.dice.randint(1, 2)
    for number in range(1, rounds + 1):
        details = FurtherDetails(
            id=new_id("det"),
            request_id=request.id,
            round=number,
            questionnaire=asked.version,
            questions=[question.code for question in asked.questions],
            asked_at=request.submitted_at,
        )
        if number < rounds or not waits:
            details.answered_at, details.key_version = request.submitted_at, key.version
            answers = {question.code: world.secrets.text(6) for question in asked.questions}
            given = {"note": world.secrets.text(4), "answers": answers}
            details.sealed = build.vault.seal(key, details_place(details.id), given)
        await build.add(details)


async def _key(build: Builder, case: AssistCase) -> Any:
    return (await build.database.keys.opened([case.client_id], build.session)).newest(case.client_id)
