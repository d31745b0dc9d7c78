"""Webhooks as staff handle them at the edge, and as nobody else sees them."""

from typing import Any

import pytest
from sqlalchemy import update

from models.database import Database
from models.keyring import Keyring
from models.rules.vocabulary import Role
from models.rules.webhooks import WebhookFailure
from models.tables import Account
from tests.builders import World, submitted
from tests.clock import FixedClock
from tests.operations.hooking import fail, register, sign_in_name
from tests.operations.ledger import changes_nothing
from tests.operations.questioning import tasks
from tests.schema.house import EVERYBODY, House
from tests.schema.recording import Recorder, a_named_world
from tests.schema.test_examples_beside_the_way import RECORDED

WEBHOOKS = "{ webhooks { nodes { id url } edges { cursor } totalCount } }"
NODE = "query ($id: ID!) { node(id: $id) { id ... on WebhookEndpoint { url } } }"
REGISTER = """mutation ($input: RegisterWebhookInput!) {
  registerWebhook(input: $input) { webhook { id types } secret userErrors { path code } }
}"""
ACT = """mutation ($id: ID!) {
  %s(input: {webhookId: $id%s}) { webhook { id url types state waitingSince } userErrors { code path } }
}"""
ACTS = {
    "changeWebhook": ", url: null",
    "rotateWebhookSecret": "",
    "switchWebhook": ", on: false",
    "replayWebhook": ", from: {start: EARLIEST}",
}
TASKS = "{ staffTasks { nodes { kind summary dueAt request { id } webhook { id lastFailure account { name } } } } }"
URL = "https://hr.example.org/hooks"


def act(name: str, more: str | None = None) -> str:
    return ACT % (name, ACTS[name] if more is None else more)


async def test_to_every_other_role_no_webhook_is_there(house: House, world: World) -> None:
    webhook_id = (await register(world)).id
    given = {"url": URL, "account": await sign_in_name(world, world.integrator)}
    async with changes_nothing(world.database):
        for who in (getattr(world, each) for each in EVERYBODY if each != "staff"):
            assert await house.refused(who, WEBHOOKS) == "FORBIDDEN"
            assert await house.ask(who, NODE, id=webhook_id) is None
            assert house.codes(await house.send(who, REGISTER, input=given)) == {"NOT_ALLOWED"}
            for name in ACTS:
                assert house.codes(await house.send(who, act(name), id=webhook_id)) == {"NOT_ALLOWED"}


async def test_staff_register_see_and_handle_them(house: House, world: World) -> None:
    given: dict[str, Any] = {"url": URL, "account": await sign_in_name(world, world.integrator)}
    made = await house.ask(world.staff, REGISTER, input={**given, "types": ["APPROVED"], "idempotencyKey": "once"})
    assert made["secret"].startswith("whsec_")
    assert made["webhook"]["types"] == ["APPROVED"]
    again = await house.ask(world.staff, REGISTER, input={**given, "types": ["APPROVED"], "idempotencyKey": "once"})
    assert (again["webhook"], again["secret"]) == (made["webhook"], None)
    webhook_id = made["webhook"]["id"]
    found = await house.ask(world.staff, WEBHOOKS)
    assert (found["nodes"], found["totalCount"]) == ([{"id": webhook_id, "url": URL}], 1)
    assert await house.ask(world.staff, NODE, id=webhook_id) == {"id": webhook_id, "url": URL}
    await submitted(world)
    changes = (
        ("changeWebhook", ', url: "https://other.example"', {"url": "https://other.example", "types": ["APPROVED"]}),
        ("changeWebhook", ", types: [DECLINED]", {"url": "https://other.example", "types": ["DECLINED"]}),
        ("changeWebhook", ", types: null", {"url": "https://other.example", "types": None}),
        ("switchWebhook", None, {"state": "DISABLED", "waitingSince": "2026-11-23T00:30:00Z"}),
        ("replayWebhook", ", from: {start: NOW}", {"state": "DISABLED", "waitingSince": None}),
        ("replayWebhook", None, {"waitingSince": "2026-11-23T00:30:00Z"}),
    )
    for name, more, expected in changes:
        payload = await house.ask(world.staff, act(name, more), id=webhook_id)
        assert expected.items() <= payload["webhook"].items()
        assert payload["userErrors"] == []


