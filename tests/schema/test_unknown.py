"""What exists outside a viewer's reach and what does not exist: the same answer to the byte, by the same statements."""

import re

import pytest
from httpx2 import Response

from models.actor import Actor
from models.database import Database
from models.ids import new_id, new_reference
from models.keyring import Keyring
from tests.builders import World, a_world, confirmed, released, submitted
from tests.clock import FixedClock
from tests.queries.asked import listening
from tests.schema import documents
from tests.schema.every_question import Named, Question, every_question
from tests.schema.house import House

BOUNDED = ("consultant", "manager", "practice_integrator", "reviewer", "organisation_integrator")
"""Who sees a part only. A clinical reviewer's part is what has been through such a review: in this world, nothing."""

_CURSOR = re.compile(rb'(ursor":")[\w-]+')
"""No two cursors are alike, whatever they stand for; their length is compared all the same, by the answer's."""


async def out_of_reach(world: World, other: World, who: str) -> dict[str, str]:
    """Return an id of each kind that exists and that this account may not see."""
    hidden = {
        "req": await released(other),
        "case": other.case.id,
        "apt": other.appointment_id,
        "con": str(other.consultant.consultant_id),
        "acc": str(other.reviewer.account_id),
        "prac": other.practice_id,
        "org": other.organisation_id,
    }
    if who in {"reviewer", "organisation_integrator"}:
        own = {"unreleased": await confirmed(world), "own case": world.case.id, "own": world.appointment_id}
        hidden |= own | {"own consultant": str(world.consultant.consultant_id)}
    return hidden


@pytest.mark.parametrize("who", [*BOUNDED, "clinical_reviewer"])
async def test_what_is_out_of_reach_answers_as_what_is_not_there(
    who: str, database: Database, clock: FixedClock, keyring: Keyring, subtests: pytest.Subtests
) -> None:
    world, other = await a_world(database, clock), await a_world(database, clock)
    house, by = House(world, keyring), getattr(world, who)
    hidden = await out_of_reach(world, other, who)
    reference = (await house.ask(world.staff, documents.REQUEST_STATUS, by={"id": hidden["req"]}))["reference"]
    for kind, identifier in hidden.items():
        unknown = Named(new_id(identifier.partition("_")[0]), "ASST-999999", new_reference())
        known = Named(identifier, other.case.number, reference)
        pairs = zip(every_question(known), every_question(unknown), strict=True)
        for existing, missing in pairs:
            with subtests.test(f"{existing.name}, naming {kind}"):
                await compared(house, by, existing, missing)


async def compared(house: House, by: Actor, one: Question, other: Question) -> None:
    """Send both, and check that neither the answers nor what the database was asked tells them apart."""
    with listening() as first:
        answer = await house.send(by, one.document, **one.variables)
    with listening() as second:
        same = await house.send(by, other.document, **other.variables)
    assert answer.status_code == 200
    assert written(answer) == written(same)
    assert first == second


def written(answer: Response) -> tuple[int, dict[str, str], bytes]:
    """Return all of an answer but its number in the server's log."""
    headers = {name: value for name, value in answer.headers.items() if name != "x-request-id"}
    return answer.status_code, headers, _CURSOR.sub(rb"\1", answer.content)


async def test_a_request_that_was_never_confirmed_answers_its_organisation_as_one_that_is_not_there(
    database: Database, clock: FixedClock, keyring: Keyring
) -> None:
    world = await a_world(database, clock)
    house, hidden = House(world, keyring), await submitted(world)

    for one, other in zip(
        every_question(Named(hidden, "ASST-999999", new_reference())),
        every_question(Named(new_id("req"), "ASST-999999", new_reference())),
        strict=True,
    ):
        await compared(house, world.reviewer, one, other)
