"""Who is told of which events: on a request's timeline, and in streams of all that happens."""

from collections.abc import Iterator
from typing import Final

from models.rules.access import Acting, Scope, scope_of
from models.rules.confidentiality import sees_projection
from models.rules.vocabulary import DeadlineKind, EventType, MailKind, Role

E = EventType

MAIL_EVENTS: Final = frozenset({E.MAIL_ACCEPTED, E.MAIL_REJECTED, E.MAIL_SUPPRESSED})
DEADLINE_EVENTS: Final = frozenset({E.DEADLINE_AT_RISK, E.DEADLINE_OVERDUE})
_CASE_EVENTS: Final = frozenset(
    {E.CASE_OPENED, E.CASE_CHANGED, E.CASE_CLOSED, E.APPOINTMENT_ADDED, E.APPOINTMENT_CHANGED}
)
_STAFF_EVENTS: Final = frozenset({E.WITHHELD, E.MATCH_FOUND}) | MAIL_EVENTS
_ORGANISATION_EVENTS: Final = (
    frozenset(
        {
            E.RELEASED,
            E.QUESTION_ASKED,
            E.QUESTION_ANSWERED,
            E.QUESTION_UNANSWERED,
            E.DUE_DATE_MOVED,
            E.APPROVED,
            E.DECLINED,
            E.WITHDRAWN,
            E.CANCELLED,
        }
    )
    | DEADLINE_EVENTS
)
_STREAM_ALONE: Final = MAIL_EVENTS | DEADLINE_EVENTS | _CASE_EVENTS | {E.HEARTBEAT}
"""What follows from a timeline's own entries and from its deadlines, or is no request's."""


def projected_event(event: EventType) -> EventType:
    """Return the event as the organisation may know it: a closed case would say something about the person."""
    return E.WITHDRAWN if event is E.CANCELLED else event


def events_behind(shown: EventType) -> Iterator[EventType]:
    """Yield the real events that the organisation sees as ``shown``."""
    return (event for event in EventType if projected_event(event) is shown)


def organisation_sees(event: EventType, detail: DeadlineKind | MailKind | None = None) -> bool:
    """Whether an organisation may know of such an event on a request that it has been released.

    Of the deadlines it knows its own decision's alone.
    """
    if event in DEADLINE_EVENTS:
        return detail is DeadlineKind.DECISION
    return event in _ORGANISATION_EVENTS


def shown_events(actor: Acting) -> frozenset[EventType]:
    """Return the events that this actor may be told of within its scope; an unknown role of none.

    What became of an e-mail, and that an account matches, staff alone are told.
    """
    if scope_of(actor) is Scope.NOTHING:
        return frozenset()
    if sees_projection(actor):
        return _ORGANISATION_EVENTS
    told = frozenset(EventType) - {E.HEARTBEAT}
    return told if actor.role in {Role.PROVIDER_STAFF, Role.SYSTEM} else told - _STAFF_EVENTS


def timeline_events(actor: Acting) -> frozenset[EventType]:
    """Return those of them that are entries of a request's timeline."""
    return shown_events(actor) - _STREAM_ALONE
