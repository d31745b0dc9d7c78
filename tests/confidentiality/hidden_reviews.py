"""Hidden steps within a request's life: clinical reviews, drafts, relays, staff's work, and what the clock counts."""

from datetime import date
from typing import Any

from sqlalchemy import select, update

from models.operations.close_case import CloseCase, close_case
from models.operations.complete_task import CompleteTask, complete_task
from models.operations.confirm_relay import ConfirmRelay, confirm_relay
from models.operations.draft_answer import DraftAnswer, draft_answer
from models.operations.recompute_deadlines import RecomputeDeadlines, recompute_deadlines
from models.operations.record_mail import OUTCOME_MAILS, MailOutcome, RecordMail, record_mail
from models.operations.withdraw_request import WithdrawRequest, withdraw_request
from models.rules.vocabulary import ClinicalDeclineReason, ClinicalVerdict, RequestStatus
from models.tables import Client, Consultant, ExtraSessionsRequest, Mail
from tests.confidentiality.acting import Act, answer_round, answerer_of, around, quietly, review, staff_of
from tests.confidentiality.stage import Stage
from tests.confidentiality.worlds import World


async def _go_on_with_a_review(stage: Stage, world: World) -> None:
    """Let a hidden request go one step on in its clinical review."""
    if not world.in_review:
        return
    request_id = world.dice.choice(world.in_review)
    if (await _request(stage, request_id)).status is RequestStatus.AWAITING_DETAILS:
        await answer_round(stage, world, request_id)
        return
    await world.dice.choice((_ask_again, _decline, _endorse))(stage, world, request_id)


async def _ask_again(stage: Stage, world: World, request_id: str) -> None:
    await review(stage, world, request_id, verdict=ClinicalVerdict.ASK_FOR_DETAILS, note=world.secrets.text(9))


async def _decline(stage: Stage, world: World, request_id: str) -> None:
    reason = world.dice.choice(list(ClinicalDeclineReason))
    await review(stage, world, request_id, verdict=ClinicalVerdict.DECLINE, reason=reason)


async def _endorse(stage: Stage, world: World, request_id: str) -> None:
    """Endorse it, and end it before it is released: withdrawn, or with its case."""
    await quietly(review(stage, world, request_id, verdict=ClinicalVerdict.ENDORSE, sessions_endorsed=1))
    if world.dice.random() < 0.5:
        command = WithdrawRequest(request_id=request_id)
        await withdraw_request(command, by=staff_of(world), **around(stage))
    else:
        closing = CloseCase(case_id=(await _request(stage, request_id)).case_id)
        await close_case(closing, by=staff_of(world), **around(stage))


async def _draft(stage: Stage, world: World) -> None:
    """Draft an answer to whatever waits for one, over another draft perhaps; nobody here is told."""
    waiting = select(ExtraSessionsRequest.id).where(
        ExtraSessionsRequest.id.in_(world.requests),
        ExtraSessionsRequest.status == RequestStatus.INFORMATION_REQUESTED,
    )
    for request_id in await _ids(stage, waiting.order_by(ExtraSessionsRequest.id)):
        by = await answerer_of(stage, world, request_id)
        draft = DraftAnswer(request_id=request_id, answer=world.secrets.text(6))
        await quietly(draft_answer(draft, by=by, **around(stage)))


async def _relay(stage: Stage, world: World) -> None:
    """Say that an outcome was told by another way, or not yet."""
    command = ConfirmRelay(request_id=world.dice.choice(world.requests))
    await confirm_relay(command, by=staff_of(world), **around(stage))


async def _bounce(stage: Stage, _: World) -> None:
    """Let the mail server refuse whatever outcome is still to be told."""
    owed = select(Mail.id).where(Mail.kind.in_(OUTCOME_MAILS), Mail.accepted_at.is_(None))
    for mail_id in await _ids(stage, owed):
        command = RecordMail(mail_id=mail_id, outcome=MailOutcome.REJECTED)
        await record_mail(command, database=stage.database, clock=stage.clock)


async def _complete_tasks(stage: Stage, world: World) -> None:
    for task_id in world.foreign.get("task", ()):
        await quietly(complete_task(CompleteTask(task_id=task_id), by=staff_of(world), **around(stage)))


async def _recount(stage: Stage, _: World) -> None:
    """Count anew what an earlier calendar counted: here that is nothing that the organisation knows of."""
    await recompute_deadlines(RecomputeDeadlines(apply=True), database=stage.database, clock=stage.clock)


async def _leave(stage: Stage, world: World) -> None:
    """Let a consultant leave, or come back."""
    consultant = world.dice.choice(world.consultants)
    left = world.dice.choice((None, date(2026, 11, 20)))
    async with stage.database.transaction() as session:
        of = update(Consultant).where(Consultant.id == consultant.consultant_id)
        await session.execute(of.values(left_on=left))


async def _mark(stage: Stage, world: World) -> None:
    """Mark clients "do not e-mail", or take the mark off."""
    async with stage.database.transaction() as session:
        of = update(Client).where(Client.id.in_(world.foreign["cli"]))
        await session.execute(of.values(do_not_email=world.dice.random() < 0.7))


async def _request(stage: Stage, request_id: str) -> Any:
    columns = select(ExtraSessionsRequest.status, ExtraSessionsRequest.case_id)
    async with stage.database.snapshot() as source:
        return (await source.execute(columns.where(ExtraSessionsRequest.id == request_id))).one()


async def _ids(stage: Stage, statement: Any) -> list[str]:
    async with stage.database.snapshot() as source:
        return list((await source.execute(statement)).scalars())


HIDDEN_REVIEWS: dict[str, Act] = {
    "review": _go_on_with_a_review,
    "draft": _draft,
    "relay": _relay,
    "bounce": _bounce,
    "complete tasks": _complete_tasks,
    "recount": _recount,
    "leave": _leave,
    "mark": _mark,
}
