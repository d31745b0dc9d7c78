"""What a viewer may do with a request: every action that their role knows, each with why it can't be taken now."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import or_, select

from models.queries.agreements import Terms
from models.queries.people import who_have_left
from models.queries.questions import load_states
from models.queries.reading import Reading
from models.queries.request_rows import shown_status
from models.rules import lifecycle, reconsideration
from models.rules.access import check_may_answer, check_may_decide
from models.rules.business_days import BusinessCalendar
from models.rules.confidentiality import sees_projection
from models.rules.lifecycle import Move
from models.rules.questions import check_may_ask
from models.rules.refusals import AlreadyRelayed, CaseClosed, NoDraft, NotOpen, OpenRequestExists, Refusal
from models.rules.release import why_staff_decide
from models.rules.vocabulary import CaseStatus, DeadlineKind, Delegation, QuestionState, RequestStatus, Role, Withheld
from models.tables import AssistCase, Deadline, ExtraSessionsRequest
from models.views.request import RequestAction, RequestActionName, RequestView

A = RequestActionName
R = ExtraSessionsRequest
Found = Sequence[tuple[Any, RequestView]]

_MOVES = {
    A.REVISE: Move.REVISE,
    A.CONFIRM: Move.CONFIRM,
    A.ANSWER_FURTHER_DETAILS: Move.ANSWER_DETAILS,
    A.RECORD_CLINICAL_REVIEW: Move.ENDORSE,
    A.APPROVE: Move.APPROVE,
    A.DECLINE: Move.DECLINE,
    A.ASK_QUESTION: Move.ASK_QUESTION,
    A.DRAFT_ANSWER: Move.DRAFT_ANSWER,
    A.RELEASE_ANSWER: Move.RELEASE_ANSWER,
    A.WITHDRAW: Move.WITHDRAW,
}
_ANSWERS = frozenset({Move.ANSWER_DETAILS, Move.DRAFT_ANSWER})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Decided:
    """What decides on whether an outcome can be reconsidered; for consultants alone."""

    refused: int
    is_reconsideration: bool
    was_reconsidered: bool
    decided_on: date
    calendar: BusinessCalendar
    case_closed: bool
    case_busy: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Standing:
    """Where a request stands: all that decides on what may be done with it."""

    status: RequestStatus
    shown: RequestStatus
    """The status as the viewer may know it."""
    withheld: Withheld | None
    delegation: Delegation
    decision_due_at: datetime | None
    questions: tuple[QuestionState, ...]
    consultant_has_left: bool
    decided: _Decided | None
    relay_runs: bool


async def load_actions(reading: Reading, found: Found, terms: Mapping[str, Terms]) -> None:
    """Give each request its actions. A role that only reads has none; each fact is read for the roles that need it."""
    by = reading.by
    projection = sees_projection(by)
    questions = await load_states(reading, {view.id for _, view in found})
    left: Collection[str] = ()
    if by.role is Role.PRACTICE_MANAGER:
        left = await who_have_left(reading, {row.consultant_id for row, _ in found})
    decided = await _load_decided(reading, found, terms) if by.role is Role.CONSULTANT else {}
    relaying = await _relaying(reading, found) if by.role is Role.PROVIDER_STAFF else set()
    for row, view in found:
        standing = _Standing(
            status=row.status,
            shown=shown_status(row.status, projection=projection),
            withheld=None if projection else _why_staff_decide(row),
            delegation=terms[row.agreement_id].delegation,
            decision_due_at=row.decision_due_at,
            questions=tuple(questions.get(view.id, ())),
            consultant_has_left=not projection and row.consultant_id in left,
            decided=decided.get(view.id),
            relay_runs=view.id in relaying,
        )
        view.available_actions = _offers(reading, standing)


def _why_staff_decide(row: Any) -> Withheld | None:
    return why_staff_decide(row.withheld, account_matches_client=row.account_matches_client)


async def _load_decided(reading: Reading, found: Found, terms: Mapping[str, Terms]) -> dict[str, _Decided]:
    ended = [row for row, _ in found if lifecycle.outcome_of(row.status) is not None]
    if not ended:
        return {}
    later = select(R.reconsideration_of).where(R.reconsideration_of.in_([row.id for row in ended]))
    reconsidered = {row.reconsideration_of for row in await reading.rows(later)}
    closed, busy = await _taken_cases(reading, {row.case_id for row in ended})
    return {
        row.id: _Decided(
            refused=reconsideration.shortfall(
                row.status, requested=row.sessions_requested, granted=row.sessions_granted
            ),
            is_reconsideration=row.reconsideration_of is not None,
            was_reconsidered=row.id in reconsidered,
            decided_on=row.decided_on,
            calendar=terms[row.calendar_agreement_id or row.agreement_id].calendar,
            case_closed=row.case_id in closed,
            case_busy=row.case_id in busy,
        )
        for row in ended
    }


async def _taken_cases(reading: Reading, case_ids: Collection[str]) -> tuple[set[str], set[str]]:
    """Return which of the cases are closed, and which have an open request."""
    busy = select(R.id).where(R.case_id == AssistCase.id, R.status.in_(lifecycle.OPEN)).exists()
    columns = (AssistCase.id, AssistCase.status, busy.label("is_busy"))
    taken = select(*columns).where(AssistCase.id.in_(case_ids), or_(AssistCase.status == CaseStatus.CLOSED, busy))
    rows = await reading.rows(taken)
    return {row.id for row in rows if row.status is CaseStatus.CLOSED}, {row.id for row in rows if row.is_busy}


async def _relaying(reading: Reading, found: Found) -> set[str]:
    """Return which outcomes have not reached both parties yet."""
    ids = [row.id for row, _ in found if lifecycle.outcome_of(row.status) is not None]
    running = select(Deadline.request_id).where(
        Deadline.request_id.in_(ids),
        Deadline.kind == DeadlineKind.RELAY,
        Deadline.met_at.is_(None),
        Deadline.cancelled_at.is_(None),
    )
    return {row.request_id for row in await reading.rows(running)} if ids else set()


def _offers(reading: Reading, standing: _Standing) -> list[RequestAction]:
    role = reading.by.role
    offered = [
        _offer(action, _check_move, reading, move, standing)
        for action, move in _MOVES.items()
        if lifecycle.role_may(role, move)
    ]
    if role in lifecycle.SUBMITTERS:
        offered.append(_offer(A.RECONSIDER, _check_reconsider, standing, reading.now))
    if role is Role.PROVIDER_STAFF:
        offered.append(_offer(A.CONFIRM_RELAY, _check_relay, standing))
    return offered


def _offer(action: RequestActionName, check: Callable[..., None], *facts: Any) -> RequestAction:
    try:
        check(*facts)
    except Refusal as refusal:
        return RequestAction(action, enabled=False, reason=refusal.message)
    return RequestAction(action, enabled=True, reason=None)


def _check_move(reading: Reading, move: Move, standing: _Standing) -> None:
    role = reading.by.role
    if move in _ANSWERS:
        check_may_answer(role, consultant_has_left=standing.consultant_has_left)
    lifecycle.next_status(standing.status, move, role, shown=standing.shown)
    if move in {Move.APPROVE, Move.DECLINE, Move.ASK_QUESTION}:
        check_may_decide(role, standing.delegation, standing.withheld)
    if move is Move.ASK_QUESTION and standing.decision_due_at is not None:
        check_may_ask(asked=len(standing.questions), due_at=standing.decision_due_at, now=reading.now)
    if move is Move.RELEASE_ANSWER and QuestionState.DRAFTED not in standing.questions:
        raise NoDraft


def _check_reconsider(standing: _Standing, now: datetime) -> None:
    """Refuse in the order in which the operation does."""
    decided = standing.decided
    if decided is None:
        raise NotOpen(standing.shown)
    if decided.case_closed:
        raise CaseClosed
    reconsideration.check_refused(
        decided.refused,
        is_reconsideration=decided.is_reconsideration,
        was_reconsidered=decided.was_reconsidered,
    )
    reconsideration.check_in_time(decided.calendar.local_day(now), decided.decided_on, decided.calendar)
    if decided.case_busy:
        raise OpenRequestExists


def _check_relay(standing: _Standing) -> None:
    if lifecycle.outcome_of(standing.status) is None:
        raise NotOpen(standing.shown)
    if not standing.relay_runs:
        raise AlreadyRelayed
