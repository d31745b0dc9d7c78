"""What the field publishes: counted from real requests, on the organisation's days, and told to the provider alone."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from models import tables
from models.actor import SYSTEM, Actor
from models.database import Database
from models.deadlines import pause_deadlines
from models.operations.decision import Verdict, decide
from models.queries.agreements import terms_of
from models.queries.request_statistics import read_request_statistics
from models.rules.lifecycle import Move
from models.rules.refusals import Forbidden, Malformed
from models.rules.statistics import Period, PeriodLength
from models.rules.vocabulary import RequestStatus, Role
from models.views.statistics import StatisticsRow
from tests.builders import World, a_world, confirmed, new_terms, released, submitted
from tests.clock import FixedClock
from tests.operations.acting import approve, decline, withdraw
from tests.queries.asked import listening, read
from tests.rows import building

NOVEMBER = Period(date(2026, 11, 1), date(2026, 11, 30))
WINTER = Period(date(2026, 11, 1), date(2027, 3, 31))


async def test_decisions_count_on_their_day_with_the_business_days_they_took(
    database: Database, clock: FixedClock
) -> None:
    world = await a_world(database, clock)
    monday = clock.now()
    for days, act in ((0, approve), (1, approve), (2, decline)):
        clock.set(monday)
        request_id = await elsewhere(world)
        clock.advance(timedelta(days=days))
        await act(world, request_id)
    (row,) = await figures(world)
    assert (row.approved, row.declined, row.decided, row.open) == (2, 1, 3, 0)
    assert (row.median_business_days, row.mean_business_days, row.late_share) == (1.0, 1.0, 0.0)
    assert (row.period_from, row.period_to) == NOVEMBER
    assert row.organisation.id == world.organisation_id


async def test_weekends_and_the_agreements_own_days_off_are_no_business_days(
    database: Database, clock: FixedClock
) -> None:
    world = await a_world(database, clock, added_dates=["2026-11-26"])
    request_id = await released(world)
    await new_terms(world, added_dates=[])
    clock.advance(timedelta(days=7))  # a Monday again
    await approve(world, request_id)
    (row,) = await figures(world)
    assert row.median_business_days == 4.0


async def test_exactly_the_due_moment_is_in_time(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    due = datetime(2026, 12, 2, 6, tzinfo=UTC)
    ids = [await elsewhere(world), await elsewhere(world)]
    for request_id, at in zip(ids, (due, due + timedelta(microseconds=1)), strict=True):
        clock.set(at)
        await approve(world, request_id)
    (row,) = await figures(world, within=WINTER)
    assert (row.approved, row.late_share, row.median_business_days) == (2, 0.5, 7.0)


async def test_what_is_open_counts_where_it_is_due_and_late_once_it_is(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    await released(world)
    await submitted(world, appointment_id=await another_appointment(world))
    (row,) = await figures(world, within=WINTER)
    assert (row.open, row.decided, row.late_share, row.mean_business_days) == (1, 0, None, None)
    assert (row.period_from, row.period_to) == (date(2026, 12, 1), date(2026, 12, 31))
    assert await figures(world) == []
    clock.set(datetime(2026, 12, 2, 6, tzinfo=UTC))
    assert (await figures(world, within=WINTER))[0].late_share is None
    clock.advance(timedelta(microseconds=1))
    assert (await figures(world, within=WINTER))[0].late_share == 1.0
    the_day = date(2026, 12, 2)
    assert len(await figures(world, within=Period(the_day, the_day))) == 1
    for beside in (the_day - timedelta(days=1), the_day + timedelta(days=1)):
        assert await figures(world, within=Period(beside, beside)) == []


async def test_what_waits_for_an_answer_is_open_and_not_late(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    async with building(database, clock) as build:
        due = {"review_from": date(2026, 11, 2), "decision_due_at": datetime(2026, 11, 11, 6, tzinfo=UTC)}
        asked = await build.request(world.case, world.consultant, status=RequestStatus.INFORMATION_REQUESTED, **due)
    async with database.transaction() as session:
        await pause_deadlines(session, asked.id, clock.now())
    (row,) = await figures(world)
    assert (row.open, row.late_share) == (1, None)


async def test_a_clinical_decline_is_a_decline_without_days_of_the_organisation(
    database: Database, clock: FixedClock
) -> None:
    world = await a_world(database, clock)
    await decline(world, await released(world))
    async with building(database, clock) as build:
        reviewed = await build.request(world.case, world.consultant, status=RequestStatus.CLINICAL_REVIEW)
    clock.advance(timedelta(days=2))
    async with database.transaction() as session:
        request = await session.get_one(tables.ExtraSessionsRequest, reviewed.id)
        terms = await terms_of(session, request)
        verdict, by = Verdict(Move.DECLINE_CLINICALLY), world.clinical_reviewer
        await decide(session, request, verdict, terms=terms, by=by, now=clock.now())
    (row,) = await figures(world)
    assert (row.declined, row.mean_business_days, row.late_share) == (2, 0.0, 0.0)


async def test_what_ended_without_an_outcome_or_was_approved_by_rule(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock, automatic_approval=2)
    await withdraw(world, await released(world))
    await confirmed(world, sessions_requested=2)
    (row,) = await figures(world)
    assert (row.approved, row.declined, row.open, row.median_business_days) == (1, 0, 0, 0.0)


async def test_the_day_is_the_organisations_and_not_the_viewers(database: Database, clock: FixedClock) -> None:
    """At eight in the evening in Perth on the last of November it is December in Melbourne, where staff are."""
    clock.set(datetime(2026, 11, 30, 13, 30, tzinfo=UTC))
    world = await a_world(database, clock, time_zone="Australia/Perth", region="AU-WA")
    await approve(world, await released(world))
    assert [row.approved for row in await figures(world)] == [1]
    december = Period(date(2026, 12, 1), date(2026, 12, 31))
    assert await figures(world, within=december) == []


async def test_rows_are_by_organisation_and_period_and_can_be_narrowed_to_one(
    database: Database, clock: FixedClock
) -> None:
    first, second = await a_world(database, clock), await a_world(database, clock)
    for world in (second, first):
        for days in (0, 31):
            clock.set(datetime(2026, 11, 23, 0, 30, tzinfo=UTC) + timedelta(days=days))
            await approve(world, await elsewhere(world))
    by_month = await figures(first, within=WINTER)
    assert [(row.organisation.id, row.period_from.month, row.approved) for row in by_month] == [
        (world.organisation_id, month, 1) for world in (first, second) for month in (11, 12)
    ]
    whole = await figures(first, within=WINTER, length=PeriodLength.ALL)
    assert [(row.period_from, row.period_to, row.approved) for row in whole] == [(*WINTER, 2)] * 2
    alone = await figures(first, within=WINTER, length=PeriodLength.YEAR, organisation_id=second.organisation_id)
    assert [(row.organisation.id, row.approved) for row in alone] == [(second.organisation_id, 2)]
    for nobodys in ("", "org\0", first.case.id):
        assert await figures(first, within=WINTER, organisation_id=nobodys) == []


async def test_the_first_and_the_last_day_of_all_can_be_asked_for(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    await released(world)
    (row,) = await figures(world, within=Period(date.min, date.max), length=PeriodLength.ALL)
    assert (row.open, row.period_from, row.period_to) == (1, date.min, date.max)


async def test_days_the_wrong_way_round_are_refused(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    with pytest.raises(Malformed) as raised:
        await figures(world, within=Period(date(2026, 11, 2), date(2026, 11, 1)))
    assert raised.value.path == ("to",)


async def test_no_other_role_is_told(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    for actor in world.everybody:
        if actor.role is not Role.PROVIDER_STAFF:
            with listening() as heard, pytest.raises(Forbidden):
                await figures(world, actor=actor)
            assert not [each for each in heard if "SELECT" in each]
    assert await figures(world, actor=SYSTEM) == []


async def test_the_statements_do_not_grow_and_select_no_more_than_is_counted(
    database: Database, clock: FixedClock
) -> None:
    world = await a_world(database, clock)
    lengths = []
    for _ in range(2):
        await approve(world, await elsewhere(world))
        await elsewhere(world)
        with listening() as heard:
            await figures(world, within=WINTER)
        lengths.append(len(heard))
        assert not [each for each in heard if "case_id" in each or "clinical_sealed" in each]
    assert lengths[0] == lengths[1]


async def test_as_csv_the_rows_stand_below_their_header(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    async with database.transaction() as session:
        organisation = await session.get_one(tables.Organisation, world.organisation_id)
        organisation.name = '=HYPERLINK("x"), Pty'
    await approve(world, await released(world))
    found = await read(
        database, clock, world.staff, read_request_statistics, within=NOVEMBER, length=PeriodLength.MONTH
    )
    header, row, end = found.csv.split("\r\n")
    assert header == (
        "organisation_id,organisation,period_from,period_to,approved,declined,decided,open,"
        "median_business_days,mean_business_days,late_share"
    )
    name = '"\'=HYPERLINK(""x""), Pty"'
    assert row == f"{world.organisation_id},{name},2026-11-01,2026-11-30,1,0,1,0,0.0,0.00,0.0000"
    assert not end
    assert (await read_nothing(world)).count("\r\n") == 1


async def read_nothing(world: World) -> str:
    past = Period(date(2020, 1, 1), date(2020, 1, 31))
    found = await read(
        world.database, world.clock, world.staff, read_request_statistics, within=past, length=PeriodLength.MONTH
    )
    return str(found.csv)


async def another_appointment(world: World) -> str:
    async with building(world.database, world.clock) as build:
        case = await build.case(await build.client(), world.organisation_id, world.practice_id)
        return await build.appointment(case.id, world.consultant)


async def elsewhere(world: World) -> str:
    """Release a request on a case of its own."""
    return await released(world, appointment_id=await another_appointment(world))


async def figures(
    world: World,
    *,
    within: Period = NOVEMBER,
    length: PeriodLength = PeriodLength.MONTH,
    actor: Actor | None = None,
    **narrowed: Any,
) -> list[StatisticsRow]:
    found = await read(
        world.database,
        world.clock,
        actor or world.staff,
        read_request_statistics,
        within=within,
        length=length,
        **narrowed,
    )
    return found.rows
