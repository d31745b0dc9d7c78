"""What became of an e-mail is told in the log once, to staff alone, whoever died or was late while it was recorded."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from models import job_queue
from models.database import Database
from models.job_queue import LEASE, Claim
from models.operations.record_bounce import RecordBounce, record_bounce
from models.operations.record_mail import MailOutcome
from models.queries.events import EVERYTHING, read_events
from models.rules.mails import bounce_token
from models.rules.vocabulary import EventType, MailKind
from models.views.want import Page, asking
from tests.builders import World, a_world, confirmed
from tests.clock import FixedClock
from tests.jobs.workshop import until
from tests.operations.ledger import log, somebody_waits, the_mail, told
from tests.operations.test_record_mail import OUTCOMES, claims, decided, note
from tests.queries.asked import listening, read

RECEIVED, CLIENT = MailKind.RECEIVED, MailKind.OUTCOME_CLIENT
ACCEPTED, REJECTED, SUPPRESSED = EventType.MAIL_ACCEPTED, EventType.MAIL_REJECTED, EventType.MAIL_SUPPRESSED
SECOND = timedelta(seconds=1)


@pytest.fixture
async def world(database: Database, clock: FixedClock) -> World:
    """A world in which the one mail is the consultant's receipt."""
    world = await a_world(database, clock)
    await confirmed(world)
    return world


async def at_once(world: World, claim: Claim) -> None:
    """Note the receipt's acceptance as the worker does."""
    await note(world, RECEIVED, MailOutcome.ACCEPTED, claim=claim, is_all=True)


async def claimed_again(world: World) -> Claim:
    """Let the lease end and another worker take the job."""
    world.clock.advance(LEASE)
    await job_queue.claim_some(world.database, queue="default", at=world.clock.now(), most=0)
    world.clock.advance(timedelta(hours=1))
    return (await claims(world))["received_email"]


@pytest.mark.parametrize(
    ("outcome", "event"),
    [(MailOutcome.ACCEPTED, ACCEPTED), (MailOutcome.SUPPRESSED, SUPPRESSED), (MailOutcome.REJECTED, REJECTED)],
)
async def test_each_end_of_a_mail_is_told_once(world: World, outcome: MailOutcome, event: EventType) -> None:
    for _ in range(2):
        await note(world, RECEIVED, outcome)
        world.clock.advance(SECOND)
    assert await told(world) == [(event, RECEIVED)]


async def test_staff_alone_are_told(database: Database, clock: FixedClock) -> None:
    world = await decided(database, clock)
    for kind in OUTCOMES:
        await note(world, kind, MailOutcome.ACCEPTED)

    async def told_to(who: str) -> list[tuple[EventType, MailKind | None]]:
        want = asking("page_info", nodes=asking("type", "mail", request=asking("id")))
        by = getattr(world, who)
        page = await read(database, clock, by, read_events, filtered=EVERYTHING, page=Page(50), want=want)
        return [(event.type, event.mail) for event in page.nodes if event.mail or event.type.startswith("MAIL_")]

    assert await told_to("staff") == [(ACCEPTED, kind) for kind in OUTCOMES]
    for who in ("consultant", "manager", "reviewer", "integrator", "organisation_integrator", "practice_integrator"):
        assert await told_to(who) == [], who
    for row in await log(world):
        assert not (row.type is ACCEPTED and (row.organisation_sees or row.organisation_id or row.occurred_on))


async def test_what_follows_from_a_mail_follows_in_the_log(database: Database, clock: FixedClock) -> None:
    world = await decided(database, clock)
    for kind in OUTCOMES:
        await note(world, kind, MailOutcome.ACCEPTED)
    assert [row.type for row in await log(world)][-3:] == [ACCEPTED, ACCEPTED, EventType.OUTCOME_RELAYED]


async def test_a_bounce_is_told_after_the_acceptance(database: Database, clock: FixedClock) -> None:
    world = await decided(database, clock)
    await note(world, CLIENT, MailOutcome.ACCEPTED)
    bounce = RecordBounce(token=bounce_token((await the_mail(world, CLIENT)).id))
    for _ in range(2):
        await record_bounce(bounce, database=database, clock=clock)
    assert await told(world) == [(ACCEPTED, CLIENT), (REJECTED, CLIENT)]


# An acceptance that is noted at once


async def test_an_acceptance_noted_at_once_is_told_with_the_end_of_its_job_at_its_own_moment(world: World) -> None:
    claim = (await claims(world))["received_email"]
    await at_once(world, claim)
    accepted_at = world.clock.now()
    assert await told(world) == []
    world.clock.advance(SECOND)
    assert await job_queue.acknowledge(world.database, claim, at=world.clock.now())
    assert await told(world) == [(ACCEPTED, RECEIVED)]
    assert (await log(world))[-1].occurred_at == accepted_at
    assert not await job_queue.acknowledge(world.database, claim, at=world.clock.now())
    assert await told(world) == [(ACCEPTED, RECEIVED)]


