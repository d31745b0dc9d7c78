"""Seeded leaks of what comes after a release, and of what never leads to one: questions, ends, reviews, the clock."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from sqlalchemy import and_, select

from models.actor import SYSTEM
from models.mail_owed import owe_reviewers
from models.operations import draft_answer, ending, performing, recompute_deadlines, watch_deadline
from models.queries import (
    mails,
    questions,
    recounts,
    request_lists,
    request_parts,
    request_rows,
    request_summaries,
    requests,
)
from models.rules.vocabulary import DeadlineKind, MailKind, RequestStatus
from models.tables import Deadline, ExtraSessionsRequest, OrganisationQuestion
from tests.confidentiality.leaks_beside import told_by_mail
from tests.confidentiality.leaks_of_lists import SELECTED, SHOWN
from tests.confidentiality.swapping import leak, replaced, swapped

LIVES = "the whole life of a request"


def of(module: Any) -> Any:
    """Return a module for what it imports, too."""
    return module


@leak(LIVES, "answer")
@contextmanager
def a_question_that_shows_its_draft() -> Iterator[None]:
    with swapped(questions, "projected_question", lambda state: state):
        yield


@leak(LIVES, "answer", "column")
@contextmanager
def the_moment_of_a_question() -> Iterator[None]:
    sound = questions.load_questions

    async def load(reading: Any, request_ids: Any, want: Any) -> Any:
        found = await sound(reading, request_ids, want)
        asked = select(OrganisationQuestion.request_id, OrganisationQuestion.number, OrganisationQuestion.asked_at)
        moments = {(row.request_id, row.number): row.asked_at for row in await reading.rows(asked)}
        return {
            request_id: [replace(view, asked_at=moments[request_id, view.number]) for view in views]
            for request_id, views in found.items()
        }

    with swapped(requests, "load_questions", load):
        yield


@leak(LIVES, "answer")
@contextmanager
def a_version_that_counts_drafts() -> Iterator[None]:
    with swapped(draft_answer, "changed_unseen", performing.changed):
        yield


@leak(LIVES, "mail")
@contextmanager
def a_mail_for_a_draft() -> Iterator[None]:
    sound = of(draft_answer).open_task

    async def open_task(session: Any, kind: Any, request_id: str, *, at: Any) -> bool:
        request = (
            await session.execute(select(ExtraSessionsRequest).where(ExtraSessionsRequest.id == request_id))
        ).scalar_one()
        await owe_reviewers(session, MailKind.REVIEW_ENDED, request, at=at)
        return bool(await sound(session, kind, request_id, at=at))

    with swapped(draft_answer, "open_task", open_task):
        yield


@leak(LIVES, "answer")
@contextmanager
def a_status_that_tells_of_a_closed_case() -> Iterator[None]:
    with swapped(request_rows, "projected_status", lambda status: status):
        yield


@leak(LIVES, "answer")
@contextmanager
def a_timeline_that_tells_of_a_closed_case() -> Iterator[None]:
    with swapped(request_parts, "projected_event", lambda event: event):
        yield


@leak(LIVES, "mail")
@contextmanager
def a_mail_that_says_why_a_review_ended() -> Iterator[None]:
    with told_by_mail(ExtraSessionsRequest.status, lambda message, why: message.add_header("X-Why", str(why))):
        yield


@leak(LIVES, "mail")
@contextmanager
def a_mail_with_the_minute_of_an_end() -> Iterator[None]:
    sound = of(ending).owe_reviewers

    async def owe(session: Any, kind: Any, request: Any, **given: Any) -> None:
        await sound(session, kind, request, **{**given, "bears": given["at"]})

    with swapped(ending, "owe_reviewers", owe):
        yield


@contextmanager
def _mails_about_what_is_not_released() -> Iterator[None]:
    """Without the last defence: a mail's reader need not see its request."""
    sound = of(mails).request_of

    async def request_of(reading: Any, request_id: str, want: Any) -> Any:
        shown = await sound(reading, request_id, want)
        return shown or await sound(replace(reading, by=SYSTEM), request_id, want)

    with swapped(mails, "request_of", request_of):
        yield


