"""Release: staff have read the consultant's answer, and the organisation gets it; its clock goes on."""

from dataclasses import dataclass

from models.actor import Actor
from models.clock import Clock
from models.database import Database
from models.deadlines import meet_deadline
from models.idempotency import Repeatable, earlier_result, remember
from models.locks import lock_request
from models.operations.performing import check_unexpired, check_version, reading_in, view_of
from models.operations.resuming import open_question, resume_review
from models.queries.agreements import terms_of
from models.queries.identifiers import known_identifiers
from models.queries.questions import load_questions
from models.queries.reading import Reading
from models.rules import lifecycle
from models.rules.identifiers import check_text
from models.rules.lifecycle import Move
from models.rules.questions import ANSWER_PATH
from models.rules.refusals import NoDraft, NotAllowed
from models.rules.vocabulary import DeadlineKind, QuestionState, StaffTaskKind, StaffTaskState
from models.staff_tasks import end_tasks
from models.tables import ExtraSessionsRequest, OrganisationQuestion
from models.views.request import RequestView
from models.views.want import Want, asking


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseAnswer:
    request_id: str
    expected_version: int | None = None
    idempotency_key: str | None = None


async def release_answer(
    command: ReleaseAnswer, *, by: Actor, database: Database, clock: Clock, want: Want
) -> RequestView:
    """Hand the drafted answer to the organisation, in plain from now on. Locks the request.

    It is checked for identifiers once more: what is known of the people behind a request may have changed since.
    """
    now = clock.now()
    call = Repeatable("release_answer", command)
    async with database.transaction() as session:
        if not lifecycle.role_may(by.role, Move.RELEASE_ANSWER):
            raise NotAllowed
        request = await lock_request(session, command.request_id, by, now=now)
        if await earlier_result(session, call, by=by, vault=database.vault) is None:
            status = lifecycle.next_status(request.status, Move.RELEASE_ANSWER, by.role)
            await check_unexpired(session, request.id, DeadlineKind.ANSWER, now=now)
            check_version(request, command.expected_version, by)
            question = await open_question(session, request.id)
            answer = await _checked_draft(reading_in(session, by=by, database=database, at=now), request, question)
            request.status = status
            _hand_over(question, answer, by=by)
            await meet_deadline(session, request.id, DeadlineKind.ANSWER, now)
            done = {StaffTaskKind.ANSWER_TO_RELEASE}
            await end_tasks(session, request.id, done, StaffTaskState.DONE, at=now, by=by.account_id)
            terms = await terms_of(session, request)
            await resume_review(session, request, question, terms=terms, by=by, now=now)
            await remember(session, call, request.id, by=by, vault=database.vault, at=now)
        return await view_of(session, request.id, want, by=by, database=database, at=now)


async def _checked_draft(reading: Reading, request: ExtraSessionsRequest, question: OrganisationQuestion) -> str:
    if question.state is not QuestionState.DRAFTED:
        raise NoDraft
    questions = await load_questions(reading, {request.id}, asking("draft"))
    draft = questions[request.id][-1].draft
    assert draft is not None  # noqa: S101 - what is drafted is there, and its client was not erased
    check_text(draft, await known_identifiers(reading, request.id), ANSWER_PATH)
    return draft


def _hand_over(question: OrganisationQuestion, answer: str, *, by: Actor) -> None:
    """The answer is ROUTINE now, and stands in plain; nothing is left of the draft."""
    question.state = QuestionState.ANSWERED
    question.answer = answer
    question.released_by = by.account_id
    question.key_version = question.draft_sealed = None
