"""Each kind of e-mail is sent by its actor: to its one reader, with the values that its template asks for."""

from dataclasses import replace
from datetime import datetime, timedelta
from email.message import EmailMessage
from typing import Any

import pytest

from jobs.emails import EMAILS
from models import tables
from models.database import Database
from models.deadlines import add_deadline, meet_deadline
from models.ids import new_id
from models.mail_owed import actor_of, owe_mail
from models.operations.resuming import resume_review
from models.queries.agreements import terms_of
from models.rules.mails import READERS
from models.rules.vocabulary import DeadlineKind, MailKind, QuestionState, QuestionTopic, RequestStatus, Role
from models.tables import ExtraSessionsRequest, OrganisationQuestion
from tests.builders import World, a_world, confirmed, released
from tests.clock import FixedClock
from tests.jobs.workshop import Outbox, surroundings
from tests.operations.acting import approve, decline
from tests.operations.ledger import rows, the_mail
from tests.rows import building

S = RequestStatus
STATUS = {
    MailKind.EXPIRED: S.EXPIRED,
    MailKind.LAPSED: S.LAPSED,
    MailKind.CANCELLED: S.CANCELLED,
    **dict.fromkeys((MailKind.DETAILS_NEEDED, MailKind.DETAILS_REMINDER), S.AWAITING_DETAILS),
    **dict.fromkeys((MailKind.QUESTION_ASKED, MailKind.ANSWER_DRAFTED), S.INFORMATION_REQUESTED),
    **dict.fromkeys((MailKind.OUTCOME_CONSULTANT, MailKind.OUTCOME_CLIENT, MailKind.RELAY_STUCK), S.DECLINED),
    MailKind.CLINICAL_REVIEW_WAITING: S.CLINICAL_REVIEW,
    MailKind.REVIEW_ENDED: S.WITHDRAWN,
}
"""Where a kind's request stands; where it is not listed, in its organisation's review."""
BACKUP = "backup@employer.example"


@pytest.mark.parametrize("kind", MailKind)
async def test_each_kind_goes_to_its_reader_and_is_on_record(
    database: Database, clock: FixedClock, kind: MailKind
) -> None:
    world = await a_world(database, clock, backup_reviewer=BACKUP, client={"email": "ana@home.example"})
    request_id = await a_request(world, STATUS.get(kind, S.ORGANISATION_REVIEW))
    message = await sent(world, kind, request_id)
    assert message["To"] == await address(world, kind)
    assert (await the_mail(world, kind)).accepted_at == clock.now()


