"""A bounce is known by its mail's mark alone, and waits for the record of what it follows."""

from datetime import timedelta

import pytest

from models import tables
from models.database import Database
from models.operations.record_bounce import BounceTooEarly, RecordBounce, UnknownBounce, record_bounce
from models.operations.record_mail import MailOutcome
from models.rules.mails import bounce_token
from models.rules.vocabulary import MailKind, StaffTaskKind
from tests.builders import World
from tests.clock import FixedClock
from tests.operations.ledger import changes_nothing, rows, the_mail
from tests.operations.questioning import tasks
from tests.operations.test_record_mail import decided
from tests.operations.test_suppression import ADDRESS, index, note, suppressed

CLIENT = MailKind.OUTCOME_CLIENT


async def test_a_mail_that_bounces_is_rejected_at_the_address_that_it_went_to(
    database: Database, clock: FixedClock
) -> None:
    world = await decided(database, clock)
    await note(world, CLIENT, MailOutcome.ACCEPTED, ADDRESS)
    clock.advance(timedelta(minutes=5))
    await bounce(world, token := await token_of(world))
    mail = await the_mail(world, CLIENT)
    assert (mail.rejected_at, token) == (clock.now(), bounce_token(mail.id))
    assert await suppressed(world) == [(index(world, ADDRESS), clock.now(), mail.id)]
    assert StaffTaskKind.BOUNCED_ADDRESS in {each.kind for each in await tasks(world)}
    async with changes_nothing(database):
        await bounce(world, token)


async def test_a_bounce_that_overtakes_the_record_of_its_mail_asks_again(database: Database, clock: FixedClock) -> None:
    world = await decided(database, clock)
    async with changes_nothing(database):
        with pytest.raises(BounceTooEarly):
            await bounce(world, await token_of(world))


async def test_a_mark_that_no_mail_has_is_nobodys(database: Database, clock: FixedClock) -> None:
    world = await decided(database, clock)
    async with changes_nothing(database):
        with pytest.raises(UnknownBounce):
            await bounce(world, "0" * 32)


async def test_a_mail_that_was_never_sent_bounces_to_no_effect(database: Database, clock: FixedClock) -> None:
    world = await decided(database, clock)
    await note(world, CLIENT, MailOutcome.SUPPRESSED)
    async with changes_nothing(database):
        await bounce(world, await token_of(world))


async def test_every_mail_has_a_mark_of_its_own_that_does_not_tell_its_id(
    database: Database, clock: FixedClock
) -> None:
    await decided(database, clock)
    found = {row.id: row.bounce_token for row in await rows(database, tables.Mail)}
    assert found == {mail_id: bounce_token(mail_id) for mail_id in found}
    assert len(set(found.values())) == len(found)
    assert all(len(token) == 32 and mail_id not in token for mail_id, token in found.items())


async def test_a_mail_that_an_older_version_promised_is_marked_when_it_is_accepted(
    database: Database, clock: FixedClock
) -> None:
    world = await decided(database, clock)
    async with database.transaction() as session:
        mail = await session.get_one(tables.Mail, (await the_mail(world, CLIENT)).id)
        mail.bounce_token = None
    await note(world, CLIENT, MailOutcome.ACCEPTED, ADDRESS)
    assert await token_of(world) == bounce_token(mail.id)


async def token_of(world: World) -> str:
    return str((await the_mail(world, CLIENT)).bounce_token)


async def bounce(world: World, token: str) -> None:
    await record_bounce(RecordBounce(token=token), database=world.database, clock=world.clock)
