"""Fifty callers at once, over HTTP, against a real server: one is obeyed, and forty-nine are told why they are not."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from httpx2 import AsyncClient

from models.clock import SystemClock
from models.rules.vocabulary import EventType, MailKind
from models.tables.job import JobState
from tests.builders import World, a_world, released, submitted
from tests.clock import FixedClock
from tests.jobs.workshop import until
from tests.stories.promises import Books, check_chain, is_idle, open_books
from tests.stories.server import Deployment, ask, deployed

CALLERS = 50

CONFIRM = """
mutation Confirm($id: ID!) {
  answer: confirmExtraSessionsRequest(input: { requestId: $id }) {
    request { status }
    userErrors { code message }
  }
}"""
APPROVE = """
mutation Approve($id: ID!, $granted: Int) {
  answer: approveExtraSessionsRequest(input: { requestId: $id, sessionsGranted: $granted }) {
    request { status sessionsGranted }
    userErrors { code message }
  }
}"""
DECLINE = """
mutation Decline($id: ID!) {
  answer: declineExtraSessionsRequest(input: { requestId: $id, reason: BUDGET }) {
    request { status sessionsGranted }
    userErrors { code message }
  }
}"""


@dataclass(frozen=True, slots=True)
class Race:
    """What fifty callers were answered: who was obeyed, and what the others were told."""

    obeyed: dict[int, dict[str, Any]]
    """The request as each was shown it whose call worked, by the caller's number."""
    told: Counter[tuple[str, str]]
    """How often each code came, with its message."""


async def test_of_fifty_confirms_at_once_one_sends_the_request_on(database_url: str, tmp_path: Path) -> None:
    async with playing(tmp_path, database_url) as (deployment, world):
        request_id = await submitted(world)
        async with deployment.client(world.consultant) as client:
            race = await run([ask(client, CONFIRM, id=request_id) for _ in range(CALLERS)])
        books = await settled(world)

    assert list(race.obeyed.values()) == [{"status": "ORGANISATION_REVIEW"}]
    ((code, _message),) = race.told
    assert (code, race.told.total()) == ("ALREADY_CONFIRMED", CALLERS - 1)
    assert moves(books) == [EventType.SUBMITTED, EventType.CONFIRMED, EventType.RELEASED]
    assert mails(books) == {MailKind.RECEIVED: 1, MailKind.REVIEW_INVITATION: 2}
    assert jobs(books) == {"release_request": 1, "received_email": 1, "review_invitation_email": 2}


async def test_of_fifty_decisions_at_once_the_first_one_stands(database_url: str, tmp_path: Path) -> None:
    async with playing(tmp_path, database_url) as (deployment, world):
        request_id = await released(world)
        reviewers = (world.reviewer, world.second_reviewer)
        async with deployment.client(reviewers[0]) as one, deployment.client(reviewers[1]) as other:
            race = await run([decision((one, other)[turn % 2], request_id) for turn in range(CALLERS)])
        books = await settled(world)

    ((winner, shown),) = race.obeyed.items()
    ((code, message),) = race.told
    assert (code, race.told.total()) == ("ALREADY_DECIDED", CALLERS - 1)
    assert in_words(shown) in message
    (row,) = books.requests.values()
    assert (row.status, row.sessions_granted) == (shown["status"], shown["sessionsGranted"])
    assert row.decided_by == reviewers[winner % 2].account_id
    assert [grant.sessions for grant in books.grants] == ([row.sessions_granted] if row.sessions_granted else [])
    before = [EventType.SUBMITTED, EventType.CONFIRMED, EventType.RELEASED]
    assert moves(books) == [*before, EventType(row.status), EventType.OUTCOME_RELAYED]
    assert mails(books) == {
        MailKind.RECEIVED: 1,
        MailKind.REVIEW_INVITATION: 2,
        MailKind.OUTCOME_CONSULTANT: 1,
        MailKind.OUTCOME_CLIENT: 1,
    }
    outcome_mails = {"outcome_consultant_email": 1, "outcome_client_email": 1}
    assert jobs(books) == {"release_request": 1, "received_email": 1, "review_invitation_email": 2, **outcome_mails}


@asynccontextmanager
async def playing(folder: Path, database_url: str) -> AsyncIterator[tuple[Deployment, World]]:
    """Give a running deployment and a world on its database; in the end it must have stopped without a fault."""
    async with deployed(folder / "data", database_url) as deployment:
        async with deployment.database() as database:
            world = await a_world(database, FixedClock(SystemClock().now()))
            await deployment.start()
            yield deployment, world
        await deployment.stop()
        assert "Traceback" not in deployment.output


async def run(calls: list[Awaitable[dict[str, Any]]]) -> Race:
    answers = [data["answer"] for data in await asyncio.gather(*calls)]
    errors = [error for answer in answers for error in answer["userErrors"]]
    return Race(
        obeyed={number: answer["request"] for number, answer in enumerate(answers) if answer["request"] is not None},
        told=Counter((error["code"], error["message"]) for error in errors),
    )


def decision(client: AsyncClient, request_id: str) -> Awaitable[dict[str, Any]]:
    """Approve for 1, 2 or 3 sessions, or decline: whoever comes first is left to the day's chances."""
    granted = random.randint(0, 3)
    return ask(client, APPROVE, id=request_id, granted=granted) if granted else ask(client, DECLINE, id=request_id)


def in_words(shown: dict[str, Any]) -> str:
    if shown["status"] == "DECLINED":
        return "declined"
    return f"approved for {shown['sessionsGranted']} session"


async def settled(world: World) -> Books:
    """Wait until all that was promised is done, and give the books."""
    await until(lambda: is_idle(world.database), seconds=60)
    books = await open_books(world.database)
    assert {job.state for job in books.jobs} == {JobState.DONE}
    check_chain(books)
    return books


def moves(books: Books) -> list[EventType]:
    """Return what happened to the request; what became of its mails comes when it comes."""
    return [row.type for row in books.events if row.detail is None]


def mails(books: Books) -> Counter[MailKind]:
    return Counter(mail.kind for mail in books.mails.values())


def jobs(books: Books) -> Counter[str]:
    return Counter(job.actor for job in books.jobs)
