"""The edges of a release's moment: mornings, weekends, holidays, daylight saving, a late worker, terms that change."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models import tables
from models.database import Database
from models.rules.business_days import BusinessCalendar
from models.rules.refusals import NotFound
from models.rules.release import announced_at
from models.rules.vocabulary import DeadlineKind, MailKind, ReleaseRule, RequestStatus, Withheld
from tests.builders import World, a_world, confirmed, new_terms
from tests.clock import FixedClock
from tests.operations.acting import approve, release, withdraw
from tests.operations.ledger import deadlines, refused, rows, the_request
from tests.operations.timing import look, mails
from tests.rows import building

MELBOURNE = {"region": "AU-VIC", "time_zone": "Australia/Melbourne"}
BRISBANE = {"region": "AU-QLD", "time_zone": "Australia/Brisbane"}
AUCKLAND = {"region": "NZ-AUK", "time_zone": "Pacific/Auckland"}
Place = Mapping[str, Any]

MOMENTS = [
    # confirmed, in the organisation's own zone          released
    (MELBOURNE, "2026-11-24T08:59:59", "2026-11-25T09:00"),
    (MELBOURNE, "2026-11-24T09:00:00", "2026-11-25T09:00"),
    (MELBOURNE, "2026-11-24T09:01:00", "2026-11-25T09:00"),
    (MELBOURNE, "2026-11-24T23:59:59", "2026-11-25T09:00"),
    (MELBOURNE, "2026-11-27T17:30:00", "2026-11-30T09:00"),  # a Friday evening
    (MELBOURNE, "2026-11-28T12:00:00", "2026-11-30T09:00"),  # a Saturday
    (MELBOURNE, "2026-11-02T10:00:00", "2026-11-04T09:00"),  # the next morning is Cup Day
    (BRISBANE, "2026-11-02T10:00:00", "2026-11-03T09:00"),  # where it is none
    (MELBOURNE, "2026-12-24T10:00:00", "2026-12-29T09:00"),  # Christmas, a weekend, and its substitute day
    (MELBOURNE, "2026-10-02T10:00:00", "2026-10-05T09:00"),  # clocks go forward in between
    (MELBOURNE, "2026-04-02T10:00:00", "2026-04-07T09:00"),  # Easter, and clocks go back
    (AUCKLAND, "2026-09-25T10:00:00", "2026-09-28T09:00"),  # clocks go forward
    (AUCKLAND, "2026-04-02T10:00:00", "2026-04-07T09:00"),
    (BRISBANE, "2026-10-02T10:00:00", "2026-10-06T09:00"),  # no daylight saving, but the King's Birthday
]


@pytest.mark.parametrize(("place", "confirmed_at", "released_at"), MOMENTS)
async def test_a_batch_is_released_at_nine_on_the_first_business_day_after_the_confirm(
    database: Database, clock: FixedClock, place: Place, confirmed_at: str, released_at: str
) -> None:
    zone = ZoneInfo(place["time_zone"])
    clock.set(datetime.fromisoformat(confirmed_at).replace(tzinfo=zone))
    world = await a_world(database, clock, release_rule=ReleaseRule.BATCH, consultant_zone=place["time_zone"], **place)

    await confirmed(world)

    assert await promised(world) == [datetime.fromisoformat(released_at).replace(tzinfo=zone)]


async def test_at_once_is_released_at_once_whatever_the_hour(database: Database, clock: FixedClock) -> None:
    for hour in (3, 12, 22):
        clock.set(datetime(2026, 11, 28, hour, tzinfo=UTC))
        world = await a_world(database, clock, release_rule=ReleaseRule.AT_ONCE)
        await confirmed(world)
        assert clock.now() in await promised(world)


async def test_a_late_worker_tells_the_organisation_nothing_of_who_confirmed_when(
    database: Database, clock: FixedClock
) -> None:
    """Confirmed on two days, released late in one go: the same day for both, and mails that bear the same moment."""
    world = await a_world(database, clock, release_rule=ReleaseRule.BATCH)
    first = await confirmed(world)
    clock.advance(timedelta(days=1, minutes=7))
    second = await confirmed(world, appointment_id=await on_another_case(world))

    clock.set(datetime(2026, 11, 26, 11, 30, tzinfo=ZoneInfo("Australia/Melbourne")))
    await release(world, second)
    clock.advance(timedelta(minutes=3))
    await release(world, first)

    days = {(await the_request(world, each)).released_on for each in (first, second)}
    assert days == {date(2026, 11, 26)}
    opening = datetime(2026, 11, 26, 9, tzinfo=ZoneInfo("Australia/Melbourne"))
    mails = [row for row in await rows(database, tables.Mail) if row.kind is MailKind.REVIEW_INVITATION]
    assert len(mails) == 4
    assert {row.created_at for row in mails} == {opening}


@given(st.integers(0, 3 * 365 * 24 * 60), st.sampled_from([MELBOURNE, BRISBANE, AUCKLAND]))
def test_a_batch_bears_the_last_nine_o_clock_and_at_once_its_own_minute(minutes: int, place: Place) -> None:
    calendar = BusinessCalendar(region=place["region"], time_zone=place["time_zone"])
    released_at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)

    bears = announced_at(ReleaseRule.BATCH, calendar, released_at)

    assert bears <= released_at < bears + timedelta(days=1, hours=1)
    assert bears.astimezone(ZoneInfo(place["time_zone"])).strftime("%H:%M:%S.%f") == "09:00:00.000000"
    assert announced_at(ReleaseRule.AT_ONCE, calendar, released_at) == released_at


@pytest.mark.parametrize(("before", "after", "withheld"), [(200, 29, True), (29, 200, False), (None, 30, False)])
async def test_the_headcount_of_the_releases_own_moment_counts(
    database: Database, clock: FixedClock, before: int | None, after: int, *, withheld: bool
) -> None:
    world = await a_world(database, clock, headcount=before, release_rule=ReleaseRule.BATCH)
    request_id = await confirmed(world)
    await count_heads(world, after)

    await release(world, request_id)

    row = await the_request(world, request_id)
    assert (row.withheld is Withheld.BELOW_HEADCOUNT) is withheld
    assert (row.released_at is None) is withheld


async def test_a_headcount_that_drops_after_the_release_takes_nothing_back(
    database: Database, clock: FixedClock
) -> None:
    """What the organisation has been told can't be untold; a request that vanished would say more."""
    world = await a_world(database, clock)
    request_id = await confirmed(world)
    await release(world, request_id)
    await count_heads(world, 3)

    view = await approve(world, request_id)

    assert view.status is RequestStatus.APPROVED


