"""What each refusal says to the person, in its own words."""

from tests.life.law import REVIEWER
from tests.life.lives import Life

_PLAIN = {
    "ALREADY_CONFIRMED": "This request was already confirmed; nothing more is needed.",
    "ALREADY_RECONSIDERED": "Reconsideration can be asked for once only, and not of a reconsideration.",
    "ALREADY_RELAYED": "The outcome has reached both parties already; nothing more is needed.",
    "DECISION_OVERDUE": "The decision is overdue; it is too late for a question. Approve or decline now.",
    "NOTHING_REFUSED": "Only a request that was declined, or approved for fewer sessions, can be reconsidered.",
    "NOT_FOUND": "There is nothing here with this id that you may act on.",
    "NO_DRAFT": "The consultant has drafted no answer yet; there is nothing to release.",
    "OPEN_REQUEST_EXISTS": "This case already has an open request; withdraw it, or wait for its outcome.",
    "TASK_ENDED": "This task has ended already; nothing more is needed.",
    "TOO_MANY_QUESTIONS": "At most 2 questions can be asked about a request; decide on what it says now.",
}
_BEGINNINGS = {
    "CASE_CLOSED": ("This case is closed",),
    "CLOSES_BY_ITSELF": ("This task closes by itself: ",),
    "NOT_ALLOWED": (
        "Your role may not do this.",
        "Under this agreement the decision is not yours to make.",
        "The consultant answers",
    ),
    "STALE_VERSION": ("The request has changed since you loaded it; it is now at version ",),
    "TOO_LATE": ("Reconsideration could be asked for until 202",),
}
_OVER = {"revise": "EXPIRED", "confirm": "EXPIRED", "answer_details": "LAPSED", "draft_answer": "ORGANISATION_REVIEW"}
"""What a request is as soon as the time for a move is over, whether or not the clock has said so."""
_WAITS_FOR = {"revise": "SUBMITTED", "confirm": "SUBMITTED", "answer_details": "AWAITING_DETAILS"}


def clear(code: str, said: str, *, move: str, role: str, life: Life | None = None) -> bool:
    """Whether a refusal of this code says what it should of this request."""
    if code in _PLAIN:
        return said == _PLAIN[code]
    if code in _BEGINNINGS:
        return said.startswith(_BEGINNINGS[code])
    assert life is not None, code
    if code == "ALREADY_DECIDED":
        sessions = f" for {life.granted} session{'s' if life.granted != 1 else ''}" if life.granted else ""
        return said == f"This request was already {life.status.lower()}{sessions}; that decision stands."
    return code == "NOT_OPEN" and said == f"This can't be done while the request is {_shown(move, role, life)}."


def _shown(move: str, role: str, life: Life) -> str:
    if _WAITS_FOR.get(move, "INFORMATION_REQUESTED") == life.status and move in {*_OVER, "release_answer"}:
        return _OVER.get(move, "ORGANISATION_REVIEW")
    return "WITHDRAWN" if role == REVIEWER and life.status == "CANCELLED" else life.status
