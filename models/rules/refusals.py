"""Every way in which the business says no, as one tree.

Refusal
├── NotFound            there is no such thing, or this actor may not know of it: the two look the same
├── NotAllowed          this role, or this agreement, does not permit the move
├── Malformed           what was asked can't be read: a page size, a cursor, an id (a top-level error, not a user error)
├── Forbidden           this role has no such field to read at all (a top-level error too)
├── CursorExpired       the events behind a cursor are too long ago to be sent again (in ``replay``)
├── form refusals       NoSessions TooManySessions DateNotToday ConsentMissing RequestorNotAllowed
│                       TextMissing TextTooLong TextInvalid
│                       UnknownQuestion AnswersIncomplete
├── ReasonMissing NotPartOfVerdict   of a clinical review (in ``clinical_review``)
├── IdentifierFound     a text that goes to an organisation tells of the client, the consultant or the practice
│                       (in ``identifier_found``)
├── of a webhook        UrlInvalid AccountUnfit TypesMissing (in ``webhooks``)
├── state refusals      CaseClosed OpenRequestExists AlreadyConfirmed AlreadyDecided NotOpen StaleVersion
│                       TooManyQuestions DecisionOverdue NoDraft NothingRefused AlreadyReconsidered TooLate
│                       AlreadyRelayed ClosesByItself TaskEnded
└── IdempotencyKeyReused
"""

from datetime import date

from models.rules.vocabulary import Outcome, RequestStatus


