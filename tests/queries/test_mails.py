"""Whom an owed e-mail goes to, and what its recipient may be told."""

import re
from collections.abc import Awaitable, Callable
from datetime import date
from typing import Any

import pytest
from sqlalchemy import update

from models import tables
from models.actor import SYSTEM
from models.database import Database
from models.mail_owed import owe_mail
from models.queries.mails import OwedMail, owed_mail
from models.rules.mails import READERS
from models.rules.vocabulary import DeadlineKind, EventType, MailKind, RequestStatus, Role
from tests.builders import World, a_world, confirmed, released
from tests.clock import FixedClock
from tests.operations.acting import approve, decline, record_mail, withdraw
from tests.operations.ledger import rows, the_mail
from tests.queries.asked import listening, read
from tests.rows import building

ANA = {"name": "Ana Silva", "email": "ana@home.example"}


async def test_the_consultant_is_written_to_where_they_work(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock, consultant_zone="Pacific/Auckland")
    await confirmed(world)
    mail = await owed(world, MailKind.RECEIVED)
    assert mail.recipient is not None
    assert (mail.recipient.name, mail.recipient.time_zone) == (world.consultant.name, "Pacific/Auckland")
    assert mail.recipient.address.endswith("@practice.example")
    assert {deadline.kind for deadline in mail.request.deadlines} >= {DeadlineKind.DECISION, DeadlineKind.RELAY}


async def test_a_consultant_who_left_is_replaced_by_the_practices_manager(
    database: Database, clock: FixedClock
) -> None:
    world = await a_world(database, clock)
    async with building(database, clock) as build:
        await build.account(Role.PRACTICE_MANAGER, practice_id=await build.practice())
    await confirmed(world)
    await change(database, tables.Consultant, left_on=date(2026, 11, 22))
    mail = await owed(world, MailKind.RECEIVED)
    assert mail.recipient is not None
    assert mail.recipient.name == world.manager.name
    await change(database, tables.Account, disabled_at=clock.now())
    assert (await owed(world, MailKind.RECEIVED)).recipient is None


async def test_each_reviewer_is_invited_with_the_projection_alone(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock, client=ANA)
    await released(world)
    invitations = [row for row in await rows(database, tables.Mail) if row.kind is MailKind.REVIEW_INVITATION]
    mails = [await of(world, row.id) for row in invitations]
    names = {mail.recipient.name for mail in mails if mail.recipient}
    assert names == {world.reviewer.name, world.second_reviewer.name}
    for mail in mails:
        assert {deadline.kind for deadline in mail.request.deadlines} == {DeadlineKind.DECISION}
        assert mail.recipient is not None
        assert mail.recipient.time_zone == "Australia/Melbourne"


