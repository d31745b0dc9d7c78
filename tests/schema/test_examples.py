"""Runs the operations of a request's straight way in one story, and holds what comes back to the recorded examples."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from models.database import Database
from models.event_cursor import Position, cursor_of
from models.keyring import Keyring
from models.operations.release_request import ReleaseRequest, release_request
from tests.builders import World, released
from tests.clock import FixedClock
from tests.operations.acting import approve
from tests.schema.documents import CONFIRM, SUBMIT
from tests.schema.house import House
from tests.schema.recording import ANSWERS, Recorder, a_named_world


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_the_straight_way_answers_as_its_examples_say(
    database: Database, clock: FixedClock, keyring: Keyring
) -> None:
    world = await a_named_world(database, clock)
    recorder = Recorder(House(world, keyring))

    request = await ask_for_sessions(recorder, world)
    await release_request(ReleaseRequest(request_id=request["id"]), database=database, clock=clock)
    await decide(recorder, world, request, later=clock.advance)
    await look_back(recorder, world, request)
    await follow(recorder, world, request)

    assert not recorder.recorded, "recorded anew: look at them, and run the test again"


async def ask_for_sessions(recorder: Recorder, world: World) -> Any:
    """The consultant's side, from the calendar to the confirm; with one refusal on the way."""
    by = world.consultant
    await recorder.run("viewer", by)
    await recorder.run("my-calendar", by, **{"from": "2026-11-23", "to": "2026-11-29"})
    await recorder.run("appointment", by, id=world.appointment_id)
    await recorder.run("parent-case", by, by={"number": world.case.number})
    await recorder.run("extra-sessions-form", by, caseId=world.case.id, sessionsRequested=4)
    form = {"appointmentId": world.appointment_id, "sessionsRequested": 4, "clientConsents": True, **ANSWERS}
    await recorder.run("submit.refused", by, input={**form, "dateOfRequest": "2026-11-22"})
    form = {**form, "dateOfRequest": "2026-11-23", "idempotencyKey": "3f0d6c1e"}
    request = (await recorder.run("submit", by, input=form))["request"]
    changes = {"requestId": request["id"], "sessionsRequested": 3, "expectedVersion": 1}
    request = (await recorder.run("revise", by, input=changes))["request"]
    request = (await recorder.run("confirm", by, input={"requestId": request["id"], "expectedVersion": 2}))["request"]
    await recorder.run("parent-case.on-hold", by, by={"id": world.case.id})
    return request


async def decide(recorder: Recorder, world: World, request: Any, *, later: Callable[[timedelta], Any]) -> None:
    """The organisation's side: two reviewers, of whom the first decides."""
    await recorder.run("viewer.reviewer", world.reviewer)
    await recorder.run("my-calendar.forbidden", world.reviewer, **{"from": "2026-11-23", "to": "2026-11-29"})
    await recorder.run("review-queue", world.reviewer)
    await recorder.run("review-request", world.reviewer, id=request["id"])
    later(timedelta(days=2))
    decision = {"requestId": request["id"], "sessionsGranted": 2, "expectedVersion": 1, "idempotencyKey": "9b1a77d0"}
    await recorder.run("approve", world.reviewer, input=decision)
    await recorder.run(
        "decline.too-late", world.second_reviewer, input={"requestId": request["id"], "reason": "BUDGET"}
    )


async def look_back(recorder: Recorder, world: World, request: Any) -> None:
    """How the decided request looks to either side; then two more, one withdrawn and one declined.

    In the end the provider's staff ask who has looked.
    """
    by = world.consultant
    await recorder.run("request-status", by, by={"reference": request["reference"]})
    await recorder.run("request-status.reviewer", world.reviewer, by={"reference": request["reference"]})
    await recorder.run("requests", by, orderBy={"field": "RECEIVED", "descending": True})
    form = {"appointmentId": world.appointment_id, "sessionsRequested": 1, "clientConsents": True, **ANSWERS}
    form["dateOfRequest"] = "2026-11-25"
    taken_back = (await recorder.house.ask(by, SUBMIT, input=form))["request"]
    await recorder.run("withdraw", by, input={"requestId": taken_back["id"]})
    declined = (await recorder.house.ask(by, SUBMIT, input=form))["request"]
    await recorder.house.ask(by, CONFIRM, input={"requestId": declined["id"]})
    await release_request(ReleaseRequest(request_id=declined["id"]), database=world.database, clock=world.clock)
    await recorder.run("decline", world.reviewer, input={"requestId": declined["id"], "reason": "BUDGET"})
    await recorder.run("access-events", world.staff, filter={"case": {"number": world.case.number}})


async def follow(recorder: Recorder, world: World, request: Any) -> None:
    """What happened, from the start and from a cursor on, to either side; and one more request on its way."""
    of_it: dict[str, Any] = {"filter": {"requestId": request["id"]}}
    page = await recorder.run("events", world.consultant, **of_it, first=3)
    await recorder.follow("events-live", world.consultant, 3, **of_it, after=page["pageInfo"]["endCursor"])
    await recorder.run("events.reviewer", world.reviewer, **of_it)
    long_ago = Position(0, world.clock.now() - timedelta(days=365))
    await recorder.run(
        "events.cursor-expired", world.consultant, after=cursor_of(world.database.vault, world.consultant, long_ago)
    )
    asked = await released(world, sessions_requested=1)
    await recorder.follow("request-live", world.reviewer, 1, then=partial(approve, world, asked), id=asked)
