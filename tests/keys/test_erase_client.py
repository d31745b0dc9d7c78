"""Erasing a client: who it was is gone for everybody, what happened stays, and the organisation notices nothing."""

from pathlib import Path

import pytest
from sqlalchemy import select

from models import tables
from models.actor import SYSTEM, Actor
from models.database import Database
from models.erasure_ledger import ErasureLedger
from models.keyring import Keyring
from models.operations.record_mail import MailOutcome, RecordMail, record_mail
from models.queries.audit import Log, verify
from models.queries.cases import case_by_id
from models.queries.erasure import client_known_as, client_of_case, what_is_held
from models.queries.mails import owed_mail
from models.queries.reading import reading_as
from models.queries.requests import request_of
from models.rules.refusals import CaseClosed
from models.rules.vocabulary import CaseStatus, ClinicalResult, EventType, MailKind, QuestionState, RequestStatus
from tests.builders import World, a_world, released, submitted
from tests.clock import FixedClock
from tests.keys.strongroom import Office, client_of, stored_keys
from tests.operations.acting import approve, submit
from tests.operations.clinical import ASK, ENDORSE, NOTE, REVIEWED, a_long_case, answer, in_review, review
from tests.operations.ledger import changes_nothing, events, log, rows, the_mail, the_request
from tests.operations.questioning import ANSWER, ask, draft, drafted, hand_over
from tests.operations.test_suppression import index, note, suppressed
from tests.queries.asked import REQUEST, a_case, read
from tests.rows import building
from tests.schema.house import House
from tests.schema.test_match_after_release import shown

ROLES = ("consultant", "manager", "staff", "clinical_reviewer", "integrator")


@pytest.fixture
async def world(database: Database, clock: FixedClock) -> World:
    return await a_world(database, clock)


async def test_nobody_is_shown_who_it_was_or_what_was_written(world: World, office: Office) -> None:
    request_id = await released(world)
    await approve(world, request_id)
    await office.erase(await client_of(world))
    for by in (world.consultant, world.manager, world.staff):
        case = await read(world.database, world.clock, by, case_by_id, world.case.id, a_case())
        assert case is not None
        assert case.client.display_name == "Erased"
        assert {case.client.email, case.client.phone, case.client.date_of_birth, case.client.employee_number} == {None}
    request = await read(world.database, world.clock, world.consultant, request_of, request_id, REQUEST)
    assert request is not None
    assert (request.goal.statement, request.referral_pathway.kind, request.referral_pathway.detail) == (None,) * 3
    assert (request.status, request.sessions_granted) == (RequestStatus.APPROVED, 3), "what was decided stays"


async def test_key_identity_and_answers_are_gone_and_another_clients_stay(world: World, office: Office) -> None:
    request_id = await submitted(world)
    client_id = await client_of(world)
    async with building(world.database, world.clock) as build:
        other = await build.client()
    await office.erase(client_id)
    assert set(await stored_keys(world.database)) == {other}
    assert {row.client_id for row in await rows(world.database, tables.ClientIdentity)} == {other}
    assert (await the_request(world, request_id)).clinical_sealed is None
    assert list(office.ledger.read()) == [client_id]


async def test_further_details_and_notes_are_gone_and_what_was_asked_stays(
    database: Database, clock: FixedClock, office: Office
) -> None:
    world = await a_long_case(database, clock)
    request_id = await in_review(world)
    await review(world, request_id, ASK, questions=("PLAN",), note=NOTE)
    await answer(world, request_id, {"PLAN": "Two more"})
    await review(world, request_id, ENDORSE)
    await office.erase(await client_of(world))
    assert {row.sealed for row in await rows(world.database, tables.FurtherDetails)} == {None}
    for by in (world.consultant, world.clinical_reviewer):
        view = await read(database, clock, by, request_of, request_id, REVIEWED)
        assert view is not None
        assert view.clinical_review is not None
        assert view.clinical_review.result is ClinicalResult.ENDORSED
        found = view.clinical_review.rounds
        assert [(each.round, each.note, each.answered_at is None) for each in found] == [
            (1, None, False),
            (2, None, False),
        ]
        assert {question.answer for each in found for question in each.questions} == {None}


async def test_a_draft_is_gone_and_an_answer_that_the_organisation_has_stays(world: World, office: Office) -> None:
    request_id = await drafted(world)
    await hand_over(world, request_id)
    await ask(world, request_id)
    await draft(world, request_id)
    await office.erase(await client_of(world))
    answered, called_off = await rows(world.database, tables.OrganisationQuestion, "number")
    assert (answered.answer, answered.draft_sealed) == (ANSWER, None)
    assert (called_off.state, called_off.answer, called_off.draft_sealed) == (QuestionState.CANCELLED, None, None)
    request = await read(world.database, world.clock, world.consultant, request_of, request_id, REQUEST)
    assert request is not None
    assert [(each.answer, each.draft) for each in request.questions] == [(ANSWER, None), (None, None)]


async def test_the_history_stays_and_its_chain_verifies(world: World, office: Office) -> None:
    request_id = await released(world)
    await approve(world, request_id)
    before = await events(world)
    await office.erase(await client_of(world))
    assert await events(world) == [*before, EventType.CLIENT_ERASED]
    closed = [row.case_id for row in await log(world) if row.type is EventType.CASE_CLOSED]
    assert closed == [world.case.id]
    async with world.database.snapshot() as source:
        for each in Log:
            assert (await verify(source, each)).broken is None


