"""What the mail server says about an e-mail is what becomes of it: accepted, tried again, or its address given up."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes
from typing import Any

import pytest
from sqlalchemy import Row

from jobs.worker import worker
from models import tables
from models.database import Database
from models.rules.mails import bounce_token
from models.rules.vocabulary import DeadlineKind, EventType, MailKind, StaffTaskKind
from models.tables.job import JobState
from tests.builders import World, a_world, released
from tests.clock import FixedClock
from tests.jobs.post_office import PostOffice, mailer, post_office
from tests.jobs.workshop import all_ended, rows, surroundings, until
from tests.operations.acting import approve
from tests.operations.ledger import deadlines, events, state_of, the_mail
from tests.operations.ledger import rows as every
from tests.operations.questioning import complete, tasks
from tests.operations.test_suppression import index, suppressed

ADDRESS = "ana@home.example"


async def test_the_relay_is_done_once_the_mail_server_has_both_outcomes(database: Database, clock: FixedClock) -> None:
    world = await decided(database, clock)
    async with delivering(world) as office:
        await until(lambda: all_ended(database))
    assert state_of((await deadlines(world))[DeadlineKind.RELAY]) == (clock.now(), None)
    assert (await events(world))[-1] is EventType.OUTCOME_RELAYED
    sent = {row.id: row for row in await every(database, tables.Mail) if row.accepted_at is not None}
    assert {each.sender for each in office.accepted} == {
        f"bounces+{bounce_token(each)}@harbour.example" for each in sent
    }
    for handled in office.accepted:
        (recipient,) = handled.recipients
        assert message_from_bytes(handled.content)["To"] == recipient
        assert index(world, recipient) in {row.address_index for row in sent.values()}
        assert not any(mail_id.encode() in handled.content for mail_id in sent)


async def test_an_address_that_the_server_refuses_is_given_up_and_staff_are_told(
    database: Database, clock: FixedClock
) -> None:
    world = await decided(database, clock)
    async with delivering(world) as office:
        office.refuse[ADDRESS] = "550 5.1.1 no such user"
        await until(lambda: all_ended(database))
    assert (await the_mail(world, MailKind.OUTCOME_CLIENT)).rejected_at == clock.now()
    assert [each[0] for each in await suppressed(world)] == [index(world, ADDRESS)]
    assert {each.kind for each in await tasks(world)} == {StaffTaskKind.RELAY, StaffTaskKind.BOUNCED_ADDRESS}
    assert state_of((await deadlines(world))[DeadlineKind.RELAY]) == (None, None)
    assert {row.state for row in await rows(database) if row.actor != "watch_deadline"} == {JobState.DONE}


async def test_a_suppressed_address_gets_nothing_until_staff_have_completed_the_task(
    database: Database, clock: FixedClock
) -> None:
    world = await decided(database, clock)
    async with delivering(world) as office:
        office.refuse[ADDRESS] = "550 5.1.1 no such user"
        await until(lambda: all_ended(database))
    again = await a_world(database, clock, client={"email": ADDRESS.upper()})
    other = await a_world(database, clock, client={"email": ADDRESS})
    await approve(again, await released(again))
    async with delivering(again) as office:
        await until(lambda: all_ended(database))
    assert ADDRESS not in recipients(office)
    (task_id,) = [each.id for each in await tasks(world) if each.kind is StaffTaskKind.BOUNCED_ADDRESS]
    await complete(world, task_id)
    await approve(other, await released(other))
    async with delivering(other) as office:
        await until(lambda: all_ended(database))
    assert ADDRESS in recipients(office)


@pytest.mark.parametrize(
    "answers", [{"MAIL": "550 5.7.1 who are you"}, {"RCPT": "451 4.7.1 later"}, {"DATA": "452 full"}]
)
async def test_whatever_else_the_server_says_the_mail_goes_when_it_takes_it(
    database: Database, clock: FixedClock, answers: dict[str, str]
) -> None:
    world = await decided(database, clock)
    async with delivering(world) as office:
        office.answers.update(answers)
        await until(lambda: each_was_tried(database))
        assert [row.last_error for row in await outcome_jobs(database)] != [None, None]
        assert await tasks(world) == []
        assert not office.accepted
        office.answers.clear()
        clock.advance(timedelta(minutes=1))
        await until(lambda: all_ended(database))
    assert await suppressed(world) == []
    assert state_of((await deadlines(world))[DeadlineKind.RELAY])[0] is not None


async def test_a_worker_that_stops_leaves_the_server(database: Database, clock: FixedClock) -> None:
    world = await decided(database, clock)
    async with post_office() as office, mailer(office.port) as sends:
        async with worker(replace(surroundings(database, world.clock), mailer=sends), threads=2):
            await until(lambda: all_ended(database))
        assert 0 < office.quits == office.connections


async def decided(database: Database, clock: FixedClock) -> World:
    """Have a request approved, with nothing sent yet."""
    world = await a_world(database, clock, client={"email": ADDRESS})
    await approve(world, await released(world))
    return world


@asynccontextmanager
async def delivering(world: World) -> AsyncIterator[PostOffice]:
    """Have a worker hand mails to a mail server."""
    async with post_office() as office, mailer(office.port) as sends:
        context = replace(surroundings(world.database, world.clock), mailer=sends)
        async with worker(context, threads=4):
            yield office


def recipients(office: PostOffice) -> set[str]:
    return {address for each in office.accepted for address in each.recipients}


async def outcome_jobs(database: Database) -> list[Row[Any]]:
    return [row for row in await rows(database) if row.actor in {"outcome_consultant_email", "outcome_client_email"}]


async def each_was_tried(database: Database) -> bool:
    return all(row.attempts and row.state is JobState.READY for row in await outcome_jobs(database))
