"""Runs every operation of the contract in one story, and holds what comes back to the recorded examples.

An example that changes on purpose is recorded anew: remove its file and run this test, which writes it and fails once.
"""

import json
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from api.demo.documents import read_operation
from models import tables
from models.actor import Actor
from models.database import Database
from models.keyring import Keyring
from models.operations.release_request import ReleaseRequest, release_request
from models.rules.vocabulary import AppointmentStatus
from tests.builders import World, a_world
from tests.clock import FixedClock
from tests.schema.documents import CONFIRM, EXAMPLES, SUBMIT
from tests.schema.house import House

CLIENT = {
    "name": "Marama Tait",
    "email": "marama.tait@home.example",
    "phone": "+61491570156",
    "date_of_birth": "1988-07-19",
    "employee_number": "ST-2207",
}
ANSWERS = {
    "goal": {"category": "CONSOLIDATE_GAINS", "statement": "Keep the new sleep routine through the winter roster."},
    "referralPathway": {"kind": "GP_MENTAL_HEALTH_PLAN", "detail": "Her doctor writes the plan in January."},
}
_RANDOM = re.compile(r"\b(?:apt|case|req|org|prac|con|acc)_[A-Za-z0-9_-]{22}|\bR-[0-9A-Z]{8}\b|(?<=Cursor\": \")[^\"]+")


class Recorder:
    """Runs operations and compares each with its example; what is random is replaced by its order of appearance."""

    def __init__(self, house: House) -> None:
        self.house = house
        self._stand_ins: dict[str, str] = {}
        self.recorded: list[str] = []

    async def run(self, example: str, actor: Actor, **variables: Any) -> Any:
        """Run the operation that the example is named for, and return the value of its root field."""
        operation = example.partition(".")[0]
        answer = (await self.house.send(actor, read_operation(operation), **variables)).json()
        story = {"operation": operation, "as": actor.role.value, "variables": variables, "answer": answer}
        text = _RANDOM.sub(self._stand_in, json.dumps(story, indent=2, ensure_ascii=False)) + "\n"
        self._compare(example, text)
        return next(iter((answer.get("data") or {None: None}).values()))

    def _compare(self, example: str, text: str) -> None:
        path = EXAMPLES / f"{example}.json"
        if not path.exists():
            path.write_text(text)
            self.recorded.append(path.name)
        assert text == path.read_text()

    def _stand_in(self, found: re.Match[str]) -> str:
        value = found[0]
        if value not in self._stand_ins:
            number = len(self._stand_ins) + 1
            prefix = value.partition("_")[0]
            made = f"{prefix}_{number:022}" if re.fullmatch(r"[a-z]+_.{22}", value) else f"cursor-{number}"
            self._stand_ins[value] = f"R-7KQ2M9{number:02}" if value.startswith("R-") else made
        return self._stand_ins[value]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_every_operation_answers_as_its_example_says(
    database: Database, clock: FixedClock, keyring: Keyring
) -> None:
    world = await a_named_world(database, clock)
    recorder = Recorder(House(world, keyring))

    request = await ask_for_sessions(recorder, world)
    await release_request(ReleaseRequest(request_id=request["id"]), database=database, clock=clock)
    await decide(recorder, world, request, later=clock.advance)
    await look_back(recorder, world, request)

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


async def a_named_world(database: Database, clock: FixedClock) -> World:
    """Build a world whose names and times are the same each time: its people stand in published examples."""
    world = await a_world(database, clock, client=CLIENT)
    names = {
        tables.Organisation: {"name": "Southbank Transit"},
        tables.Practice: {"name": "Banksia Psychology", "suburb": "Footscray"},
        tables.Consultant: {"name": "Aroha Ngata"},
        tables.AssistCase: {"number": "ASST-104233"},
    }
    async with database.transaction() as session:
        for table, values in names.items():
            await session.execute(update(table).values(**values))
        for actor, name in ((world.consultant, "Aroha Ngata"), (world.reviewer, "Tevita Moala")):
            await session.execute(update(tables.Account).filter_by(id=actor.account_id).values(name=name))
        held = select(tables.Appointment).filter_by(status=AppointmentStatus.COMPLETED)
        for weeks, appointment in enumerate((await session.execute(held)).scalars(), start=1):
            appointment.starts_at -= timedelta(weeks=weeks)
            appointment.ends_at -= timedelta(weeks=weeks)
    world.case.number = "ASST-104233"
    return world