async def test_a_manager_who_may_not_see_the_case_does_not_stand_in(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    await confirmed(world)
    async with building(database, clock) as build:
        elsewhere = await build.practice()
        await build.account(Role.PRACTICE_MANAGER, practice_id=elsewhere)
    await change(database, tables.Consultant, left_on=date(2026, 11, 22), practice_id=elsewhere)
    mail = await owed(world, MailKind.RECEIVED)
    assert mail.recipient is not None
    assert mail.recipient.name == world.manager.name


async def test_a_reviewer_who_has_gone_since_is_not_written_to(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    await released(world)
    await change(database, tables.Account, disabled_at=clock.now())
    for row in await rows(database, tables.Mail):
        if row.kind is MailKind.REVIEW_INVITATION:
            assert (await of(world, row.id)).recipient is None


async def test_a_reviewer_who_changed_employers_since_is_told_nothing(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    await released(world)
    async with building(database, clock) as build:
        elsewhere = await build.organisation()
    await change(database, tables.Account, organisation_id=elsewhere)
    for row in await rows(database, tables.Mail):
        if row.kind is MailKind.REVIEW_INVITATION:
            mail = await of(world, row.id)
            assert mail.recipient is None
            assert not hasattr(mail.request, "reference")


@pytest.mark.parametrize("end", [approve, decline, withdraw])
async def test_a_reviewer_is_not_invited_to_what_has_ended_since(
    database: Database, clock: FixedClock, end: Callable[..., Awaitable[Any]]
) -> None:
    world = await a_world(database, clock)
    await end(world, await released(world))
    invitations = [row.id for row in await rows(database, tables.Mail) if row.kind is MailKind.REVIEW_INVITATION]
    assert len(invitations) == 2
    assert [mail.recipient for mail in [await of(world, mail_id) for mail_id in invitations]] == [None, None]


async def test_whoever_has_another_role_by_now_is_not_written_to(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    request_id = await released(world)
    for kind, reader, role in [
        (MailKind.DECISION_NEEDED, world.staff, Role.ORG_REVIEWER),
        (MailKind.REVIEW_REMINDER, world.reviewer, Role.PROVIDER_STAFF),
    ]:
        await change(database, tables.Account, role=reader.role)
        await owe(world, kind, request_id, account_id=reader.account_id)
        assert (await owed(world, kind)).recipient is not None
        await change(database, tables.Account, role=role, organisation_id=world.organisation_id)
        assert (await owed(world, kind)).recipient is None


async def test_the_case_is_read_for_a_clinical_reviewer_alone(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    request_id = await released(world)
    await change(database, tables.ExtraSessionsRequest, needs_clinical_review=True)
    readers = {Role.ORG_REVIEWER: world.reviewer, Role.PROVIDER_STAFF: world.staff}
    for kind, role in READERS.items():
        if kind is not MailKind.REVIEW_INVITATION:
            reader = readers.get(role, world.clinical_reviewer)
            await owe(world, kind, request_id, account_id=reader.account_id)
            case = (await owed(world, kind)).request.case
            assert (case and case.number) == (world.case.number if role is Role.CLINICAL_REVIEWER else None)


async def test_no_statement_on_a_reviewer_s_behalf_names_a_case(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    request_id = await released(world)
    for kind in (MailKind.REVIEW_REMINDER, MailKind.REVIEW_RESUMED, MailKind.REVIEW_ENDED):
        await owe(world, kind, request_id, account_id=world.reviewer.account_id)
        with listening() as heard:
            assert (await owed(world, kind)).recipient is not None
        named = (
            " ".join(heard).replace("account.consultant_id", "").replace("account.practice_id", "")
        )  # the reader's own
        assert "extra_sessions_request" in named
        assert not re.search(r"assist_case|case_id|consultant|client|practice\b|clinical|sealed", named)


async def test_the_client_is_told_the_outcome_at_their_own_address(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock, client=ANA)
    await approve(world, await released(world), sessions_granted=2)
    mail = await owed(world, MailKind.OUTCOME_CLIENT)
    assert mail.recipient is not None
    assert (mail.recipient.name, mail.recipient.address) == ("Ana Silva", "ana@home.example")
    assert (mail.request.status, mail.request.sessions_granted) == (RequestStatus.APPROVED, 2)


async def test_a_client_who_may_not_be_written_to_is_not_though_the_consultant_is(
    database: Database, clock: FixedClock
) -> None:
    unsafe: tuple[dict[str, Any], ...] = ({"do_not_email": True, **ANA}, {"email": None})
    for client in unsafe:
        world = await a_world(database, clock, client=client)
        request_id = await released(world)
        await approve(world, request_id)
        mails = {row.kind: row.id for row in await rows(database, tables.Mail) if row.request_id == request_id}
        assert (await of(world, mails[MailKind.OUTCOME_CLIENT])).recipient is None
        assert (await of(world, mails[MailKind.OUTCOME_CONSULTANT])).recipient is not None


async def test_a_mail_that_was_settled_is_owed_no_more(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    request_id = await confirmed(world)
    mail = await the_mail(world, MailKind.RECEIVED)
    await withdraw(world, request_id)
    late = await owed(world, MailKind.RECEIVED)
    assert (late.request.status, late.recipient) == (RequestStatus.WITHDRAWN, None)
    await record_mail(world, mail.id, accepted=True)
    assert await read(database, clock, SYSTEM, owed_mail, mail.id) is None
    assert await read(database, clock, SYSTEM, owed_mail, "mail_unknown") is None
    assert EventType.OUTCOME_RELAYED not in [row.type for row in await rows(database, tables.Event)]


async def owe(world: World, kind: MailKind, request_id: str, *, account_id: str | None) -> None:
    async with world.database.transaction() as session:
        owe_mail(session, kind, request_id, at=world.clock.now(), account_id=account_id)


async def owed(world: World, kind: MailKind) -> OwedMail:
    return await of(world, (await the_mail(world, kind)).id)


async def of(world: World, mail_id: str) -> OwedMail:
    mail: OwedMail | None = await read(world.database, world.clock, SYSTEM, owed_mail, mail_id)
    assert mail is not None
    return mail


async def change(database: Database, table: type[tables.Base], **values: object) -> None:
    """Change every row of a table behind the product's back."""
    async with database.transaction() as session:
        await session.execute(update(table).values(**values))
