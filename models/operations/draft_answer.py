"""Draft: the consultant writes an answer to the organisation's question; nobody there learns of it yet."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from models.actor import Actor
from models.clock import Clock
from models.database import Database
from models.events import record
from models.idempotency import Repeatable, earlier_result, remember
from models.locks import lock_request
from models.operations.performing import (
    changed_unseen,
    check_answerer,
    check_unexpired,
    check_version,
    reading_in,
    view_of,
)
from models.operations.resuming import open_question
from models.queries.identifiers import known_identifiers
from models.queries.questions import draft_place
from models.queries.reading import Reading
from models.rules import lifecycle
from models.rules.identifiers import check_text
from models.rules.lifecycle import Move
from models.rules.questions import ANSWER_PATH, clean_answer
from models.rules.refusals import NotAllowed
from models.rules.vocabulary import DeadlineKind, EventType, QuestionState, StaffTaskKind
from models.staff_tasks import open_task
from models.tables import AssistCase, ExtraSessionsRequest
from models.views.request import RequestView
from models.views.want import Want


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftAnswer:
    request_id: str
    answer: str
    expected_version: int | None = None
    idempotency_key: str | None = None


async def draft_answer(command: DraftAnswer, *, by: Actor, database: Database, clock: Clock, want: Want) -> RequestView:
    """Store an answer that names nobody, for staff to release; it may be written anew until they do.

    It is sealed: the check knows only what is on record of the people behind a request. Locks the request.
    """
    now = clock.now()
    call = Repeatable("draft_answer", command)
    async with database.transaction() as session:
        if not lifecycle.role_may(by.role, Move.DRAFT_ANSWER):
            raise NotAllowed
        request = await lock_request(session, command.request_id, by, now=now)
        if await earlier_result(session, call, by=by, vault=database.vault) is None:
            await check_answerer(session, request, by)
            lifecycle.next_status(request.status, Move.DRAFT_ANSWER, by.role)
            await check_unexpired(session, request.id, DeadlineKind.ANSWER, now=now)
            check_version(request, command.expected_version, by)
            answer = clean_answer(command.answer)
            reading = reading_in(session, by=by, database=database, at=now)
            check_text(answer, await known_identifiers(reading, request.id), ANSWER_PATH)
            await _keep(reading, session, request, answer, now=now)
            changed_unseen(request)
            record(session, EventType.ANSWER_DRAFTED, request, by=by, at=now)
            await open_task(session, StaffTaskKind.ANSWER_TO_RELEASE, request.id, at=now)
            await remember(session, call, request.id, by=by, vault=database.vault, at=now)
        return await view_of(session, request.id, want, by=by, database=database, at=now)


async def _keep(
    reading: Reading, session: AsyncSession, request: ExtraSessionsRequest, answer: str, *, now: datetime
) -> None:
    """Seal the answer under the client's newest key, bound to its question, over whatever stood there before."""
    owner = select(AssistCase.client_id).where(AssistCase.id == request.case_id)
    client_id = (await session.execute(owner)).scalar_one()
    key = (await reading.client_keys([client_id])).newest(client_id)
    question = await open_question(session, request.id)
    question.state = QuestionState.DRAFTED
    question.drafted_at, question.drafted_by = now, reading.by.account_id
    question.key_version = key.version
    question.draft_sealed = reading.vault.seal(key, draft_place(question.id), {"answer": answer})
