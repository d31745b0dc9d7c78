"""What the database is asked on an organisation's behalf, whatever its reviewers send: nothing that links or names."""

import pytest

from models.actor import Actor
from models.database import Database
from models.ids import new_id
from tests.builders import World, a_world, released, submitted
from tests.clock import FixedClock
from tests.operations.acting import approve, decline
from tests.queries.asked import REQUEST, listening
from tests.queries.columns import all_forbidden
from tests.schema.every_question import Named, every_question
from tests.schema.house import House

ORGANISATION = ("reviewer", "organisation_integrator")


async def everything_there_is(world: World) -> dict[str, str]:
    """Return an id of each kind: of a released request, of one that is not, and of what hangs on them."""
    return {
        "released": await released(world),
        "unknown": new_id("req"),
        "case": world.case.id,
        "appointment": world.appointment_id,
        "consultant": str(world.consultant.consultant_id),
        "practice": world.practice_id,
        "account": str(world.second_reviewer.account_id),
    }


@pytest.mark.parametrize("who", ORGANISATION)
async def test_no_statement_on_an_organisations_behalf_names_what_it_may_not_read(
    who: str, house: House, world: World, subtests: pytest.Subtests
) -> None:
    by: Actor = getattr(world, who)
    for kind, identifier in (await everything_there_is(world)).items():
        for question in every_question(Named(identifier, world.case.number, "R-00000000")):
            with subtests.test(f"{question.name}, naming a {kind}"), listening() as heard:
                answer = await house.send(by, question.document, **question.variables)
                assert answer.status_code == 200, "what is refused unread shows nothing"
                assert heard, "the account at least is looked up"
                assert all_forbidden(heard) == []


@pytest.mark.parametrize("decide", [approve, decline])
async def test_no_statement_of_a_decision_names_what_its_reviewer_may_not_read(
    database: Database, clock: FixedClock, decide: object
) -> None:
    world = await a_world(database, clock)
    request_id = await released(world)
    act = approve if decide is approve else decline

    with listening() as heard:
        await act(world, request_id, want=REQUEST, idempotency_key="once", expected_version=1)

    assert len(heard) > 8
    assert all_forbidden(heard) == []


async def test_a_consultants_statements_would_be_caught(house: House, world: World) -> None:
    """So that the ear and the list are known to hear."""
    request_id = await submitted(world)

    for question in every_question(Named(request_id, world.case.number, "R-00000000")):
        if question.name.startswith(("calendar", "case", "request ")):
            with listening() as heard:
                await house.send(world.consultant, question.document, **question.variables)
            assert all_forbidden(heard), question.name
