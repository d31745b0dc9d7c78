"""What became of each e-mail is recorded once; the relay is done when both outcome mails were accepted."""

from dataclasses import replace
from datetime import timedelta

import pytest

from models import job_queue
from models.database import Database
from models.job_queue import Claim
from models.operations.record_mail import MailOutcome, RecordMail
from models.operations.record_mail import record_mail as recording
from models.rules.mails import bounce_token
from models.rules.vocabulary import DeadlineKind, EventType, MailKind, StaffTaskKind, StaffTaskState
from tests.builders import World, a_world, confirmed, released
from tests.clock import FixedClock
from tests.operations.acting import approve, record_mail
from tests.operations.ledger import changes_nothing, deadlines, events, state_of, the_mail
from tests.operations.questioning import complete, look_at, mails, tasks
from tests.queries.asked import listening

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


@pytest.mark.parametrize("kind", OUTCOMES)
async def test_an_outcome_that_may_not_be_sent_is_relayed_by_hand(
    database: Database, clock: FixedClock, kind: MailKind
) -> None:
    world = await decided(database, clock)
    await note(world, kind, MailOutcome.SUPPRESSED)
    (task,) = await tasks(world)
    assert (task.kind, task.state, task.created_at) == (StaffTaskKind.RELAY, StaffTaskState.OPEN, clock.now())
    assert await mails(world, MailKind.RELAY_STUCK) == [world.staff.account_id]


async def test_an_outcome_that_bounced_is_relayed_by_hand_and_its_address_put_right(
    database: Database, clock: FixedClock
) -> None:
    world = await decided(database, clock)
    await note(world, MailKind.OUTCOME_CLIENT, MailOutcome.REJECTED)
    mail = await the_mail(world, MailKind.OUTCOME_CLIENT)
    assert (mail.accepted_at, mail.suppressed_at, mail.rejected_at) == (None, None, clock.now())
    assert {each.kind for each in await tasks(world)} == {StaffTaskKind.RELAY, StaffTaskKind.BOUNCED_ADDRESS}
    assert await mails(world, MailKind.ADDRESS_BOUNCED) == [world.staff.account_id]
    await note(world, MailKind.OUTCOME_CONSULTANT, MailOutcome.REJECTED)
    assert len(await tasks(world)) == 2, "one of each for a request"


