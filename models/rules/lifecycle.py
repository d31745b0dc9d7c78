"""The life of a request as a table: what is absent is refused."""

from dataclasses import dataclass
from enum import StrEnum

from models.rules.refusals import AlreadyConfirmed, AlreadyDecided, NotAllowed, NotOpen, Refusal
from models.rules.vocabulary import Outcome, RequestStatus, Role

S = RequestStatus

OPEN = frozenset({S.SUBMITTED, S.AWAITING_DETAILS, S.CLINICAL_REVIEW, S.ORGANISATION_REVIEW, S.INFORMATION_REQUESTED})
HELD = OPEN - {S.SUBMITTED}
"""From confirm until any closed state the case carries a booking hold."""


class Move(StrEnum):
    REVISE = "REVISE"
    CONFIRM = "CONFIRM"
    CONFIRM_FOR_CLINICAL_REVIEW = "CONFIRM_FOR_CLINICAL_REVIEW"
    """The same act of the consultant, where the clinical review total exceeds the threshold."""
    APPROVE = "APPROVE"
    APPROVE_BY_RULE = "APPROVE_BY_RULE"
    DECLINE = "DECLINE"
    WITHDRAW = "WITHDRAW"


@dataclass(frozen=True, slots=True)
class Step:
    roles: frozenset[Role]
    next: RequestStatus


_CONSULTANT = frozenset({Role.CONSULTANT})
_DECIDERS = frozenset({Role.ORG_REVIEWER, Role.PROVIDER_STAFF})
_WITHDRAWERS = frozenset({Role.CONSULTANT, Role.PROVIDER_STAFF})

STEPS: dict[tuple[RequestStatus, Move], Step] = {
    (S.SUBMITTED, Move.REVISE): Step(_CONSULTANT, S.SUBMITTED),
    (S.SUBMITTED, Move.CONFIRM): Step(_CONSULTANT, S.ORGANISATION_REVIEW),
    (S.SUBMITTED, Move.CONFIRM_FOR_CLINICAL_REVIEW): Step(_CONSULTANT, S.AWAITING_DETAILS),
    (S.ORGANISATION_REVIEW, Move.APPROVE): Step(_DECIDERS, S.APPROVED),
    (S.ORGANISATION_REVIEW, Move.APPROVE_BY_RULE): Step(frozenset({Role.SYSTEM}), S.APPROVED),
    (S.ORGANISATION_REVIEW, Move.DECLINE): Step(_DECIDERS, S.DECLINED),
    **{(status, Move.WITHDRAW): Step(_WITHDRAWERS, S.WITHDRAWN) for status in OPEN},
}

SUBMITTERS = _CONSULTANT
"""Who may submit; a submission has no state to start from."""

_ROLES: dict[Move, frozenset[Role]] = {
    move: frozenset[Role]().union(*(step.roles for (_, of), step in STEPS.items() if of is move)) for move in Move
}


def role_may(role: Role, move: Move) -> bool:
    """Whether any state at all lets this role make the move."""
    return role in _ROLES[move]


def next_status(
    status: RequestStatus, move: Move, role: Role, *, granted: int | None = None, shown: RequestStatus | None = None
) -> RequestStatus:
    """Return the status that ``move`` leads to, or raise why not.

    ``granted`` and ``shown`` are for the refusal's text: the first decision's sessions, and the status as this actor
    may know it (by default the status itself).
    """
    step = STEPS.get((status, move))
    if role not in (_ROLES[move] if step is None else step.roles):
        raise NotAllowed
    if step is None:
        raise _why_not(status, move, granted, shown or status)
    return step.next


def _why_not(status: RequestStatus, move: Move, granted: int | None, shown: RequestStatus) -> Refusal:
    if move in {Move.APPROVE, Move.DECLINE} and status in {S.APPROVED, S.DECLINED}:
        return AlreadyDecided(Outcome(status.value), granted)
    if move in {Move.CONFIRM, Move.CONFIRM_FOR_CLINICAL_REVIEW} and status in HELD:
        return AlreadyConfirmed()
    return NotOpen(shown)


def outcome_of(status: RequestStatus) -> Outcome | None:
    """Return the outcome: one of two, or None until there is one."""
    return Outcome(status.value) if status in {S.APPROVED, S.DECLINED} else None