@leak(LIVES, "mail")
@contextmanager
def a_reminder_of_what_is_not_released() -> Iterator[None]:
    async def remind(look: Any) -> None:
        await owe_reviewers(look.session, MailKind.REVIEW_REMINDER, look.request, at=look.now, bears=look.moment)

    reminders: Any = watch_deadline._REMINDERS  # noqa: SLF001 - a leak changes what the product keeps to itself
    leaking = {**reminders, DeadlineKind.DECISION: remind}
    with _mails_about_what_is_not_released(), swapped(watch_deadline, "_REMINDERS", leaking):
        yield


@leak(LIVES, "answer", "column")
@contextmanager
def the_number_that_a_clinical_review_was_asked_for() -> Iterator[None]:
    number = {"sessions_requested": lambda row, _: row.sessions_requested}
    with replaced(SELECTED, sessions_requested=("sessions_requested",)), replaced(SHOWN, **number):
        yield


@leak(LIVES, "answer")
@contextmanager
def a_summary_of_what_is_not_released() -> Iterator[None]:
    def whole_organisation(by: Any, _now: Any) -> Any:
        return and_(ExtraSessionsRequest.organisation_id == by.organisation_id)

    with swapped(request_summaries, "visible_requests", whole_organisation):
        yield


@leak(LIVES, "answer")
@contextmanager
def a_filter_by_deadlines_that_are_not_shown() -> Iterator[None]:
    with swapped(request_lists, "shows_deadline", lambda *_: True):
        yield


@leak(LIVES, "answer", "column")
@contextmanager
def due_days_of_the_relay() -> Iterator[None]:
    """A request is found by the day on which its outcome must have been told."""
    sound = request_lists._due_within  # noqa: SLF001 - a leak changes what the product keeps to itself

    async def within(reading: Any, filtered: Any) -> Any:
        due = select(Deadline.request_id).where(Deadline.kind == DeadlineKind.RELAY, Deadline.met_at.is_(None))
        return await sound(reading, filtered) & ExtraSessionsRequest.id.in_(due)

    with swapped(request_lists, "_due_within", within):
        yield


@leak(LIVES, "answer")
@contextmanager
def an_entry_for_a_due_date_that_is_not_shown() -> Iterator[None]:
    sound = of(recompute_deadlines).record

    def record(*args: Any, **given: Any) -> None:
        sound(*args, **{**given, "hidden": False})

    with swapped(recompute_deadlines, "record", record):
        yield


@leak(LIVES, "answer")
@contextmanager
def a_version_that_counts_due_dates_that_are_not_shown() -> Iterator[None]:
    sound = of(recompute_deadlines).record

    def record(session: Any, event: Any, request: Any, **given: Any) -> None:
        request.organisation_version += given["hidden"] and request.is_released
        sound(session, event, request, **given)

    with swapped(recompute_deadlines, "record", record):
        yield


@leak(LIVES, "answer")
@contextmanager
def a_queue_without_what_staff_may_decide() -> Iterator[None]:
    """A match that came to light after the release takes a request out of the reviewers' queue."""
    sound = request_lists.awaiting

    def awaiting(reading: Any) -> Any:
        return sound(reading) & ExtraSessionsRequest.account_matches_client.is_(False)

    with swapped(request_summaries, "awaiting", awaiting):
        yield


@leak(LIVES, "statements")
@contextmanager
def a_calendar_noted_until_an_outcome_is_relayed() -> Iterator[None]:
    """Of two decided requests, a reviewer's late decision reads another agreement for the one that is not relayed."""
    with swapped(recounts, "OPEN", frozenset(RequestStatus)):
        yield