async def test_a_clinical_reviewer_is_told_the_case(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    message = await sent(world, MailKind.CLINICAL_REVIEW_WAITING, await a_request(world, S.CLINICAL_REVIEW))
    assert f"Case: {world.case.number}" in text_of(message)


async def test_a_later_round_of_details_counts_by_its_own_date(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    request_id = await a_request(world, S.AWAITING_DETAILS)
    await due(world, request_id, DeadlineKind.DETAILS, clock.now() + timedelta(days=30), after_meeting_the_first=True)
    message = await sent(world, MailKind.DETAILS_NEEDED, request_id)
    assert "Wednesday 23 December 2026" in text_of(message)


@pytest.mark.parametrize(
    ("hours_late", "told"),
    [
        ({DeadlineKind.CLINICAL_REVIEW: 2}, "The clinical review"),
        ({DeadlineKind.CLINICAL_REVIEW: 30, DeadlineKind.DECISION: 1}, "The decision"),
        ({}, "The decision"),  # it was moved since
    ],
)
async def test_staff_learn_which_deadline_had_passed(
    database: Database, clock: FixedClock, hours_late: dict[DeadlineKind, int], told: str
) -> None:
    world = await a_world(database, clock)
    passed = {kind: clock.now() - timedelta(hours=hours) for kind, hours in hours_late.items()}
    request_id = await a_request(world, S.ORGANISATION_REVIEW, due_at=passed)
    assert f"Overdue: {told} Was due by:" in text_of(await sent(world, MailKind.OVERDUE_STAFF, request_id))


@pytest.mark.parametrize("state", [QuestionState.ANSWERED, QuestionState.UNANSWERED])
async def test_reviewers_learn_whether_their_question_was_answered_and_the_new_date(
    database: Database, clock: FixedClock, state: QuestionState
) -> None:
    world = await a_world(database, clock)
    request_id = await a_request(world, S.INFORMATION_REQUESTED)
    clock.advance(timedelta(days=2))
    async with database.transaction() as session:
        request = await session.get_one(ExtraSessionsRequest, request_id)
        (found,) = [row.id for row in await rows(database, OrganisationQuestion)]
        question = await session.get_one(OrganisationQuestion, found)
        question.state, question.answer = state, "Monthly" if state is QuestionState.ANSWERED else None
        request.status = S.ORGANISATION_REVIEW
        terms = await terms_of(session, request)
        await resume_review(session, request, question, terms=terms, by=world.staff, now=clock.now())
        due_at = request.decision_due_at
    (first, _) = [row for row in await rows(database, tables.Mail) if row.kind is MailKind.REVIEW_RESUMED]
    text = text_of(await send(world, MailKind.REVIEW_RESUMED, first.id))
    assert ("has been answered" in text) == (state is QuestionState.ANSWERED)
    assert ("not answered in time" in text) == (state is QuestionState.UNANSWERED)
    assert due_at is not None
    assert f"{due_at:%A} {due_at.day} {due_at:%B} {due_at.year}, 5 pm" in text


@pytest.mark.parametrize(("granted", "again"), [(2, True), (3, False)])
async def test_a_consultant_who_was_granted_fewer_may_ask_once_more(
    database: Database, clock: FixedClock, granted: int, *, again: bool
) -> None:
    world = await a_world(database, clock)
    await approve(world, await released(world), sessions_granted=granted)
    assert ("reconsidered" in await outcome(world)) == again


async def test_a_consultant_who_was_granted_none_may_ask_once_more(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    await decline(world, await released(world))
    assert "reconsidered" in await outcome(world)


async def test_what_was_asked_once_more_is_not_asked_a_third_time(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    first = await a_request(world, S.DECLINED)
    second = await a_request(world, S.DECLINED, reconsideration_of=first)
    assert "reconsidered" not in text_of(await sent(world, MailKind.OUTCOME_CONSULTANT, second))


async def test_a_mail_that_is_not_true_any_more_is_suppressed(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock, automatic_approval=3)
    await confirmed(world)
    mail = await the_mail(world, MailKind.RECEIVED)
    assert await send(world, MailKind.RECEIVED, mail.id) is None
    mail = await the_mail(world, MailKind.RECEIVED)
    assert (mail.suppressed_at, mail.accepted_at) == (clock.now(), None)


async def a_request(
    world: World, status: RequestStatus, *, due_at: dict[DeadlineKind, datetime] | None = None, **columns: Any
) -> str:
    """Add a request in this status with every deadline that there is, and the question that it waits on."""
    now = world.clock.now()
    plausible: dict[str, Any] = {"needs_clinical_review": True, "confirmed_at": now, "released_at": now}
    plausible["decided_on"] = now.date() if status is S.DECLINED else None
    async with building(world.database, world.clock) as build:
        request = await build.request(world.case, world.consultant, status=status, **{**plausible, **columns})
        if status is S.INFORMATION_REQUESTED:
            asked = {"topic": QuestionTopic.PERIOD, "state": QuestionState.ASKED, "asked_on": now.date()}
            await build.add(
                OrganisationQuestion(id=new_id("qst"), request_id=request.id, number=1, asked_at=now, **asked)
            )
    for days, kind in enumerate(DeadlineKind, start=2):
        await due(world, request.id, kind, (due_at or {}).get(kind, now + timedelta(days=days)))
    return request.id


async def due(
    world: World, request_id: str, kind: DeadlineKind, at: datetime, *, after_meeting_the_first: bool = False
) -> None:
    now = world.clock.now()
    async with world.database.transaction() as session:
        if after_meeting_the_first:
            await meet_deadline(session, request_id, kind, now)
        request = await session.get_one(ExtraSessionsRequest, request_id)
        terms = await terms_of(session, request)
        add_deadline(session, request_id, kind, at, terms.calendar, at=now, watched=False)


async def sent(world: World, kind: MailKind, request_id: str) -> EmailMessage:
    """Owe a mail and have its actor send it."""
    account = reader(world, kind)
    async with world.database.transaction() as session:
        owe_mail(session, kind, request_id, at=world.clock.now(), account_id=account)
    message = await send(world, kind, (await the_mail(world, kind)).id)
    assert message is not None
    return message


async def send(world: World, kind: MailKind, mail_id: str) -> EmailMessage | None:
    outbox = Outbox()
    (email,) = [spec for spec in EMAILS if spec.name == actor_of(kind)]
    context = replace(surroundings(world.database, world.clock), mailer=outbox)
    await email.run(context, mail_id=mail_id)
    assert len(outbox.sent) <= 1
    return outbox.sent[0] if outbox.sent else None


async def outcome(world: World) -> str:
    mail = await the_mail(world, MailKind.OUTCOME_CONSULTANT)
    message = await send(world, MailKind.OUTCOME_CONSULTANT, mail.id)
    return text_of(message)


def reader(world: World, kind: MailKind) -> str | None:
    accounts = {
        Role.ORG_REVIEWER: world.reviewer,
        Role.CLINICAL_REVIEWER: world.clinical_reviewer,
        Role.PROVIDER_STAFF: world.staff,
    }
    return accounts[READERS[kind]].account_id if kind in READERS else None


async def address(world: World, kind: MailKind) -> str:
    """Return where a mail of this kind must go, as the rows say."""
    if kind in READERS:
        (account,) = [row for row in await rows(world.database, tables.Account) if row.id == reader(world, kind)]
        return str(account.email)
    if kind is MailKind.OVERDUE_BACKUP:
        return BACKUP
    if kind is MailKind.OUTCOME_CLIENT:
        return "ana@home.example"
    (consultant,) = await rows(world.database, tables.Consultant)
    return str(consultant.email)


def text_of(message: EmailMessage | None) -> str:
    """Return the words of its text part, unwrapped."""
    body = message and message.get_body(("plain",))
    assert body
    return " ".join(str(body.get_content()).split())