async def test_the_claim_of_the_next_jobs_tells_of_those_that_it_ends_by_two_statements_more(world: World) -> None:
    due = await claims(world)
    await at_once(world, due["received_email"])
    with listening() as heard:
        await job_queue.claim_some(
            world.database, queue="default", at=world.clock.now(), most=1, done=list(due.values()), recover=False
        )
    assert await told(world) == [(ACCEPTED, RECEIVED)]
    plain = ["UPDATE job", "SELECT mail.kind,", "WITH first"]
    log_of = {
        "postgresql": ["SELECT append_events(CAST(%(entries)s"],
        "sqlite": ["SELECT event_head.seq,", "INSERT INTO", "UPDATE event_head"],
    }
    said = [" ".join(each.split()[:2]) for each in heard if not each.startswith("BEGIN")]
    assert said == plain + log_of[world.database.dialect]


async def test_a_worker_that_dies_between_leaves_it_to_whoever_has_the_job_next(world: World) -> None:
    dead = (await claims(world))["received_email"]
    await at_once(world, dead)
    assert await told(world) == []
    second = await claimed_again(world)
    assert await job_queue.acknowledge(world.database, second, at=world.clock.now())
    assert await told(world) == [(ACCEPTED, RECEIVED)]
    await job_queue.acknowledge_all(world.database, [dead, second], at=world.clock.now())
    assert await told(world) == [(ACCEPTED, RECEIVED)]


async def test_a_second_worker_that_has_sent_it_too_tells_of_it_once(world: World) -> None:
    slow = (await claims(world))["received_email"]
    await at_once(world, slow)
    second = await claimed_again(world)
    await at_once(world, second)  # it had read that the mail was owed
    await job_queue.acknowledge_all(world.database, [slow, second], at=world.clock.now())
    assert await told(world) == [(ACCEPTED, RECEIVED)]


async def test_who_has_lost_the_job_tells_nothing(world: World) -> None:
    claim = (await claims(world))["received_email"]
    lost = replace(claim, token="tok_of_another")
    for _ in range(2):
        with pytest.raises(job_queue.LeaseLost):
            await at_once(world, lost)
        assert not await job_queue.acknowledge(world.database, lost, at=world.clock.now())
    assert await told(world) == []


async def test_workers_who_record_one_mail_at_the_same_moment_tell_of_it_once(world: World) -> None:
    claim = (await claims(world))["received_email"]
    await asyncio.gather(*(at_once(world, claim) for _ in range(4)), return_exceptions=True)
    await asyncio.gather(*(job_queue.acknowledge_all(world.database, [claim], at=world.clock.now()) for _ in range(4)))
    assert await told(world) == [(ACCEPTED, RECEIVED)]


async def test_a_mail_that_comes_back_before_its_job_has_ended_is_rejected_and_no_more(world: World) -> None:
    claim = (await claims(world))["received_email"]
    await at_once(world, claim)
    bounce = RecordBounce(token=bounce_token((await the_mail(world, RECEIVED)).id))
    await record_bounce(bounce, database=world.database, clock=world.clock)
    assert await job_queue.acknowledge(world.database, claim, at=world.clock.now())
    assert await told(world) == [(REJECTED, RECEIVED)]


async def test_an_outcome_is_told_with_the_note_and_not_by_its_job_again(database: Database, clock: FixedClock) -> None:
    world = await decided(database, clock)
    due = await claims(world)
    for kind in OUTCOMES:
        claim = due[f"{kind.value.lower()}_email"]
        await note(world, kind, MailOutcome.ACCEPTED, claim=claim, is_all=True)
        await job_queue.acknowledge_all(database, [claim], at=clock.now())
    assert await told(world) == [(ACCEPTED, kind) for kind in OUTCOMES]


async def test_a_mail_that_is_not_sent_yet_is_not_told_of_though_its_job_ends(world: World) -> None:
    claim = (await claims(world))["received_email"]
    assert await job_queue.acknowledge(world.database, claim, at=world.clock.now())
    assert await told(world) == []


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_who_ends_a_job_waits_for_whoever_holds_the_log_and_then_tells(world: World) -> None:
    """On SQLite nobody can come between: who writes holds the write lock from the start."""
    claim = (await claims(world))["received_email"]
    await at_once(world, claim)
    async with world.database.transaction() as session:
        await job_queue.finish(session, claim, at=world.clock.now())
        ending = asyncio.create_task(job_queue.acknowledge(world.database, claim, at=world.clock.now()))
        await until(lambda: somebody_waits(world.database))
        await session.rollback()
    assert await ending
    assert await told(world) == [(ACCEPTED, RECEIVED)]