async def test_what_can_not_be_is_refused_by_code_and_field(house: House, world: World) -> None:
    webhook_id = (await register(world)).id
    account = await sign_in_name(world, world.integrator)
    person = await sign_in_name(world, world.staff)
    wrong: tuple[tuple[dict[str, Any], str, list[str]], ...] = (
        ({"url": "http://hr.example.org", "account": account}, "URL_INVALID", ["url"]),
        ({"url": "https://127.0.0.1", "account": account}, "URL_INVALID", ["url"]),
        ({"url": URL, "account": person}, "ACCOUNT_UNFIT", ["account"]),
        ({"url": URL, "account": account, "types": []}, "TYPES_MISSING", ["types"]),
    )
    async with changes_nothing(world.database):
        for given, code, path in wrong:
            payload = await house.ask(world.staff, REGISTER, input=given)
            assert payload == {"webhook": None, "secret": None, "userErrors": [{"code": code, "path": path}]}
        for name in ACTS:
            response = await house.send(world.staff, act(name), id="hook_" + "A" * 22)
            assert house.codes(response) == {"NOT_FOUND"}
        for place in ('{cursor: "x"}', "{}", '{cursor: "x", start: NOW}', "{start: TEA}", "{start: null}"):
            told = await house.refused(world.staff, act("replayWebhook", f", from: {place}"), id=webhook_id)
            assert told == "BAD_USER_INPUT", place


async def test_a_task_tells_of_the_webhook_that_was_switched_off(house: House, world: World) -> None:
    webhook_id = (await register(world)).id
    await fail(world, webhook_id, WebhookFailure.GONE)
    (task,) = (await house.ask(world.staff, TASKS))["nodes"]
    assert task == {
        "kind": "WEBHOOK_SWITCHED_OFF",
        "summary": "Nothing could be sent to a webhook: tell its owner, then switch it on or off.",
        "dueAt": None,
        "request": None,
        "webhook": {"id": webhook_id, "lastFailure": "GONE", "account": {"name": world.integrator.name}},
    }
    assert (await tasks(world))[0].request_id is None


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_webhooks_answer_as_their_examples_say(database: Database, clock: FixedClock, keyring: Keyring) -> None:
    world = await a_named_world(database, clock)
    async with database.transaction() as session:
        known = {"external_id": "payroll-connector", "name": "Payroll connector"}
        await session.execute(update(Account).where(Account.id == world.integrator.account_id).values(known))
        await session.execute(update(Account).where(Account.role == Role.PROVIDER_STAFF).values(name="Case manager"))
    recorder = Recorder(House(world, keyring))
    given = {"url": "https://payroll.example.org/extra-sessions?k=3f9a", "account": "payroll-connector"}
    only = {"types": ["APPROVED", "DECLINED"], "idempotencyKey": "9d1e4c02"}
    made = await recorder.run("register-webhook", world.staff, input={**given, **only})
    inside = {**given, "url": "https://10.0.4.7/extra-sessions"}
    await recorder.run("register-webhook.refused", world.staff, input=inside)
    it = {"webhookId": made["webhook"]["id"]}
    await recorder.run("change-webhook", world.staff, input={**it, "types": None, "idempotencyKey": "0b7f2a66"})
    await recorder.run("rotate-webhook-secret", world.staff, input={**it, "idempotencyKey": "e2c81d94"})
    await submitted(world)
    await fail(world, it["webhookId"], WebhookFailure.GONE)
    await recorder.run("webhooks", world.staff)
    await recorder.run("staff-tasks.webhook", world.staff)
    await recorder.run("switch-webhook", world.staff, input={**it, "on": True, "idempotencyKey": "77a0c3d5"})
    replayed = {**it, "from": {"start": "EARLIEST"}, "idempotencyKey": "c4419e0f"}
    await recorder.run("replay-webhook", world.staff, input=replayed)

    assert not recorder.recorded, RECORDED
