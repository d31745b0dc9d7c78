"""The staff's tasks as they leave the server, and how staff take them off their list."""

from typing import Any

import pytest

from models.operations.record_mail import MailOutcome
from models.rules.vocabulary import MailKind, StaffTaskKind
from tests.builders import World, released
from tests.operations.acting import approve
from tests.operations.ledger import changes_nothing
from tests.operations.questioning import drafted, the_task
from tests.operations.test_record_mail import note
from tests.schema.house import EVERYBODY, House

TASKS = """query ($filter: StaffTaskFilter, $first: Int) {
  staffTasks(filter: $filter, first: $first) {
    nodes { __typename id kind state createdAt dueAt endedAt summary request { id reference } }
    edges { cursor }
    pageInfo { hasNextPage }
    totalCount
  }
}"""
NODE = "query ($id: ID!) { node(id: $id) { id ... on StaffTask { kind summary request { reference } } } }"
COMPLETE = """mutation ($input: CompleteTaskInput!) {
  completeTask(input: $input) { task { id state endedAt } userErrors { message path code } }
}"""
CONFIRM = """mutation ($input: ConfirmRelayInput!) {
  confirmRelay(input: $input) {
    request { id deadlines { kind state } timeline { type summary } } userErrors { message path code }
  }
}"""


async def test_staff_list_what_waits_for_them(house: House, world: World) -> None:
    request_id = await drafted(world)
    found = await house.ask(world.staff, TASKS)
    (task,) = found["nodes"]
    assert task == {
        "__typename": "StaffTask",
        "id": (await the_task(world, StaffTaskKind.ANSWER_TO_RELEASE)).id,
        "kind": "ANSWER_TO_RELEASE",
        "state": "OPEN",
        "createdAt": "2026-11-23T00:30:00Z",
        "dueAt": "2026-11-30T06:00:00Z",
        "endedAt": None,
        "summary": "Read the consultant's answer to the organisation, then release it.",
        "request": {"id": request_id, "reference": task["request"]["reference"]},
    }
    assert (found["totalCount"], found["pageInfo"]["hasNextPage"]) == (1, False)
    assert found["edges"][0]["cursor"]
    others: tuple[dict[str, list[str]], ...] = (
        {"kinds": ["DECISION"]},
        {"states": ["DONE", "CANCELLED"]},
        {"kinds": []},
    )
    for narrowed in others:
        assert (await house.ask(world.staff, TASKS, filter=narrowed))["nodes"] == []
    node = await house.ask(world.staff, NODE, id=task["id"])
    assert (node["id"], node["kind"]) == (task["id"], "ANSWER_TO_RELEASE")


async def test_to_every_other_role_the_list_is_forbidden_and_a_task_is_not_there(house: House, world: World) -> None:
    await drafted(world)
    task = await the_task(world, StaffTaskKind.ANSWER_TO_RELEASE)
    for who in (each for each in EVERYBODY if each != "staff"):
        assert await house.refused(getattr(world, who), TASKS) == "FORBIDDEN", who
        assert await house.ask(getattr(world, who), NODE, id=task.id) is None


@pytest.mark.parametrize("given", [{"filter": {"kinds": ["TEA"]}}, {"filter": {"state": "OPEN"}}, {"first": 0}])
async def test_a_list_that_means_nothing_is_refused(house: House, world: World, given: dict[str, Any]) -> None:
    assert await house.refused(world.staff, TASKS, **given) == "BAD_USER_INPUT"


async def test_a_bounced_address_is_completed_and_nothing_else(house: House, world: World) -> None:
    await drafted(world)
    await note(world, MailKind.RECEIVED, MailOutcome.REJECTED)
    bounced = (await the_task(world, StaffTaskKind.BOUNCED_ADDRESS)).id
    other = (await the_task(world, StaffTaskKind.ANSWER_TO_RELEASE)).id
    async with changes_nothing(world.database):
        for who in (each for each in EVERYBODY if each != "staff"):
            response = await house.send(getattr(world, who), COMPLETE, input={"taskId": bounced})
            assert house.codes(response) == {"NOT_ALLOWED"}, who
        closing = await house.send(world.staff, COMPLETE, input={"taskId": other})
        assert house.codes(closing) == {"CLOSES_BY_ITSELF"}
        unknown = await house.send(world.staff, COMPLETE, input={"taskId": "task_" + "A" * 22})
        assert house.codes(unknown) == {"NOT_FOUND"}
        assert unknown.json()["data"]["completeTask"]["userErrors"][0]["path"] == ["taskId"]
    payload = await house.ask(world.staff, COMPLETE, input={"taskId": bounced, "idempotencyKey": "once"})
    assert payload == {"task": {"id": bounced, "state": "DONE", "endedAt": "2026-11-23T00:30:00Z"}, "userErrors": []}
    assert await house.ask(world.staff, COMPLETE, input={"taskId": bounced, "idempotencyKey": "once"}) == payload
    ended = await house.send(world.staff, COMPLETE, input={"taskId": bounced})
    assert house.codes(ended) == {"TASK_ENDED"}


async def test_a_relay_is_confirmed_by_hand(house: House, world: World) -> None:
    request_id = await released(world)
    async with changes_nothing(world.database):
        early = await house.send(world.staff, CONFIRM, input={"requestId": request_id})
        assert house.codes(early) == {"NOT_OPEN"}
    await approve(world, request_id)
    async with changes_nothing(world.database):
        for who in (each for each in EVERYBODY if each != "staff"):
            response = await house.send(getattr(world, who), CONFIRM, input={"requestId": request_id})
            assert house.codes(response) == {"NOT_ALLOWED"}, who
    payload = await house.ask(world.staff, CONFIRM, input={"requestId": request_id})
    assert payload["request"]["timeline"][-1] == {
        "type": "OUTCOME_RELAYED",
        "summary": "The outcome reached consultant and client.",
    }
    assert {"kind": "RELAY", "state": "MET"} in payload["request"]["deadlines"]
    again = await house.send(world.staff, CONFIRM, input={"requestId": request_id})
    assert house.codes(again) == {"ALREADY_RELAYED"}