async def test_any_address_that_bounces_is_a_task_of_its_own(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    await confirmed(world)
    await note(world, MailKind.RECEIVED, MailOutcome.REJECTED)
    (task,) = await tasks(world)
    assert task.kind is StaffTaskKind.BOUNCED_ADDRESS


async def test_a_mail_to_staff_about_a_bounce_that_bounces_itself_makes_no_other_task(
    database: Database, clock: FixedClock
) -> None:
    world = await a_world(database, clock)
    await confirmed(world)
    await note(world, MailKind.RECEIVED, MailOutcome.REJECTED)
    (task,) = await tasks(world)
    await complete(world, task.id)
    await note(world, MailKind.ADDRESS_BOUNCED, MailOutcome.REJECTED)
    assert [each.state for each in await tasks(world)] == [StaffTaskState.DONE]


async def test_a_mail_that_may_not_be_sent_and_tells_no_outcome_is_nobodys_task(
    database: Database, clock: FixedClock
) -> None:
    world = await a_world(database, clock)
    await confirmed(world)
    await note(world, MailKind.RECEIVED, MailOutcome.SUPPRESSED)
    assert await tasks(world) == []


async def test_once_the_other_mail_is_accepted_the_relay_still_waits_for_staff(
    database: Database, clock: FixedClock
) -> None:
    world = await decided(database, clock)
    await note(world, MailKind.OUTCOME_CLIENT, MailOutcome.SUPPRESSED)
    await note(world, MailKind.OUTCOME_CONSULTANT, MailOutcome.ACCEPTED)
    assert await relay(world) == (None, None)
    (task,) = await tasks(world)
    assert task.state is StaffTaskState.OPEN


async def test_a_relay_that_was_stuck_is_done_when_both_mails_are_accepted_after_all(
    database: Database, clock: FixedClock
) -> None:
    world = await decided(database, clock)
    clock.set((await deadlines(world))[DeadlineKind.RELAY].due_at + timedelta(seconds=1))
    await look_at(world, DeadlineKind.RELAY)
    for kind in OUTCOMES:
        await note(world, kind, MailOutcome.ACCEPTED)
    (task,) = await tasks(world)
    assert (task.state, task.ended_at, task.ended_by) == (StaffTaskState.DONE, clock.now(), None)


async def test_a_rejected_mail_is_recorded_once(database: Database, clock: FixedClock) -> None:
    world = await decided(database, clock)
    await note(world, MailKind.OUTCOME_CLIENT, MailOutcome.REJECTED)
    async with changes_nothing(database):
        for outcome in MailOutcome:
            await note(world, MailKind.OUTCOME_CLIENT, outcome)


async def test_an_acceptance_from_which_nothing_follows_is_one_statement_and_leaves_the_job_to_its_acknowledgement(
    database: Database, clock: FixedClock
) -> None:
    world = await a_world(database, clock)
    await confirmed(world)
    claim = (await claims(world))["received_email"]
    mail_id = (await the_mail(world, MailKind.RECEIVED)).id
    command = RecordMail(mail_id=mail_id, outcome=MailOutcome.ACCEPTED, is_all=True)
    with listening() as heard:
        await recording(command, database=database, clock=clock, claim=claim)
    assert [" ".join(each.split()[:2]) for each in heard if not each.startswith("BEGIN")] == ["UPDATE mail"]
    mail = await the_mail(world, MailKind.RECEIVED)
    assert mail.accepted_at == clock.now()
    assert mail.bounce_token == bounce_token(mail.id)
    assert await job_queue.acknowledge(database, claim, at=clock.now())


async def test_an_outcome_is_followed_up_even_by_who_says_that_nothing_follows(
    database: Database, clock: FixedClock
) -> None:
    world = await decided(database, clock)
    due = await claims(world)
    for kind in OUTCOMES:
        claim = due[f"{kind.value.lower()}_email"]
        await note(world, kind, MailOutcome.ACCEPTED, claim=claim, is_all=True)
        assert not await job_queue.acknowledge(database, claim, at=clock.now()), "it ended with the note"
    assert await relay(world) == (clock.now(), None)


async def test_who_has_lost_the_job_notes_nothing(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    await confirmed(world)
    claim = replace((await claims(world))["received_email"], token="tok_of_another")
    async with changes_nothing(database):
        with pytest.raises(job_queue.LeaseLost):
            await note(world, MailKind.RECEIVED, MailOutcome.ACCEPTED, claim=claim, is_all=True)


async def decided(database: Database, clock: FixedClock) -> World:
    """Build a world whose one request was approved."""
    world = await a_world(database, clock)
    await approve(world, await released(world))
    return world


async def record(world: World, kind: MailKind, *, accepted: bool = True) -> None:
    await record_mail(world, (await the_mail(world, kind)).id, accepted=accepted)


async def claims(world: World) -> dict[str, Claim]:
    """Take every job that is due, each actor having one."""
    due = await job_queue.claim_some(world.database, queue="default", at=world.clock.now(), most=50)
    return {claim.actor: claim for claim in due}


async def note(
    world: World, kind: MailKind, outcome: MailOutcome, *, claim: Claim | None = None, is_all: bool = False
) -> None:
    """Note what became of the one mail of this kind."""
    command = RecordMail(mail_id=(await the_mail(world, kind)).id, outcome=outcome, is_all=is_all)
    await recording(command, database=world.database, clock=world.clock, claim=claim)


async def relay(world: World) -> tuple[object, object]:
    return state_of((await deadlines(world))[DeadlineKind.RELAY])
