"""What the tests of the reads ask for, and an ear at the database for how it was asked."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from sqlalchemy import Engine, event

from models.actor import Actor
from models.clock import Clock
from models.database import Database
from models.queries.reading import reading_as
from models.views.want import Page, Want, asking

T = TypeVar("T")

PRACTICE = asking("id", "name", "suburb", "time_zone")
CLIENT = asking(
    "display_name", "email", "phone", "date_of_birth", "employee_number", "masked_fields", cases=asking("id", "number")
)
CONSULTANT = asking("id", "name", practice=PRACTICE)
REQUEST = asking(
    "id",
    "reference",
    "version",
    "status",
    "outcome",
    "requestor",
    "sessions_requested",
    "sessions_granted",
    "entitled_sessions",
    "date_of_request",
    "clinical_review",
    "decision",
    "deadlines",
    "timeline",
    "available_actions",
    "masked_fields",
    organisation=asking("id", "name"),
    case=asking("id", "number"),
    practice=PRACTICE,
    consultant=CONSULTANT,
    client=CLIENT,
    reconsideration_of=asking("id", "reference"),
    questions=asking("number", "topic", "text", "state", "asked_on", "ended_on", "answer", "asked_at", "draft"),
    goal=asking("category", "statement"),
    referral_pathway=asking("planned", "kind", "detail"),
)
"""Everything that a request can be asked for."""


def a_list_of(nodes: Want) -> Want:
    """Ask for a whole connection of ``nodes``."""
    return asking("total_count", nodes=nodes, edges=asking("cursor"), page_info=asking("has_next_page", "end_cursor"))


def a_case(**parts: Want) -> Want:
    """Ask for everything of a case, with a page of each of its lists."""
    own = ("id", "number", "status", "sessions", "available_actions", "booking_hold", "extra_sessions_form")
    whole = asking(*own, organisation=asking("id", "name"), practice=PRACTICE, client=CLIENT, **parts)
    whole.pages["appointments"] = {Page(20): a_list_of(asking("id", "starts_at", consultant=CONSULTANT))}
    whole.pages["requests"] = {Page(5): a_list_of(REQUEST)}
    return whole


CASE = a_case(open_request=REQUEST)
APPOINTMENT = asking("id", "starts_at", "ends_at", "status", client=CLIENT, case=CASE, consultant=CONSULTANT)


async def read(
    database: Database, clock: Clock, by: Actor, query: Callable[..., Awaitable[T]], *arguments: Any, **named: Any
) -> T:
    """Run one query as one root field would: in a snapshot of its own, as this actor."""
    async with reading_as(by, database=database, at=clock.now()) as reading:
        return await query(reading, *arguments, **named)


@contextmanager
def listening() -> Iterator[list[str]]:
    """Collect the text of every statement that any engine runs meanwhile."""
    heard: list[str] = []

    def hear(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        heard.append(statement)

    event.listen(Engine, "before_cursor_execute", hear)
    try:
        yield heard
    finally:
        event.remove(Engine, "before_cursor_execute", hear)