class Refusal(Exception):
    """Raised by rules and operations; raising it rolls the transaction back.

    ``code`` is what a front end switches on, ``message`` is for the person, ``path`` names the input field.
    """

    code: str

    def __init__(self, message: str, path: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.path = path


class NotFound(Refusal):
    code = "NOT_FOUND"

    def __init__(self, field: str) -> None:
        super().__init__("There is nothing here with this id that you may act on.", (field,))


class NotAllowed(Refusal):
    code = "NOT_ALLOWED"

    def __init__(self, message: str = "Your role may not do this.") -> None:
        super().__init__(message)


class Malformed(Refusal):
    code = "BAD_USER_INPUT"


class Forbidden(Refusal):
    """By role and operation alone, never by object."""

    code = "FORBIDDEN"

    def __init__(self) -> None:
        super().__init__("Your role has no access to this field.")


class NoSessions(Refusal):
    code = "NO_SESSIONS"

    def __init__(self, field: str) -> None:
        super().__init__("It takes 1 session at least.", (field,))


class TooManySessions(Refusal):
    code = "TOO_MANY_SESSIONS"

    def __init__(self, field: str, most: int) -> None:
        super().__init__(f"At most {_sessions(most)} can be asked for, or granted, here.", (field,))


class DateNotToday(Refusal):
    code = "DATE_NOT_TODAY"

    def __init__(self, today: date) -> None:
        super().__init__(f"The date of request must be today, {today.isoformat()}.", ("dateOfRequest",))


class ConsentMissing(Refusal):
    code = "CONSENT_MISSING"

    def __init__(self) -> None:
        super().__init__("Ask the client first, then declare that they consent.", ("clientConsents",))


class RequestorNotAllowed(Refusal):
    code = "REQUESTOR_NOT_ALLOWED"

    def __init__(self) -> None:
        super().__init__("Only the consultant can be the requestor here.", ("requestor",))


class TextMissing(Refusal):
    code = "TEXT_MISSING"

    def __init__(self, path: tuple[str, ...]) -> None:
        super().__init__("Write at least one word here.", path)


class TextTooLong(Refusal):
    code = "TEXT_TOO_LONG"

    def __init__(self, path: tuple[str, ...], most: int) -> None:
        super().__init__(f"Shorten this to {most:,} characters.", path)


class TextInvalid(Refusal):
    code = "TEXT_INVALID"

    def __init__(self, path: tuple[str, ...]) -> None:
        super().__init__("This holds invisible control characters; remove them, or type the text again.", path)


class UnknownQuestion(Refusal):
    code = "UNKNOWN_QUESTION"

    def __init__(self, path: tuple[str, ...]) -> None:
        super().__init__("This is none of the questions that were asked; load them again.", path)


class AnswersIncomplete(Refusal):
    code = "ANSWERS_INCOMPLETE"

    def __init__(self, missing: str) -> None:
        super().__init__(f"Answer this question too: {missing}", ("answers",))


class CaseClosed(Refusal):
    code = "CASE_CLOSED"

    def __init__(self, message: str = "This case is closed; a closed case takes no requests.") -> None:
        super().__init__(message)


class OpenRequestExists(Refusal):
    code = "OPEN_REQUEST_EXISTS"

    def __init__(self) -> None:
        super().__init__("This case already has an open request; withdraw it, or wait for its outcome.")


class AlreadyConfirmed(Refusal):
    code = "ALREADY_CONFIRMED"

    def __init__(self) -> None:
        super().__init__("This request was already confirmed; nothing more is needed.")


class AlreadyDecided(Refusal):
    """The first decision wins; the second is told the first one's outcome."""

    code = "ALREADY_DECIDED"

    def __init__(self, outcome: Outcome, granted: int | None = None) -> None:
        sessions = "" if granted is None else f" for {_sessions(granted)}"
        super().__init__(f"This request was already {outcome.value.lower()}{sessions}; that decision stands.")


class NotOpen(Refusal):
    code = "NOT_OPEN"

    def __init__(self, status: RequestStatus) -> None:
        super().__init__(f"This can't be done while the request is {status.value}.")


class TooManyQuestions(Refusal):
    code = "TOO_MANY_QUESTIONS"

    def __init__(self, most: int) -> None:
        super().__init__(f"At most {most} questions can be asked about a request; decide on what it says now.")


class DecisionOverdue(Refusal):
    code = "DECISION_OVERDUE"

    def __init__(self) -> None:
        super().__init__("The decision is overdue; it is too late for a question. Approve or decline now.")


class NoDraft(Refusal):
    code = "NO_DRAFT"

    def __init__(self) -> None:
        super().__init__("The consultant has drafted no answer yet; there is nothing to release.")


class NothingRefused(Refusal):
    code = "NOTHING_REFUSED"

    def __init__(self) -> None:
        super().__init__("Only a request that was declined, or approved for fewer sessions, can be reconsidered.")


class AlreadyReconsidered(Refusal):
    code = "ALREADY_RECONSIDERED"

    def __init__(self) -> None:
        super().__init__("Reconsideration can be asked for once only, and not of a reconsideration.")


class TooLate(Refusal):
    code = "TOO_LATE"

    def __init__(self, last_day: date) -> None:
        super().__init__(f"Reconsideration could be asked for until {last_day.isoformat()}; make a new request.")


class AlreadyRelayed(Refusal):
    code = "ALREADY_RELAYED"

    def __init__(self) -> None:
        super().__init__("The outcome has reached both parties already; nothing more is needed.")


class ClosesByItself(Refusal):
    code = "CLOSES_BY_ITSELF"

    def __init__(self, what: str) -> None:
        super().__init__(f"This task closes by itself: {what}")


class TaskEnded(Refusal):
    code = "TASK_ENDED"

    def __init__(self) -> None:
        super().__init__("This task has ended already; nothing more is needed.")


class StaleVersion(Refusal):
    code = "STALE_VERSION"

    def __init__(self, version: int) -> None:
        super().__init__(
            f"The request has changed since you loaded it; it is now at version {version}. Load it again.",
            ("expectedVersion",),
        )


class IdempotencyKeyReused(Refusal):
    code = "IDEMPOTENCY_KEY_REUSED"

    def __init__(self) -> None:
        super().__init__("This idempotency key was used with another input; make a new key.", ("idempotencyKey",))


def _sessions(number: int) -> str:
    return "1 session" if number == 1 else f"{number} sessions"
