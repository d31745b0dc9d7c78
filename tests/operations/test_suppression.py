"""An address that sends a mail back gets no other, until staff have seen to it; nobody else's mail is held up."""

from datetime import timedelta

from models import tables
from models.actor import SYSTEM
from models.database import Database
from models.operations.record_mail import MailOutcome, RecordMail, record_mail
from models.queries.mails import owed_mail
from models.queries.reading import reading_as
from models.rules.matching import matchable_email
from models.rules.vocabulary import EventType, MailKind, StaffTaskKind, StaffTaskState
from tests.builders import World, a_world, confirmed, released
from tests.clock import FixedClock
from tests.operations.acting import approve, withdraw
from tests.operations.ledger import changes_nothing, events, rows, the_mail
from tests.operations.questioning import complete, tasks, the_task
from tests.operations.test_record_mail import decided, relay

ADDRESS = "ana@home.example"
OTHER = "ben@home.example"
THIRD = "cy@home.example"


async def test_an_address_that_was_refused_is_suppressed(database: Database, clock: FixedClock) -> None:
    world = await decided(database, clock)
    await note(world, MailKind.OUTCOME_CLIENT, MailOutcome.REJECTED, ADDRESS)
    mail = await the_mail(world, MailKind.OUTCOME_CLIENT)
    assert mail.address_index == index(world, ADDRESS)
    assert await suppressed(world) == [(index(world, ADDRESS), clock.now(), mail.id)]


async def test_the_first_mail_that_came_back_is_the_one_that_is_named(database: Database, clock: FixedClock) -> None:
    world = await decided(database, clock)
    await note(world, MailKind.OUTCOME_CLIENT, MailOutcome.REJECTED, ADDRESS)
    first = await suppressed(world)
    clock.advance(timedelta(minutes=1))
    await note(world, MailKind.OUTCOME_CONSULTANT, MailOutcome.REJECTED, ADDRESS)
    assert await suppressed(world) == first


async def test_an_accepted_mail_suppresses_nothing_and_remembers_where_it_went(
    database: Database, clock: FixedClock
) -> None:
    world = await decided(database, clock)
    await note(world, MailKind.OUTCOME_CLIENT, MailOutcome.ACCEPTED, ADDRESS)
    assert (await the_mail(world, MailKind.OUTCOME_CLIENT)).address_index == index(world, ADDRESS)
    assert await suppressed(world) == []


async def test_a_mail_about_a_bounce_suppresses_nothing_as_no_task_would_free_it(
    database: Database, clock: FixedClock
) -> None:
    world = await a_world(database, clock)
    await confirmed(world)
    await note(world, MailKind.RECEIVED, MailOutcome.REJECTED, ADDRESS)
    await complete(world, (await the_task(world, StaffTaskKind.BOUNCED_ADDRESS)).id)
    await note(world, MailKind.ADDRESS_BOUNCED, MailOutcome.REJECTED, OTHER)
    assert await suppressed(world) == []


async def test_a_bounce_after_acceptance_is_a_rejection_with_all_that_follows(
    database: Database, clock: FixedClock
) -> None:
    world = await decided(database, clock)
    await note(world, MailKind.OUTCOME_CLIENT, MailOutcome.ACCEPTED, ADDRESS)
    accepted = clock.now()
    clock.advance(timedelta(hours=1))
    await note(world, MailKind.OUTCOME_CLIENT, MailOutcome.REJECTED)
    mail = await the_mail(world, MailKind.OUTCOME_CLIENT)
    assert (mail.accepted_at, mail.rejected_at) == (accepted, clock.now())
    assert await suppressed(world) == [(index(world, ADDRESS), clock.now(), mail.id)]
    assert {each.kind for each in await tasks(world)} == {StaffTaskKind.BOUNCED_ADDRESS, StaffTaskKind.RELAY}
    async with changes_nothing(database):
        for outcome in MailOutcome:
            await note(world, MailKind.OUTCOME_CLIENT, outcome, OTHER)


async def test_an_outcome_that_bounced_does_not_count_as_told(database: Database, clock: FixedClock) -> None:
    world = await decided(database, clock)
    await note(world, MailKind.OUTCOME_CLIENT, MailOutcome.ACCEPTED, ADDRESS)
    await note(world, MailKind.OUTCOME_CLIENT, MailOutcome.REJECTED)
    await note(world, MailKind.OUTCOME_CONSULTANT, MailOutcome.ACCEPTED)
    assert await relay(world) == (None, None)


async def test_a_relay_that_was_done_stays_done_when_a_mail_bounces_and_staff_are_told(
    database: Database, clock: FixedClock
) -> None:
    world = await decided(database, clock)
    for kind in (MailKind.OUTCOME_CONSULTANT, MailKind.OUTCOME_CLIENT):
        await note(world, kind, MailOutcome.ACCEPTED, ADDRESS)
    met, before = await relay(world), await events(world)
    clock.advance(timedelta(hours=1))
    await note(world, MailKind.OUTCOME_CLIENT, MailOutcome.REJECTED)
    assert (await relay(world), await events(world)) == (met, before)
    assert EventType.OUTCOME_RELAYED in before
    (task,) = await tasks(world)
    assert task.kind is StaffTaskKind.BOUNCED_ADDRESS


