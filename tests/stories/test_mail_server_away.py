"""An hour in which the mail server is away and worse: no mail is lost, none is given up, nobody has to help."""

from dataclasses import replace
from datetime import timedelta
from itertools import cycle, islice

from sqlalchemy import select

from jobs.worker import worker
from models import tables
from models.clock import Clock
from models.database import Database
from models.rules.vocabulary import EventType
from models.tables.job import JobState
from tests.builders import a_world, released
from tests.clock import FixedClock
from tests.jobs.post_office import mailer
from tests.jobs.workshop import all_ended, rows, surroundings, until
from tests.operations.acting import approve
from tests.operations.ledger import events
from tests.operations.ledger import rows as every
from tests.operations.questioning import tasks
from tests.stories.postbox import Weather, postbox

BAD = tuple(weather for weather in Weather if weather is not Weather.FAIR)
"""Those that can be met come first: every mail is tried once in each of the first five minutes."""


async def test_an_hour_of_fake_time_without_a_good_mail_server(database: Database, clock: FixedClock) -> None:
    worlds = [await a_world(database, clock) for _ in range(3)]
    for world in worlds:
        await approve(world, await released(world))
    async with postbox() as box, mailer(box.port, timeout=timedelta(seconds=1)) as sends:
        context = replace(surroundings(database, clock), mailer=sends)
        await box.turn(BAD[0])
        async with worker(context, threads=4, poll=timedelta(milliseconds=20)):
            for weather in islice(cycle(BAD), 60):
                await box.turn(weather)
                clock.advance(timedelta(minutes=1))
                await until(lambda: was_tried(database, clock))
            assert not await all_ended(database)
            assert await tasks(worlds[0]) == []
            await box.turn(Weather.FAIR)
            clock.advance(timedelta(hours=1))
            await until(lambda: all_ended(database))

    ended = [row for row in await rows(database) if row.actor != "watch_deadline"]
    assert {row.state for row in ended} == {JobState.DONE}
    mails = await every(database, tables.Mail)
    assert all(mail.accepted_at or mail.suppressed_at for mail in mails)
    assert len(box.times) == sum(mail.accepted_at is not None for mail in mails) == 2 * len(worlds)
    assert box.differing() == set()
    assert set(box.turned_away) == set(BAD) - {Weather.AWAY}, "each was met"
    assert [(await events(world))[-1] for world in worlds] == [EventType.OUTCOME_RELAYED] * len(worlds)


async def was_tried(database: Database, clock: Clock) -> bool:
    """Whether every job that is due was taken, and none is under way."""
    due = select(tables.Job.id).where(tables.Job.state == JobState.READY, tables.Job.run_at <= clock.now())
    running = select(tables.Job.id).where(tables.Job.state == JobState.RUNNING)
    async with database.snapshot() as source:
        return (await source.execute(due.union(running))).first() is None
