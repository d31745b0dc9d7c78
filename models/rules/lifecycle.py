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
    EXPIRE = "EXPIRE"
    ANSWER_DETAILS = "ANSWER_DETAILS"
    LAPSE = "LAPSE"
    ASK_FOR_DETAILS = "ASK_FOR_DETAILS"
    ENDORSE = "ENDORSE"
    DECLINE_CLINICALLY = "DECLINE_CLINICALLY"
    APPROVE = "APPROVE"
    APPROVE_BY_RULE = "APPROVE_BY_RULE"
    DECLINE = "DECLINE"
    ASK_QUESTION = "ASK_QUESTION"
    DRAFT_ANSWER = "DRAFT_ANSWER"
    RELEASE_ANSWER = "RELEASE_ANSWER"
    GIVE_UP_ANSWER = "GIVE_UP_ANSWER"
    WITHDRAW = "WITHDRAW"
    CANCEL = "CANCEL"
    """The case closes."""


@dataclass(frozen=True, slots=True)
class Step:
    roles: frozenset[Role]
    next: RequestStatus


_CONSULTANT = frozenset({Role.CONSULTANT})
_ANSWERERS = frozenset({Role.CONSULTANT, Role.PRACTICE_MANAGER})
"""The manager in the place of a consultant who has left: ``access.check_may_answer``."""
_CLINICAL = frozenset({Role.CLINICAL_REVIEWER})
_STAFF = frozenset({Role.PROVIDER_STAFF})
_SYSTEM = frozenset({Role.SYSTEM})
_DECIDERS = frozenset({Role.ORG_REVIEWER, Role.PROVIDER_STAFF})
_WITHDRAWERS = frozenset({Role.CONSULTANT, Role.PROVIDER_STAFF})

STEPS: dict[tuple[RequestStatus, Move], Step] = {
    (S.SUBMITTED, Move.REVISE): Step(_CONSULTANT, S.SUBMITTED),
    (S.SUBMITTED, Move.CONFIRM): Step(_CONSULTANT, S.ORGANISATION_REVIEW),
    (S.SUBMITTED, Move.CONFIRM_FOR_CLINICAL_REVIEW): Step(_CONSULTANT, S.AWAITING_DETAILS),
    (S.SUBMITTED, Move.EXPIRE): Step(_SYSTEM, S.EXPIRED),
    (S.AWAITING_DETAILS, Move.ANSWER_DETAILS): Step(_ANSWERERS, S.CLINICAL_REVIEW),
    (S.AWAITING_DETAILS, Move.LAPSE): Step(_SYSTEM, S.LAPSED),
    (S.CLINICAL_REVIEW, Move.ASK_FOR_DETAILS): Step(_CLINICAL, S.AWAITING_DETAILS),
    (S.CLINICAL_REVIEW, Move.ENDORSE): Step(_CLINICAL, S.ORGANISATION_REVIEW),
    (S.CLINICAL_REVIEW, Move.DECLINE_CLINICALLY): Step(_CLINICAL, S.DECLINED),
    (S.ORGANISATION_REVIEW, Move.APPROVE): Step(_DECIDERS, S.APPROVED),
    (S.ORGANISATION_REVIEW, Move.APPROVE_BY_RULE): Step(_SYSTEM, S.APPROVED),
    (S.ORGANISATION_REVIEW, Move.DECLINE): Step(_DECIDERS, S.DECLINED),
    (S.ORGANISATION_REVIEW, Move.ASK_QUESTION): Step(frozenset({Role.ORG_REVIEWER}), S.INFORMATION_REQUESTED),
    (S.INFORMATION_REQUESTED, Move.DRAFT_ANSWER): Step(_ANSWERERS, S.INFORMATION_REQUESTED),
    (S.INFORMATION_REQUESTED, Move.RELEASE_ANSWER): Step(_STAFF, S.ORGANISATION_REVIEW),
    (S.INFORMATION_REQUESTED, Move.GIVE_UP_ANSWER): Step(_SYSTEM, S.ORGANISATION_REVIEW),
    **{(status, Move.WITHDRAW): Step(_WITHDRAWERS, S.WITHDRAWN) for status in OPEN},
    **{(status, Move.CANCEL): Step(_STAFF | _SYSTEM, S.CANCELLED) for status in OPEN},
}

SUBMITTERS = _CONSULTANT
"""Who may submit, and ask to reconsider; a submission has no state to start from."""
CASE_CLOSERS = _STAFF
"""Who may close a case."""

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
    if move in {Move.APPROVE, Move.DECLINE, Move.ASK_QUESTION} and status in {S.APPROVED, S.DECLINED}:
        return AlreadyDecided(Outcome(status.value), granted)
    if move in {Move.CONFIRM, Move.CONFIRM_FOR_CLINICAL_REVIEW} and status in HELD:
        return AlreadyConfirmed()
    return NotOpen(shown)


def outcome_of(status: RequestStatus) -> Outcome | None:
    """Return the outcome: one of two, or None until there is one."""
    return Outcome(status.value) if status in {S.APPROVED, S.DECLINED} else None