async def test_nothing_is_sent_to_a_suppressed_address_however_it_is_written(
    database: Database, clock: FixedClock
) -> None:
    world = await a_world(database, clock, client={"email": "Ana@Home.example"})
    await approve(world, await released(world))
    await note(world, MailKind.OUTCOME_CONSULTANT, MailOutcome.REJECTED, ADDRESS)
    mail = await the_mail(world, MailKind.OUTCOME_CLIENT)
    assert await goes_to(world, mail.id) is None
    await complete(world, (await the_task(world, StaffTaskKind.BOUNCED_ADDRESS)).id)
    assert await goes_to(world, mail.id) == ("Ana@Home.example", index(world, ADDRESS))


async def test_an_address_that_changes_is_free_by_itself(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock, client={"email": OTHER})
    await approve(world, await released(world))
    await note(world, MailKind.OUTCOME_CONSULTANT, MailOutcome.REJECTED, ADDRESS)
    mail = await the_mail(world, MailKind.OUTCOME_CLIENT)
    assert await goes_to(world, mail.id) == (OTHER, index(world, OTHER))


async def test_completing_the_task_frees_each_address_of_that_request_and_no_other(
    database: Database, clock: FixedClock
) -> None:
    world, elsewhere = await decided(database, clock), await a_world(database, clock)
    request_id = (await the_mail(world, MailKind.OUTCOME_CLIENT)).request_id
    await note(world, MailKind.OUTCOME_CLIENT, MailOutcome.REJECTED, ADDRESS)
    await note(world, MailKind.OUTCOME_CONSULTANT, MailOutcome.REJECTED, OTHER)
    other_id = await confirmed(elsewhere)
    (mail_id,) = [row.id for row in await rows(database, tables.Mail) if row.request_id == other_id]
    await record(elsewhere, mail_id, MailOutcome.REJECTED, THIRD)
    assert len(await suppressed(world)) == 3
    (task_id,) = [
        each.id
        for each in await tasks(world)
        if each.request_id == request_id and each.kind is StaffTaskKind.BOUNCED_ADDRESS
    ]
    await complete(world, task_id)
    assert [each[0] for each in await suppressed(world)] == [index(world, THIRD)]


async def test_completing_either_of_two_tasks_about_one_address_frees_it(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    for _ in range(2):
        await withdraw(world, await confirmed(world))
    first, second = [row for row in await rows(database, tables.Mail, "created_at") if row.kind is MailKind.RECEIVED]
    for mail in (first, second):
        await record(world, mail.id, MailOutcome.REJECTED, ADDRESS)
    (later,) = [each for each in await tasks(world) if each.request_id == second.request_id]
    await complete(world, later.id)
    assert await suppressed(world) == []


async def test_a_request_that_ends_leaves_the_task_as_the_address_is_still_wrong(
    database: Database, clock: FixedClock
) -> None:
    world = await a_world(database, clock)
    request_id = await confirmed(world)
    await note(world, MailKind.RECEIVED, MailOutcome.REJECTED, ADDRESS)
    await withdraw(world, request_id)
    task = await the_task(world, StaffTaskKind.BOUNCED_ADDRESS)
    assert task.state is StaffTaskState.OPEN
    await complete(world, task.id)
    assert await suppressed(world) == []


async def note(world: World, kind: MailKind, outcome: MailOutcome, address: str | None = None) -> None:
    """Note what became of the one mail of this kind, at this address."""
    await record(world, (await the_mail(world, kind)).id, outcome, address)


async def record(world: World, mail_id: str, outcome: MailOutcome, address: str | None = None) -> None:
    to = None if address is None else index(world, address)
    command = RecordMail(mail_id=mail_id, outcome=outcome, address_index=to)
    await record_mail(command, database=world.database, clock=world.clock)


def index(world: World, address: str) -> bytes:
    return world.database.vault.blind_index("email", matchable_email(address))


async def suppressed(world: World) -> list[tuple[object, ...]]:
    found = await rows(world.database, tables.SuppressedAddress, "suppressed_at")
    return [(row.email_index, row.suppressed_at, row.mail_id) for row in found]


async def goes_to(world: World, mail_id: str) -> tuple[str, bytes | None] | None:
    """Return where a mail would go now, with the index of that."""
    async with reading_as(SYSTEM, database=world.database, at=world.clock.now()) as reading:
        mail = await owed_mail(reading, mail_id)
    assert mail is not None
    assert (mail.recipient is None) == (mail.address_index is None)
    return None if mail.recipient is None else (mail.recipient.address, mail.address_index)
