"""Says before each move whether it will be made, or with which code it will be refused."""

from datetime import date, datetime

from models.actor import Actor
from tests.life.cast import Case
from tests.life.law import MANAGER, OPEN, REVIEWER, TABLE, WHO
from tests.life.lives import Life

MOST_QUESTIONS = 2
RECONSIDERED_WITHIN = 10


def sees(who: str, actor: Actor, case: Case, life: Life, now: datetime) -> bool:
    """Whether a request exists for somebody at all."""
    match actor.role.value:
        case "CONSULTANT":
            return who in case.appointments
        case "PRACTICE_MANAGER":
            return actor.practice_id == case.practice_id
        case "ORG_REVIEWER":
            return life.released_at is not None and life.released_at <= now and _employs(actor, case)
        case "CLINICAL_REVIEWER":
            return life.reviewed
        case other:
            return other == "PROVIDER_STAFF"


def _employs(actor: Actor, case: Case) -> bool:
    return actor.organisation_id == case.organisation_id


def refusal(move: str, role: str, life: Life, now: datetime, *, visible: bool, left: bool) -> str | None:
    """Return the code of the refusal; None for a move that will be made. ``left``: the request's consultant is gone."""
    if role not in WHO[move]:
        return "NOT_ALLOWED"
    if not visible:
        return "NOT_FOUND"
    if role == MANAGER and not left:
        return "NOT_ALLOWED"
    if move == "reconsider" and (life.reconsideration or life.reconsidered):
        return "ALREADY_RECONSIDERED"
    if (life.status, move) not in TABLE:
        return wrong_state(move, life.status)
    return _GUARDS.get(move, _never)(life, role, now)


def wrong_state(move: str, status: str) -> str:
    if move in {"approve", "decline", "ask_question"} and status in {"APPROVED", "DECLINED"}:
        return "ALREADY_DECIDED"
    if move == "confirm" and status in OPEN:
        return "ALREADY_CONFIRMED"
    return "NOTHING_REFUSED" if move == "reconsider" else "NOT_OPEN"


def _never(_life: Life, _role: str, _now: datetime) -> str | None:
    return None


def _too_late_to_confirm(life: Life, _role: str, now: datetime) -> str | None:
    return "NOT_OPEN" if now > life.clocks["CONFIRMATION"].due else None


def _too_late_to_answer(life: Life, _role: str, now: datetime) -> str | None:
    return "NOT_OPEN" if now > life.clocks["ANSWER"].due else None


def _too_late_for_details(life: Life, _role: str, now: datetime) -> str | None:
    return "NOT_OPEN" if now > life.clocks["DETAILS"].due else None


def _not_the_decider(life: Life, role: str, _now: datetime) -> str | None:
    delegated = life.terms.delegation != "NONE" or life.withheld or life.matched
    return None if role == REVIEWER or delegated else "NOT_ALLOWED"


def _no_more_questions(life: Life, _role: str, now: datetime) -> str | None:
    if life.questions == MOST_QUESTIONS:
        return "TOO_MANY_QUESTIONS"
    return "DECISION_OVERDUE" if now > life.clocks["DECISION"].due else None


def _nothing_drafted(life: Life, role: str, now: datetime) -> str | None:
    return _too_late_to_answer(life, role, now) or (None if life.drafted else "NO_DRAFT")


def _relayed(life: Life, _role: str, _now: datetime) -> str | None:
    return None if "RELAY" in life.clocks else "ALREADY_RELAYED"


def _not_reconsidered(life: Life, _role: str, now: datetime) -> str | None:
    if life.granted == life.asked:
        return "NOTHING_REFUSED"
    return "TOO_LATE" if life.book.day(now) > last_to_reconsider(life) else None


def last_to_reconsider(life: Life) -> date:
    """Return the organisation's day by whose end it must be asked."""
    assert life.decided_on is not None
    return life.book.step(life.decided_on, RECONSIDERED_WITHIN)


_GUARDS = {
    "revise": _too_late_to_confirm,
    "confirm": _too_late_to_confirm,
    "answer_details": _too_late_for_details,
    "draft_answer": _too_late_to_answer,
    "approve": _not_the_decider,
    "decline": _not_the_decider,
    "ask_question": _no_more_questions,
    "release_answer": _nothing_drafted,
    "confirm_relay": _relayed,
    "reconsider": _not_reconsidered,
}
