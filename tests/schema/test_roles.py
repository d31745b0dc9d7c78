"""Every mutation as each role: a role that may not make a move is told so, and nothing moves."""

from typing import Any

import pytest

from models.database import Database
from models.keyring import Keyring
from models.rules.vocabulary import Delegation
from tests.builders import World, a_world, released, submitted
from tests.clock import FixedClock
from tests.operations.ledger import changes_nothing
from tests.schema import documents
from tests.schema.house import EVERYBODY, House
from tests.schema.test_bad_input import MUTATIONS, STEPS, a_form, decided

MAY: dict[str, tuple[str, ...]] = {
    "revise": ("consultant",),
    "confirm": ("consultant",),
    "withdraw": ("consultant", "staff"),
    "approve": ("reviewer", "second_reviewer"),
    "decline": ("reviewer", "second_reviewer"),
    "ask": ("reviewer", "second_reviewer"),
    "draft": ("consultant",),
    "release": ("staff",),
    "confirm relay": ("staff",),
}
_NOBODYS = "A" * 22
OF_NOTHING: dict[str, tuple[str, dict[str, Any], tuple[str, ...]]] = {
    "answer details": (documents.ANSWER_DETAILS, {"answers": []}, ("consultant", "manager")),
    "review": (documents.RECORD_REVIEW, {"verdict": "ENDORSE"}, ("clinical_reviewer",)),
    "ask": (documents.ASK, {"topic": "PERIOD"}, ("reviewer", "second_reviewer")),
    "draft": (documents.DRAFT, {"answer": "Rest"}, ("consultant", "manager")),
    "release": (documents.RELEASE, {}, ("staff",)),
    "confirm relay": (documents.CONFIRM_RELAY, {}, ("staff",)),
    "close": (documents.CLOSE_CASE, {"caseId": f"case_{_NOBODYS}"}, ("staff",)),
    "complete": (documents.COMPLETE_TASK, {"taskId": f"task_{_NOBODYS}"}, ("staff",)),
}
"""Each mutation of a request's later life, asked for what does not exist."""


@pytest.mark.parametrize("name", MUTATIONS)
async def test_a_move_is_refused_to_every_other_role(
    house: House, world: World, subtests: pytest.Subtests, name: str
) -> None:
    _, document, answers = MUTATIONS[name]
    command = {"requestId": await STEPS[name](world), **answers}

    async with changes_nothing(world.database):
        for who in (each for each in EVERYBODY if each not in MAY[name]):
            with subtests.test(who):
                response = await house.send(getattr(world, who), document, input=command)
                assert house.codes(response) == {"NOT_ALLOWED"}


@pytest.mark.parametrize("name", MUTATIONS)
async def test_a_move_is_made_by_its_roles(house: House, world: World, name: str) -> None:
    _, document, answers = MUTATIONS[name]

    for who in MAY[name]:
        request_id = await STEPS[name](world)
        payload = await house.ask(getattr(world, who), document, input={"requestId": request_id, **answers})
        assert payload["userErrors"] == []
        assert payload["request"]["id"] == request_id
        if name in {"revise", "confirm", "ask"}:
            await house.ask(world.consultant, documents.WITHDRAW, input={"requestId": request_id})


@pytest.mark.parametrize("name", OF_NOTHING)
async def test_a_role_is_told_first_that_it_may_not(
    house: House, world: World, subtests: pytest.Subtests, name: str
) -> None:
    """Whatever the input is about: only who may act at all learns that there is nothing to act on."""
    document, answers, may = OF_NOTHING[name]
    command = answers if name in {"close", "complete"} else {"requestId": f"req_{_NOBODYS}", **answers}

    async with changes_nothing(world.database):
        for who in EVERYBODY:
            with subtests.test(who):
                response = await house.send(getattr(world, who), document, input=command)
                assert house.codes(response) == {"NOT_FOUND" if who in may else "NOT_ALLOWED"}


async def test_only_a_consultant_asks_to_reconsider(house: House, world: World, subtests: pytest.Subtests) -> None:
    form = {name: value for name, value in a_form(world).items() if name != "appointmentId"}
    command = {**form, "requestId": await decided(world)}

    async with changes_nothing(world.database):
        for who in (each for each in EVERYBODY if each != "consultant"):
            with subtests.test(who):
                response = await house.send(getattr(world, who), documents.RECONSIDER, input=command)
                assert house.codes(response) == {"NOT_ALLOWED"}

    payload = await house.ask(world.consultant, documents.RECONSIDER, input=command)
    assert payload["request"]["reconsiderationOf"]["id"] == command["requestId"]


async def test_only_a_consultant_submits(house: House, world: World, subtests: pytest.Subtests) -> None:
    async with changes_nothing(world.database):
        for who in (each for each in EVERYBODY if each != "consultant"):
            with subtests.test(who):
                response = await house.send(getattr(world, who), documents.SUBMIT, input=a_form(world))
                assert house.codes(response) == {"NOT_ALLOWED"}

    payload = await house.ask(world.consultant, documents.SUBMIT, input=a_form(world))
    assert payload["request"]["status"] == "SUBMITTED"


@pytest.mark.parametrize(
    ("delegation", "deciders"),
    [
        (Delegation.NONE, {"reviewer"}),
        (Delegation.STAFF_AS_WELL, {"reviewer", "staff"}),
        (Delegation.STAFF_INSTEAD, {"staff"}),
    ],
)
async def test_the_agreement_says_whether_staff_decide(
    database: Database, clock: FixedClock, keyring: Keyring, delegation: Delegation, deciders: set[str]
) -> None:
    for who in ("reviewer", "staff"):
        world = await a_world(database, clock, delegation=delegation)
        house, request_id = House(world, keyring), await released(world)

        response = await house.send(getattr(world, who), documents.APPROVE, input={"requestId": request_id})

        assert (house.codes(response) == set()) == (who in deciders)


async def test_a_call_repeated_with_its_key_works_once_and_answers_the_same(house: House, world: World) -> None:
    command: dict[str, Any] = {"requestId": await submitted(world), "expectedVersion": 1, "idempotencyKey": "6c1f"}
    first = await house.send(world.consultant, documents.CONFIRM, input=command)

    async with changes_nothing(world.database):
        again = await house.send(world.consultant, documents.CONFIRM, input=command)
        other = await house.send(world.consultant, documents.CONFIRM, input={**command, "expectedVersion": 2})

    assert first.json()["data"]["confirmExtraSessionsRequest"]["userErrors"] == []
    assert first.content == again.content
    assert house.codes(other) == {"IDEMPOTENCY_KEY_REUSED"}
