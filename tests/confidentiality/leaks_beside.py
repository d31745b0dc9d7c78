"""Seeded leaks of times, of the history's numbers, of e-mails, and of what is written down for operators."""

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from email.message import EmailMessage
from itertools import count
from typing import Any

import orjson
import structlog
from sqlalchemy import select

from api import errors, faults
from api.graphql import GraphQLEndpoint
from api.metrics import REQUEST_SECONDS, REQUEST_STATEMENTS, REQUESTS
from api.tally import current
from jobs import letters
from jobs.writing import Writer
from models import mail_owed
from models.operations import confirm_request
from models.outbox import Job, enqueue
from models.queries import mails, request_parts, requests
from models.rules.vocabulary import EventType
from models.tables import AssistCase, Consultant, Event, ExtraSessionsRequest
from tests.confidentiality.leaks_of_lists import SELECTED, SHOWN
from tests.confidentiality.swapping import leak, replaced, swapped

TIMES = "timestamps finer than a day"
NUMBERS = "event numbers and gaps"
MAILS = "e-mail headers and Message-IDs"
OPERATORS = "logs, metrics labels, job payloads, exception reports"


@leak(TIMES, "answer")
@contextmanager
def the_moment_of_each_event() -> Iterator[None]:
    sound = request_parts.load_timelines

    async def load(reading: Any, request_ids: Any) -> Any:
        timelines = await sound(reading, request_ids)
        statement = select(Event.request_id, Event.occurred_at).where(Event.organisation_sees).order_by(Event.seq)
        moments = defaultdict[str, list[Any]](list)
        for row in await reading.rows(statement):
            moments[row.request_id].append(row.occurred_at)
        for request_id, entries in timelines.items():
            timed = zip(entries, moments[request_id], strict=False)  # what this very mutation did stands in no row yet
            timelines[request_id] = [replace(entry, occurred_at=at) for entry, at in timed]
        return timelines

    with swapped(requests, "load_timelines", load):
        yield


@leak(TIMES, "answer", "column")
@contextmanager
def the_day_of_submission_for_that_of_release() -> Iterator[None]:
    day = {"date_of_request": lambda row, _: row.date_of_request}
    with replaced(SELECTED, date_of_request=("date_of_request",)), replaced(SHOWN, **day):
        yield


@leak(NUMBERS, "answer")
@contextmanager
def events_from_before_the_release() -> Iterator[None]:
    with (
        swapped(request_parts, "sees_projection", lambda _: False),
        swapped(request_parts, "timeline_events", lambda _: frozenset(EventType)),
        swapped(request_parts, "shows_deadline", lambda *_: True),
    ):
        yield


@leak(NUMBERS, "answer")
@contextmanager
def gaps_between_the_numbers_of_events() -> Iterator[None]:
    sound = request_parts.load_timelines

    async def load(reading: Any, zones: Any) -> Any:
        timelines = await sound(reading, zones)
        statement = select(Event.request_id, Event.seq).where(Event.request_id.in_(zones), Event.organisation_sees)
        for row in await reading.rows(statement):
            timelines[row.request_id] += timelines[row.request_id][:1] * (row.seq % 5)
        return timelines

    with swapped(requests, "load_timelines", load):
        yield


@contextmanager
def _written(change: Any) -> Iterator[None]:
    sound = Writer.write

    def write(self: Writer, template: str, **given: Any) -> EmailMessage:
        message = sound(self, template, **given)
        change(message, given)
        return message

    with swapped(Writer, "write", write):
        yield


@leak(MAILS, "token prefix")
@contextmanager
def message_ids_that_count() -> Iterator[None]:
    numbers = count(1)

    def change(message: EmailMessage, _: Any) -> None:
        message.replace_header("Message-ID", f"<{next(numbers):032x}@harbour.example>")

    with _written(change):
        yield


@contextmanager
def told_by_mail(column: Any, show: Any) -> Iterator[None]:
    """Let whoever writes a mail know more of its request, and write it into the message."""
    sound, known = mails.owed_mail, dict[str, Any]()

    async def owed(reading: Any, mail_id: str) -> Any:
        mail = await sound(reading, mail_id)
        if mail is not None:
            statement = (
                select(column)
                .select_from(ExtraSessionsRequest)
                .join(AssistCase, AssistCase.id == ExtraSessionsRequest.case_id)
            )
            statement = statement.join(Consultant, Consultant.id == ExtraSessionsRequest.consultant_id)
            rows = await reading.rows(statement.where(ExtraSessionsRequest.id == mail.request.id))
            known[mail_id] = rows[0][0]
        return mail

    def change(message: EmailMessage, given: Any) -> None:
        show(message, known[given["mail_id"]])

    with swapped(letters, "owed_mail", owed), _written(change):
        yield


@leak(MAILS, "mail", "answer")
@contextmanager
def a_header_that_names_the_case() -> Iterator[None]:
    with told_by_mail(AssistCase.number, lambda message, number: message.add_header("X-Case", number)):
        yield


@leak(MAILS, "mail")
@contextmanager
def a_reply_address_of_the_consultant() -> Iterator[None]:
    with told_by_mail(Consultant.email, lambda message, address: message.add_header("Reply-To", address)):
        yield


@leak(MAILS, "mail")
@contextmanager
def the_minute_of_the_submission_as_the_date() -> Iterator[None]:
    def show(message: EmailMessage, at: Any) -> None:
        message.replace_header("Date", at.strftime("%a, %d %b %Y %H:%M:%S +0000"))

    with told_by_mail(ExtraSessionsRequest.submitted_at, show):
        yield


@leak(OPERATORS, "log")
@contextmanager
def a_log_of_variables() -> Iterator[None]:
    sound = GraphQLEndpoint.parse_http_body

    async def parse(endpoint: Any, request: Any) -> Any:
        data = await sound(endpoint, request)
        structlog.get_logger().info("operation", variables=orjson.dumps(data.variables).decode())
        return data

    with swapped(GraphQLEndpoint, "parse_http_body", parse):
        yield


@leak(OPERATORS, "metric")
@contextmanager
def a_label_with_what_was_asked_for() -> Iterator[None]:
    """Each request is counted by its variables."""
    sound = GraphQLEndpoint.execute_single

    async def execute(endpoint: Any, *args: Any, **given: Any) -> Any:
        result = await sound(endpoint, *args, **given)
        if tally := current.get():
            tally.operation = str(given["request_data"].variables)
        return result

    with swapped(GraphQLEndpoint, "execute_single", execute):
        yield
    for counted in (REQUESTS, REQUEST_SECONDS, REQUEST_STATEMENTS):
        counted.clear()


@leak(OPERATORS, "log")
@contextmanager
def a_report_of_a_fault_with_its_values() -> Iterator[None]:
    sound = faults.facts_of

    def facts(fault: BaseException) -> dict[str, str]:
        return {**sound(fault), "text": f"{fault} {getattr(fault, 'params', '')!r}"}

    with swapped(errors, "facts_of", facts):
        yield


@leak(OPERATORS, "job")
@contextmanager
def a_job_that_carries_the_case_number() -> Iterator[None]:
    sound = mail_owed.owe_mail

    def owe(session: Any, kind: Any, request_id: str, **given: Any) -> None:
        sound(session, kind, request_id, **given)
        cases = [row for row in session.identity_map.values() if isinstance(row, AssistCase)]
        enqueue(session, Job("received_email", {"mail_id": cases[0].number}), at=given["at"])

    with swapped(confirm_request, "owe_mail", owe):
        yield