async def test_open_cases_close_and_their_open_request_is_cancelled(world: World, office: Office) -> None:
    request_id = await released(world)
    await office.erase(await client_of(world))
    (case,) = await rows(world.database, tables.AssistCase)
    assert (case.status, case.closed_on) == (CaseStatus.CLOSED, world.clock.now().date())
    assert (await the_request(world, request_id)).status is RequestStatus.CANCELLED
    assert not [
        row for row in await rows(world.database, tables.Deadline) if row.cancelled_at is None and not row.met_at
    ]
    with pytest.raises(CaseClosed):
        await submit(world)


async def test_the_client_is_sent_nothing_more(world: World, office: Office) -> None:
    await approve(world, await released(world))
    await office.erase(await client_of(world))
    (mail,) = [row for row in await rows(world.database, tables.Mail) if row.kind is MailKind.OUTCOME_CLIENT]
    async with reading_as(SYSTEM, database=world.database, at=world.clock.now()) as reading:
        owed = await owed_mail(reading, mail.id)
    assert owed is not None
    assert owed.recipient is None


async def test_where_the_clients_mail_went_is_forgotten_and_what_was_suppressed_of_it(
    world: World, office: Office
) -> None:
    await approve(world, await released(world))
    await note(world, MailKind.OUTCOME_CLIENT, MailOutcome.REJECTED, "where.they.once.were@home.example")
    await note(world, MailKind.OUTCOME_CONSULTANT, MailOutcome.REJECTED, "consultant@practice.example")
    await office.erase(await client_of(world))
    (kept,) = await suppressed(world)
    assert kept[0] == index(world, "consultant@practice.example")
    indexes = {row.kind: row.address_index for row in await rows(world.database, tables.Mail) if row.rejected_at}
    assert indexes == {MailKind.OUTCOME_CLIENT: None, MailKind.OUTCOME_CONSULTANT: kept[0]}


async def test_the_address_that_the_client_has_is_forgotten_whichever_mail_came_back(
    world: World, office: Office
) -> None:
    await approve(world, await released(world))
    async with world.database.snapshot() as source:
        mine = (await source.execute(select(tables.ClientIdentity.email_index))).scalar_one()
    mail = await the_mail(world, MailKind.OUTCOME_CONSULTANT)
    command = RecordMail(mail_id=mail.id, outcome=MailOutcome.REJECTED, address_index=mine)
    await record_mail(command, database=world.database, clock=world.clock)
    assert len(await suppressed(world)) == 1
    await office.erase(await client_of(world))
    assert await suppressed(world) == []


@pytest.mark.parametrize("outcome", [MailOutcome.ACCEPTED, MailOutcome.REJECTED])
async def test_a_mail_that_was_on_its_way_leaves_no_address_of_a_client_who_was_erased(
    world: World, office: Office, outcome: MailOutcome
) -> None:
    await approve(world, await released(world))
    await office.erase(await client_of(world))
    await note(world, MailKind.OUTCOME_CLIENT, outcome, "they@home.example")
    assert (await the_mail(world, MailKind.OUTCOME_CLIENT)).address_index is None
    assert await suppressed(world) == []


async def test_for_the_organisation_nothing_at_all_changes(world: World, office: Office, keyring: Keyring) -> None:
    house, request_id = House(world, keyring), await released(world)
    await approve(world, request_id)
    before = await shown(world, house, request_id)
    await office.erase(await client_of(world))
    assert await shown(world, house, request_id) == before


async def test_erasing_again_changes_nothing(world: World, office: Office) -> None:
    await released(world)
    client_id = await client_of(world)
    await office.erase(client_id)
    async with changes_nothing(world.database):
        await office.erase(client_id)
    assert len(office.ledger.read()) == 1


async def test_what_a_crash_cuts_off_is_done_at_the_next_start(world: World, office: Office, tmp_path: Path) -> None:
    client_id = await client_of(world)
    (tmp_path / "file").touch()
    no_ledger = Office(world.database, world.clock, ErasureLedger(tmp_path / "file" / "erasures.jsonl"))
    with pytest.raises(FileExistsError):
        await no_ledger.erase(client_id)
    assert client_id in await stored_keys(world.database), "the key goes last"
    settled = await office.settle()
    assert (settled.erased_again, settled.keys_destroyed) == (0, 1)
    assert await stored_keys(world.database) == {}
    assert list(office.ledger.read()) == [client_id]
    settled = await office.settle()
    assert (settled.erased_again, settled.keys_destroyed) == (0, 0)


async def test_whoever_is_to_be_erased_is_found_by_a_case_or_the_old_systems_number(
    world: World, office: Office
) -> None:
    await submitted(world)
    client_id = await client_of(world)
    async with world.database.snapshot() as source:
        index = (await source.execute(select(tables.Client.external_index))).scalar_one()
        assert await client_of_case(source, world.case.number) == client_id
        assert await client_of_case(source, "ASST-000000") is None
        assert await client_known_as(source, "nobody", vault=world.database.vault) is None
        held = await what_is_held(source, client_id)
    assert index
    assert (held.cases, held.open_cases, held.requests, held.open_requests, held.erased_at) == (1, 1, 1, 1, None)
    await office.erase(client_id)
    async with world.database.snapshot() as source:
        held = await what_is_held(source, client_id)
    assert (held.cases, held.open_cases, held.requests, held.open_requests) == (1, 0, 1, 0)
    assert held.erased_at == world.clock.now()


@pytest.mark.parametrize("who", ROLES)
async def test_the_case_and_its_request_can_still_be_read(world: World, office: Office, who: str) -> None:
    by: Actor = getattr(world, who)
    request_id = await submitted(world)
    before = await read(world.database, world.clock, by, request_of, request_id, REQUEST)
    await office.erase(await client_of(world))
    after = await read(world.database, world.clock, by, request_of, request_id, REQUEST)
    assert (after is None) == (before is None)
