"""Records the contract's examples: runs an operation and holds what comes back to the file.

An example that changes on purpose is recorded anew: remove its file and run its test, which writes it and fails once.
"""

import json
import re
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

from sqlalchemy import select, update

from api.demo.documents import read_operation
from models import tables
from models.actor import Actor
from models.database import Database
from models.rules.vocabulary import AppointmentStatus
from tests.builders import World, a_world
from tests.clock import FixedClock
from tests.schema.documents import EXAMPLES
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
_RANDOM = re.compile(
    r"(?:\b|(?<=\\n))(?:apt|case|req|org|prac|con|acc|task|hook)_[A-Za-z0-9_-]{22}|\bR-[0-9A-Z]{8}\b"
    r"|\bwhsec_[A-Za-z0-9+/=]{44}|(?:(?<=ursor\": \")|(?<=\"after\": \")|(?<=\"position\": \"))[^\"]+"
)


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
        self._compare(example, actor, variables, answer=answer)
        return next(iter((answer.get("data") or {None: None}).values()))

    async def follow(
        self,
        example: str,
        actor: Actor,
        number: int,
        *,
        then: Callable[[], Awaitable[object]] | None = None,
        **given: Any,
    ) -> None:
        """Run a subscription until it has answered so often; have something done ``then``, and record one more."""
        document = read_operation(example.partition(".")[0])
        async with self.house.follow(actor, document, **given) as told:
            answers = [await anext(told) for _ in range(number)]
            if then is not None:
                await then()
                answers.append(await anext(told))
        self._compare(example, actor, given, answers=answers)

    def _compare(self, example: str, actor: Actor, variables: dict[str, Any], **answered: Any) -> None:
        operation = example.partition(".")[0]
        story = {"operation": operation, "as": actor.role.value, "variables": variables, **answered}
        text = _RANDOM.sub(self._stand_in, json.dumps(story, indent=2, ensure_ascii=False)) + "\n"
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
            made = f"whsec_{number:043}=" if prefix == "whsec" else made
            self._stand_ins[value] = f"R-7KQ2M9{number:02}" if value.startswith("R-") else made
        return self._stand_ins[value]


async def a_named_world(database: Database, clock: FixedClock, **terms: Any) -> World:
    """Build a world whose names and times are the same each time: its people stand in published examples."""
    world = await a_world(database, clock, client=CLIENT, **terms)
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
