"""Revise changes what was submitted, before anybody is told; the 48 hours start again."""

from datetime import timedelta
from typing import Any

from models.database import Database
from models.operations.revise_request import RevisedGoal, RevisedPathway
from models.rules.refusals import (
    IdempotencyKeyReused,
    NoSessions,
    NotAllowed,
    NotFound,
    NotOpen,
    Refusal,
    StaleVersion,
    TextInvalid,
    TextMissing,
    TextTooLong,
    TooManySessions,
)
from models.rules.vocabulary import (
    DeadlineKind,
    EventType,
    GoalCategory,
    ReferralPathwayKind,
    RequestStatus,
    Role,
)
from models.views.want import asking
from tests.builders import a_world, confirmed, submitted
from tests.clock import FixedClock
from tests.operations.acting import confirm, revise
from tests.operations.ledger import changes_nothing, deadlines, events, jobs, refused, the_request
from tests.rows import DETAIL, building

EVERYTHING = asking(
    "version",
    "status",
    "sessions_requested",
    goal=asking("category", "statement"),
    referral_pathway=asking("planned", "kind", "detail"),
)
NO_PATHWAY = RevisedPathway(kind=ReferralPathwayKind.NONE_NEEDED, detail=None)
NEW_GOAL = RevisedGoal(category=GoalCategory.CONSOLIDATE_GAINS, statement="  Keep what works  ")


def goal(statement: str) -> RevisedGoal:
    return RevisedGoal(category=GoalCategory.OTHER, statement=statement)


def pathway(detail: str) -> RevisedPathway:
    return RevisedPathway(kind=ReferralPathwayKind.PRIVATE, detail=detail)


REFUSED: list[tuple[dict[str, Any], type[Refusal], tuple[str, ...]]] = [
    ({"sessions_requested": 0}, NoSessions, ("sessionsRequested",)),
    ({"sessions_requested": -1}, NoSessions, ("sessionsRequested",)),
    ({"sessions_requested": 5}, TooManySessions, ("sessionsRequested",)),
    ({"goal": goal(" ")}, TextMissing, ("goal", "statement")),
    ({"goal": goal("x" * 2_001)}, TextTooLong, ("goal", "statement")),
    ({"goal": goal("to\u2066day")}, TextInvalid, ("goal", "statement")),
    ({"pathway": pathway("x" * 1_001)}, TextTooLong, ("referralPathway", "detail")),
    ({"pathway": pathway("to\x1bday")}, TextInvalid, ("referralPathway", "detail")),
    ({"sessions_requested": 2, "goal": goal(" ")}, TextMissing, ("goal", "statement")),
    ({"sessions_requested": 2, "expected_version": 2}, StaleVersion, ("expectedVersion",)),
    ({"sessions_requested": 2, "expected_version": 0}, StaleVersion, ("expectedVersion",)),
]


MALFORMED = ("", "req_AAAAAAAAAAAAAAAAAAAAAA", "req\x00", "\ud800", "' OR ''='")


async def test_a_revision_changes_what_it_names_and_promises_nothing(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    request_id = await submitted(world)
    view = await revise(
        world, request_id, sessions_requested=1, goal=NEW_GOAL, pathway=NO_PATHWAY, expected_version=1, want=EVERYTHING
    )
    assert (view.version, view.status, view.sessions_requested) == (2, RequestStatus.SUBMITTED, 1)
    assert (view.goal.category, view.goal.statement) == (GoalCategory.CONSOLIDATE_GAINS, "Keep what works")
    pathway = view.referral_pathway
    assert (pathway.planned, pathway.kind, pathway.detail) == (False, ReferralPathwayKind.NONE_NEEDED, None)
    row = await the_request(world, request_id)
    assert (row.sessions_requested, row.sessions_released, row.onward_plan) == (1, 1, False)
    assert await events(world) == [EventType.SUBMITTED, EventType.REVISED]
    assert await jobs(world) == []


async def test_what_a_revision_does_not_name_stays(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    request_id = await submitted(world)
    view = await revise(world, request_id, goal=NEW_GOAL, want=EVERYTHING)
    assert (view.sessions_requested, view.referral_pathway.detail) == (3, DETAIL)
    view = await revise(world, request_id, pathway=NO_PATHWAY, want=EVERYTHING)
    assert (view.goal.statement, view.sessions_requested) == ("Keep what works", 3)
    before = (await the_request(world, request_id)).clinical_sealed
    view = await revise(world, request_id, sessions_requested=2, want=EVERYTHING)
    assert (view.version, view.goal.statement) == (4, "Keep what works")
    assert (await the_request(world, request_id)).clinical_sealed == before, "untouched answers are not sealed again"


async def test_each_revision_gives_48_hours_again(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    request_id = await submitted(world)
    clock.advance(timedelta(hours=47))
    await revise(world, request_id, sessions_requested=2)
    clock.advance(timedelta(hours=48))
    assert (await deadlines(world))[DeadlineKind.CONFIRMATION].due_at == clock.now()
    assert (await confirm(world, request_id)).status is RequestStatus.ORGANISATION_REVIEW


async def test_an_expired_request_is_not_revived_by_a_revision(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    request_id = await submitted(world)
    clock.advance(timedelta(hours=48, microseconds=1))
    async with refused(world, NotOpen) as raised:
        await revise(world, request_id, sessions_requested=2)
    assert "EXPIRED" in raised.value.message


async def test_a_refused_revision_leaves_all_as_it_was(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    request_id = await submitted(world)
    for changes, refusal, path in REFUSED:
        async with refused(world, refusal) as raised:
            await revise(world, request_id, idempotency_key="key", **changes)
        assert raised.value.path == path, changes


async def test_a_confirmed_request_is_not_revised(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    request_id = await confirmed(world)
    async with refused(world, NotOpen) as raised:
        await revise(world, request_id, sessions_requested=2)
    assert "ORGANISATION_REVIEW" in raised.value.message


async def test_only_a_consultant_of_the_case_revises(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    request_id = await submitted(world)
    async with building(database, clock) as build:
        elsewhere = await build.consultant(await build.practice())
    for actor in world.everybody:
        if actor.role is not Role.CONSULTANT:
            async with refused(world, NotAllowed):
                await revise(world, request_id, by=actor, sessions_requested=2)
    for actor, identifier in ((elsewhere, request_id), *((world.consultant, each) for each in MALFORMED)):
        async with refused(world, NotFound):
            await revise(world, identifier, by=actor, sessions_requested=2)


async def test_a_repeated_revision_has_one_effect(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    request_id = await submitted(world)
    first = await revise(world, request_id, sessions_requested=2, goal=NEW_GOAL, idempotency_key="once")
    async with changes_nothing(database):
        again = await revise(world, request_id, sessions_requested=2, goal=NEW_GOAL, idempotency_key="once")
    assert (again.id, again.version) == (first.id, first.version)
    async with refused(world, IdempotencyKeyReused):
        await revise(world, request_id, sessions_requested=2, goal=goal("Another"), idempotency_key="once")