async def test_a_new_agreement_neither_moves_nor_changes_a_release_under_the_old_one(
    database: Database, clock: FixedClock
) -> None:
    world = await a_world(database, clock, release_rule=ReleaseRule.BATCH)
    request_id = await confirmed(world)
    before = await promised(world)
    await new_terms(world, release_rule=ReleaseRule.AT_ONCE, smallest_headcount=1_000)

    assert await promised(world) == before
    await release(world, request_id)
    assert (await the_request(world, request_id)).withheld is None


async def test_what_is_withdrawn_before_its_release_never_existed_there(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock, release_rule=ReleaseRule.BATCH)
    request_id = await confirmed(world)
    await withdraw(world, request_id)
    clock.advance(timedelta(days=3))

    await release(world, request_id)

    row = await the_request(world, request_id)
    assert (row.released_at, row.released_on, row.organisation_version, row.withheld) == (None, None, 0, None)
    assert not [mail for mail in await rows(database, tables.Mail) if mail.kind is MailKind.REVIEW_INVITATION]
    seen = [event for event in await rows(database, tables.Event, "seq") if event.organisation_sees]
    assert seen == []
    async with refused(world, NotFound):
        await approve(world, request_id)


async def promised(world: World) -> list[datetime]:
    """Return when the releases of this world's requests are due."""
    return [row.run_at for row in await rows(world.database, tables.Job, "run_at") if row.actor == "release_request"]


async def count_heads(world: World, headcount: int | None) -> None:
    async with world.database.transaction() as session:
        organisation: Any = await session.get_one(tables.Organisation, world.organisation_id)
        organisation.headcount = headcount


async def on_another_case(world: World) -> str:
    async with building(world.database, world.clock) as build:
        case = await build.case(await build.client(), world.organisation_id, world.practice_id)
        return await build.appointment(case.id, world.consultant)


@pytest.mark.parametrize("told_first", [True, False])
@pytest.mark.parametrize("backup", ["backup@employer.example", None])
async def test_a_backup_reviewer_hears_once_of_what_was_released_after_it_was_due(
    database: Database, clock: FixedClock, backup: str | None, *, told_first: bool
) -> None:
    """As with what an earlier system left open: release and escalation are then due at the same time."""
    world = await a_world(database, clock, backup_reviewer=backup)
    request_id = await confirmed(world)
    decision = (await deadlines(world))[DeadlineKind.DECISION]
    clock.set(decision.due_at + timedelta(days=2))

    if told_first:
        await look(world, decision.id)
        assert await mails(world, MailKind.OVERDUE_BACKUP) == [], "it knows of nothing yet"
    await release(world, request_id)
    await look(world, decision.id)

    assert len(await mails(world, MailKind.OVERDUE_BACKUP)) == int(backup is not None)
    assert len(await mails(world, MailKind.OVERDUE_STAFF)) == 1
