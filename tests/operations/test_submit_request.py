"""Submit stores a request on the appointment's own case, and tells nobody."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from models import tables
from models.database import Database
from models.rules.refusals import (
    CaseClosed,
    ConsentMissing,
    DateNotToday,
    NoSessions,
    NotAllowed,
    NotFound,
    OpenRequestExists,
    Refusal,
    RequestorNotAllowed,
    TextInvalid,
    TextMissing,
    TextTooLong,
    TooManySessions,
)
from models.rules.request_form import CONSENT_WORDING
from models.rules.vocabulary import (
    AppointmentStatus,
    CaseStatus,
    DeadlineKind,
    EventType,
    ReferralPathwayKind,
    Requestor,
    RequestStatus,
    Role,
)
from models.views.want import asking
from tests.builders import a_world, confirmed, new_terms, submitted
from tests.clock import FixedClock
from tests.operations.acting import approve, confirm, release, submit, withdraw
from tests.operations.ledger import (
    deadlines,
    events,
    everything,
    jobs,
    refused,
    rows,
    state_of,
    the_request,
    watches,
)
from tests.rows import DETAIL, STATEMENT, building

ANSWERS = asking(
    "status", "version", "reference", goal=asking("statement"), referral_pathway=asking("planned", "kind", "detail")
)


async def test_a_submitted_request_is_stored_and_promises_nothing(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    view = await submit(world, want=ANSWERS)
    assert (view.status, view.version) == (RequestStatus.SUBMITTED, 1)
    assert (view.goal.statement, view.referral_pathway.kind) == (STATEMENT, ReferralPathwayKind.SPECIALIST)
    assert view.referral_pathway.detail == DETAIL
    row = await the_request(world, view.id)
    assert (row.case_id, row.organisation_id, row.appointment_id) == (
        world.case.id,
        world.organisation_id,
        world.appointment_id,
    )
    assert (row.sessions_requested, row.sessions_released, row.entitled_sessions) == (3, 3, 6)
    assert (row.released_at, row.organisation_version, row.needs_clinical_review) == (None, 0, False)
    assert (row.consultant_id, row.consent_by) == (world.consultant.consultant_id, world.consultant.account_id)
    assert (row.consent_at, row.consent_wording) == (clock.now(), CONSENT_WORDING)
    assert await events(world) == [EventType.SUBMITTED]
    assert await jobs(world) == []
    assert await watches(world) == {DeadlineKind.CONFIRMATION: [clock.now() + timedelta(hours=48, seconds=1)]}
    assert await rows(database, tables.IdempotencyRecord) == []


async def test_a_submitted_request_waits_48_hours_for_its_confirm(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    await submitted(world)
    due = await deadlines(world)
    assert set(due) == {DeadlineKind.CONFIRMATION}
    confirmation = due[DeadlineKind.CONFIRMATION]
    assert confirmation.due_at == clock.now() + timedelta(hours=48)
    assert (confirmation.region, confirmation.time_zone) == ("AU-VIC", "Australia/Melbourne")
    assert state_of(confirmation) == (None, None)


REFUSED: list[tuple[dict[str, Any], type[Refusal], tuple[str, ...]]] = [
    ({"requestor": Requestor.CLIENT}, RequestorNotAllowed, ("requestor",)),
    ({"requestor": Requestor.PROVIDER}, RequestorNotAllowed, ("requestor",)),
    ({"date_of_request": date(2026, 11, 22)}, DateNotToday, ("dateOfRequest",)),
    ({"date_of_request": date(2026, 11, 24)}, DateNotToday, ("dateOfRequest",)),
    ({"client_consents": False}, ConsentMissing, ("clientConsents",)),
    ({"sessions_requested": 0}, NoSessions, ("sessionsRequested",)),
    ({"sessions_requested": -1}, NoSessions, ("sessionsRequested",)),
    ({"sessions_requested": 5}, TooManySessions, ("sessionsRequested",)),
    ({"sessions_requested": 2**31}, TooManySessions, ("sessionsRequested",)),
    ({"goal_statement": " \n\t "}, TextMissing, ("goal", "statement")),
    ({"goal_statement": "x" * 1_000_000}, TextTooLong, ("goal", "statement")),
    ({"goal_statement": "back to \u202ework"}, TextInvalid, ("goal", "statement")),
    ({"goal_statement": "back to \x00 work"}, TextInvalid, ("goal", "statement")),
    ({"pathway_detail": "y" * 1_001}, TextTooLong, ("referralPathway", "detail")),
    ({"pathway_detail": "Dr\x07Osei"}, TextInvalid, ("referralPathway", "detail")),
    ({"appointment_id": "apt_AAAAAAAAAAAAAAAAAAAAAA"}, NotFound, ("appointmentId",)),
    ({"appointment_id": ""}, NotFound, ("appointmentId",)),
    ({"appointment_id": "' OR 1=1 --"}, NotFound, ("appointmentId",)),
    ({"appointment_id": "apt\x00"}, NotFound, ("appointmentId",)),
]


async def test_a_refused_submission_leaves_nothing(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    for changes, refusal, path in REFUSED:
        async with refused(world, refusal) as raised:
            await submit(world, idempotency_key="key", **changes)
        assert raised.value.path == path, changes


async def test_the_most_sessions_are_the_agreements_own(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock, maximum_sessions=2)
    async with refused(world, TooManySessions):
        await submit(world, sessions_requested=3)
    assert (await submit(world, sessions_requested=2)).status is RequestStatus.SUBMITTED


async def test_the_entitled_sessions_are_a_guide_and_refuse_nothing(database: Database, clock: FixedClock) -> None:
    used_up = (AppointmentStatus.COMPLETED,) * 7
    world = await a_world(database, clock, entitled_sessions=2, appointments=used_up)
    view = await submit(world, sessions_requested=4, want=asking("status", "entitled_sessions"))
    assert (view.status, view.entitled_sessions) == (RequestStatus.SUBMITTED, 2)


async def test_today_is_the_consultants_own_today(database: Database, clock: FixedClock) -> None:
    clock.set(datetime(2026, 11, 23, 11, 30, tzinfo=UTC))  # in Auckland it is the 24th since half an hour
    world = await a_world(database, clock, consultant_zone="Pacific/Auckland")
    async with refused(world, DateNotToday) as raised:
        await submit(world, date_of_request=date(2026, 11, 23))
    assert "2026-11-24" in raised.value.message
    assert (await submit(world, date_of_request=date(2026, 11, 24))).status is RequestStatus.SUBMITTED


async def test_a_closed_case_takes_no_request(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock, case_status=CaseStatus.CLOSED)
    async with refused(world, CaseClosed):
        await submit(world)


async def test_a_case_has_one_open_request_and_another_after_its_end(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    first = await submitted(world)
    async with refused(world, OpenRequestExists):
        await submit(world)
    await withdraw(world, first)
    second = await confirmed(world)
    async with refused(world, OpenRequestExists):
        await submit(world)
    assert second != first


async def test_a_repeat_is_fine_after_an_outcome(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock, automatic_approval=4)
    await confirmed(world)
    assert (await submit(world)).status is RequestStatus.SUBMITTED


async def test_a_request_goes_to_its_appointments_own_case_and_no_other(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    async with building(database, clock) as build:
        other = await build.case(world.case.client_id, world.organisation_id, world.practice_id)
        appointment = await build.appointment(other.id, world.consultant)
    view = await submit(world, appointment_id=appointment)
    assert (await the_request(world, view.id)).case_id == other.id
    assert (await submit(world)).status is RequestStatus.SUBMITTED, "the client's other case is free"


async def test_only_a_consultant_with_an_appointment_on_the_case_submits(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    async with building(database, clock) as build:
        elsewhere = await build.consultant(await build.practice())
        colleague = await build.consultant(world.practice_id)
    for stranger in (elsewhere, colleague):
        async with refused(world, NotFound):
            await submit(world, by=stranger)
    async with building(database, clock) as build:
        await build.appointment(world.case.id, colleague)
    assert (await submit(world, by=colleague)).status is RequestStatus.SUBMITTED


async def test_no_other_role_submits_whatever_it_may_see(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    for actor in world.everybody:
        if actor.role is not Role.CONSULTANT:
            async with refused(world, NotAllowed):
                await submit(world, by=actor)


async def test_a_request_keeps_the_terms_it_was_submitted_under(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    request_id = await submitted(world, sessions_requested=4)
    await new_terms(world, maximum_sessions=1, automatic_approval=1)
    await confirm(world, request_id)
    assert (await the_request(world, request_id)).status is RequestStatus.ORGANISATION_REVIEW
    await release(world, request_id)
    await approve(world, request_id)
    async with refused(world, TooManySessions):
        await submit(world, sessions_requested=2)


async def test_the_sealed_answers_show_in_no_column(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    await submitted(world, idempotency_key="key", goal_statement="Zebra", pathway_detail="Quokka")
    kept = repr(await everything(database))
    assert "Zebra" not in kept
    assert "Quokka" not in kept
