"""Whatever happens to a request has a word and a sentence in its timeline; the organisation reads its own part."""

import pytest

from models.actor import SYSTEM
from models.events import record
from models.locks import lock_request
from models.rules.shown_events import timeline_events
from models.rules.vocabulary import DeadlineKind, EventType
from tests.builders import World, released
from tests.schema.house import House

TIMELINE = "query ($id: ID!) { request(by: {id: $id}) { timeline { type summary } } }"
TO_THE_ORGANISATION = {
    *("RELEASED", "QUESTION_ASKED", "QUESTION_ANSWERED", "QUESTION_UNANSWERED", "DUE_DATE_MOVED"),
    *("APPROVED", "DECLINED", "WITHDRAWN"),
}


@pytest.mark.parametrize("event", sorted(timeline_events(SYSTEM)))
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_every_event_has_its_word_and_its_sentence(house: House, world: World, event: EventType) -> None:
    request_id = await released(world)
    async with world.database.transaction() as session:
        now = world.clock.now()
        request = await lock_request(session, request_id, world.staff, now=now)
        record(session, event, request, by=world.staff, at=now, on=now.date())

    last = (await house.ask(world.staff, TIMELINE, id=request_id))["timeline"][-1]
    assert last["type"] == event.value
    assert last["summary"].endswith(".")

    shown = (await house.ask(world.reviewer, TIMELINE, id=request_id))["timeline"]
    as_shown = "WITHDRAWN" if event is EventType.CANCELLED else event.value
    assert shown[1:] == [{"type": as_shown, "summary": shown[-1]["summary"]}] * (as_shown in TO_THE_ORGANISATION)
    assert "case" not in str(shown)


@pytest.mark.parametrize("event", sorted(set(EventType) - timeline_events(SYSTEM)))
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_what_is_told_in_streams_alone_is_on_nobodys(house: House, world: World, event: EventType) -> None:
    request_id = await released(world)
    readers = (world.staff, world.consultant, world.reviewer)
    before = [await house.ask(by, TIMELINE, id=request_id) for by in readers]
    async with world.database.transaction() as session:
        now = world.clock.now()
        request = await lock_request(session, request_id, world.staff, now=now)
        record(session, event, request, by=SYSTEM, at=now, on=now.date(), detail=DeadlineKind.DECISION)
    assert [await house.ask(by, TIMELINE, id=request_id) for by in readers] == before
