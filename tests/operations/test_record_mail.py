"""What became of each e-mail is recorded once; the relay is done when both outcome mails were accepted."""

from datetime import timedelta

import pytest

from models.database import Database
from models.rules.vocabulary import DeadlineKind, EventType, MailKind
from tests.builders import World, a_world, confirmed, released
from tests.clock import FixedClock
from tests.operations.acting import approve, record_mail
from tests.operations.ledger import changes_nothing, deadlines, events, state_of, the_mail

OUTCOMES = (MailKind.OUTCOME_CONSULTANT, MailKind.OUTCOME_CLIENT)


@pytest.mark.parametrize(("first", "second"), [OUTCOMES, OUTCOMES[::-1]])
async def test_the_relay_is_done_when_both_outcome_mails_were_accepted(
    database: Database, clock: FixedClock, first: MailKind, second: MailKind
) -> None:
    world = await decided(database, clock)
    before = await events(world)
    await record(world, first)
    assert (await events(world), await relay(world)) == (before, (None, None))
    clock.advance(timedelta(minutes=1))
    await record(world, second)
    assert await events(world) == [*before, EventType.OUTCOME_RELAYED]
    assert await relay(world) == (clock.now(), None)


async def test_a_mail_that_may_not_be_sent_leaves_the_relay_open(database: Database, clock: FixedClock) -> None:
    world = await decided(database, clock)
    before = await events(world)
    await record(world, MailKind.OUTCOME_CONSULTANT)
    await record(world, MailKind.OUTCOME_CLIENT, accepted=False)
    mail = await the_mail(world, MailKind.OUTCOME_CLIENT)
    assert (mail.accepted_at, mail.suppressed_at) == (None, clock.now())
    assert (await events(world), await relay(world)) == (before, (None, None))


async def test_other_mails_relay_nothing(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    await confirmed(world)
    before = await events(world)
    await record(world, MailKind.RECEIVED)
    assert (await the_mail(world, MailKind.RECEIVED)).accepted_at == clock.now()
    assert await events(world) == before


async def test_what_became_of_a_mail_is_recorded_once(database: Database, clock: FixedClock) -> None:
    world = await decided(database, clock)
    await record(world, MailKind.OUTCOME_CONSULTANT)
    await record(world, MailKind.OUTCOME_CLIENT, accepted=False)
    clock.advance(timedelta(days=1))
    async with changes_nothing(database):
        for kind in OUTCOMES:
            await record(world, kind)
            await record(world, kind, accepted=False)


async def decided(database: Database, clock: FixedClock) -> World:
    """Build a world whose one request was approved."""
    world = await a_world(database, clock)
    await approve(world, await released(world))
    return world


async def record(world: World, kind: MailKind, *, accepted: bool = True) -> None:
    await record_mail(world, (await the_mail(world, kind)).id, accepted=accepted)


async def relay(world: World) -> tuple[object, object]:
    return state_of((await deadlines(world))[DeadlineKind.RELAY])
