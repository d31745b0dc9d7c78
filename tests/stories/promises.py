"""What must hold in the tables whatever died and whenever: nothing done without its jobs, no job without its cause."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from sqlalchemy import Row, select, update

from models import tables
from models.clock import SystemClock
from models.database import Database
from models.hash_chain import chained
from models.rules.vocabulary import DeadlineKind, EventType, MailKind, RequestStatus
from models.tables.job import JobState

_SENT_BY = {MailKind.RECEIVED: "received_email", MailKind.REVIEW_INVITATION: "review_invitation_email"}
_WATCH = "watch_deadline"
_UNFINISHED = (JobState.READY, JobState.RUNNING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Books:
    """Every row that a request leaves on its way, as one snapshot has them."""

    requests: dict[str, Row[Any]]
    jobs: list[Row[Any]]
    """All but the watches of deadlines, which wait for days."""
    watched: Counter[str]
    """How many looks each deadline has been promised, by its id."""
    mails: dict[str, Row[Any]]
    deadlines: list[Row[Any]]
    grants: list[Row[Any]]
    events: list[Row[Any]]
    head: Row[Any]
    calls: list[Row[Any]]
    """The idempotency records: one for each call that came with a key."""

    def jobs_of(self, actor: str) -> Counter[str]:
        """Count the jobs of one actor by the id of what they are about."""
        return Counter(next(iter(job.args.values())) for job in self.jobs if job.actor == actor)

    def mails_of(self, kind: MailKind) -> Counter[str]:
        """Count the mails of one kind by request."""
        return Counter(mail.request_id for mail in self.mails.values() if mail.kind is kind)

    def events_of(self, event: EventType) -> Counter[str]:
        return Counter(row.request_id for row in self.events if row.type is event)


async def open_books(database: Database) -> Books:
    async with database.snapshot() as connection:

        async def rows(table: type[tables.Base]) -> list[Row[Any]]:
            return list((await connection.execute(select(*table.__table__.columns))).all())

        promised = await rows(tables.Job)
        watches = [job for job in promised if job.actor == _WATCH]
        return Books(
            requests={row.id: row for row in await rows(tables.ExtraSessionsRequest)},
            jobs=[job for job in promised if job.actor != _WATCH],
            watched=Counter(job.args["deadline_id"] for job in watches),
            mails={row.id: row for row in await rows(tables.Mail)},
            deadlines=await rows(tables.Deadline),
            grants=await rows(tables.SessionGrant),
            events=sorted(await rows(tables.Event), key=lambda row: int(row.seq)),
            head=(await rows(tables.EventHead))[0],
            calls=await rows(tables.IdempotencyRecord),
        )


def check_promises(books: Books) -> None:
    """Check every row against those that were to be committed with it. It holds at any moment, all processes dead."""
    submitted = dict.fromkeys(books.requests, 1)
    confirmed = {id_: 1 for id_, row in books.requests.items() if row.confirmed_at is not None}
    released = {id_: 1 for id_, row in books.requests.items() if row.released_at is not None}

    assert all((row.id in confirmed) == (row.status is RequestStatus.ORGANISATION_REVIEW) for row in _each(books))
    assert books.jobs_of("release_request") == confirmed, "a release for each confirmed request and for no other"
    assert books.mails_of(MailKind.RECEIVED) == confirmed
    assert books.mails_of(MailKind.REVIEW_INVITATION) == released, "each organisation here has one reviewer"
    for kind, actor in _SENT_BY.items():
        owed = {id_: 1 for id_, mail in books.mails.items() if mail.kind is kind}
        assert books.jobs_of(actor) == owed, f"each {kind.value} has one job, and no job is about anything else"
    assert {job.actor for job in books.jobs} <= {"release_request", *_SENT_BY.values()}

    assert books.events_of(EventType.SUBMITTED) == submitted
    assert books.events_of(EventType.CONFIRMED) == confirmed
    assert books.events_of(EventType.RELEASED) == released
    due = Counter(row.kind for row in books.deadlines)
    assert due[DeadlineKind.CONFIRMATION] == len(submitted)
    assert due[DeadlineKind.DECISION] == due[DeadlineKind.RELAY] == len(confirmed)
    assert books.watched == Counter(row.id for row in books.deadlines)
    assert Counter(call.request_id for call in books.calls) == Counter(submitted) + Counter(confirmed)
    check_chain(books)


def check_chain(books: Books) -> None:
    """Check that the events are numbered without a gap and that each hash follows from the one before it."""
    assert [row.seq for row in books.events] == list(range(1, len(books.events) + 1))
    for before, row in pairwise([None, *books.events]):
        assert row is not None
        assert row.hash == chained(before.hash if before is not None else bytes(32), row.seq, row.entry)
    assert (books.head.seq, books.head.hash) == (books.events[-1].seq, books.events[-1].hash)


def check_kept(books: Books) -> None:
    """Check that what was promised has been done: every job, every release, every mail."""
    assert {job.state for job in books.jobs} == {JobState.DONE}
    assert not [row.id for row in _each(books) if row.confirmed_at is not None and row.released_at is None]
    assert not [mail.id for mail in books.mails.values() if mail.accepted_at is None]
    told = Counter((row.request_id, row.detail) for row in books.events if row.type is EventType.MAIL_ACCEPTED)
    assert told == Counter((mail.request_id, mail.kind) for mail in books.mails.values()), "and the log told, once"


async def books_at_rest(database: Database, *hurries: Callable[[Database], Awaitable[None]]) -> Books:
    """Wait until nothing is left to do, each hurry cutting waits short meanwhile, and give the books then."""
    async with asyncio.timeout(120):
        while not await is_idle(database):
            for hurry in hurries:
                await hurry(database)
            await asyncio.sleep(0.1)
    return await open_books(database)


async def is_idle(database: Database) -> bool:
    """Whether every job has ended, well or not, but for the watches of deadlines."""
    unfinished = select(tables.Job.id).where(tables.Job.state.in_(_UNFINISHED), tables.Job.actor != _WATCH).limit(1)
    async with database.snapshot() as connection:
        return await connection.scalar(unfinished) is None


async def spare_the_waiting(database: Database) -> None:
    """Have the pauses between attempts be over now, so that a test needs no minutes."""
    now = SystemClock().now()
    waiting = update(tables.Job).where(
        tables.Job.state == JobState.READY, tables.Job.run_at > now, tables.Job.actor != _WATCH
    )
    async with database.transaction() as session:
        await session.execute(waiting.values(run_at=now))


async def end_the_leases(database: Database) -> None:
    """Have the minutes pass for which a dead worker's jobs are still its own. Only with all processes dead."""
    held = update(tables.Job).where(tables.Job.state == JobState.RUNNING)
    async with database.transaction() as session:
        await session.execute(held.values(lease_until=SystemClock().now()))


def _each(books: Books) -> list[Row[Any]]:
    return list(books.requests.values())
