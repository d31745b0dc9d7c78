"""Webhooks' events on their way: in order, signed, repeated to the byte, masked as at this moment, and given up."""

import asyncio
from datetime import timedelta
from typing import Any

import orjson
import pytest
from sqlalchemy import update
from standardwebhooks import WebhookVerificationError
from structlog.testing import capture_logs

from models.actor import Actor
from models.clock import SystemClock
from models.database import Database
from models.event_cursor import position_of
from models.event_log import Entry
from models.operations.disable_account import DisableAccount, disable_account
from models.rules.vocabulary import EventType, RequestStatus, Role, StaffTaskKind
from models.rules.webhooks import ReplayStart, WebhookFailure, WebhookState
from models.tables import Account, ExtraSessionsRequest, Job
from tests.builders import World, a_world, confirmed, released, submitted
from tests.clock import FixedClock
from tests.jobs.hooking import deliver, hook_of, hooked, types_of, verified
from tests.jobs.receiving import Received, receiving, respond
from tests.operations.acting import approve, close, release, withdraw
from tests.operations.hooking import replay, rotate, sign_in_name, switch
from tests.operations.ledger import events, everything, rows
from tests.operations.questioning import ask, draft, tasks


@pytest.fixture
async def world(database: Database) -> World:
    """Play now: whoever verifies a signature goes by the machine's clock."""
    return await a_world(database, FixedClock(SystemClock().now()))


def sent(request: Received) -> dict[str, Any]:
    document: dict[str, Any] = orjson.loads(request.body)
    return document


async def test_each_event_arrives_in_order_signed_and_with_what_the_account_may_see(world: World) -> None:
    async with receiving() as receiver:
        webhook_id, secret = await hooked(world, receiver)
        request_id = await released(world)
        assert await deliver(world, webhook_id) is None
    assert types_of(receiver) == ["SUBMITTED", "CONFIRMED", "RELEASED"]
    now = world.clock.now().isoformat().replace("+00:00", "Z")
    for request in receiver.received:
        document = verified(request, secret)
        assert document["type"] == document["data"]["type"]
        assert document["timestamp"] == document["data"]["occurredAt"] == now
    data = sent(receiver.received[0])["data"]
    (row,) = await rows(world.database, ExtraSessionsRequest)
    assert data == {
        "cursor": data["cursor"],
        "type": "SUBMITTED",
        "occurredOn": data["occurredOn"],
        "occurredAt": now,
        "deadline": None,
        "request": {
            "id": request_id,
            "reference": row.reference,
            "status": "ORGANISATION_REVIEW",
            "version": row.version,
            "outcome": None,
            "sessionsRequested": 3,
            "sessionsGranted": None,
        },
        "case": {"id": world.case.id, "number": world.case.number},
        "appointment": None,
    }
    assert position_of(world.database.vault, world.integrator, data["cursor"]).seq == 1
    assert (await hook_of(world)).position_seq == 3
    assert await deliver(world, webhook_id) is None
    assert len(receiver.received) == 3


async def test_another_secret_another_body_and_another_time_do_not_verify(world: World) -> None:
    async with receiving() as receiver:
        webhook_id, secret = await hooked(world, receiver)
        await submitted(world)
        await deliver(world, webhook_id)
        other = await rotate(world, webhook_id)
    (request,) = receiver.received
    changed = Received(request.line, request.headers, request.body + b" ")
    late = Received(request.line, {**request.headers, "webhook-timestamp": "1"}, request.body)
    for wrong, by in ((request, str(other.secret)), (changed, secret), (late, secret)):
        with pytest.raises(WebhookVerificationError):
            verified(wrong, by)


async def test_after_a_rotation_both_secrets_verify_for_a_day(world: World) -> None:
    async with receiving() as receiver:
        webhook_id, old = await hooked(world, receiver)
        new = str((await rotate(world, webhook_id)).secret)
        await submitted(world)
        await deliver(world, webhook_id)
        (request,) = receiver.received
        assert verified(request, old) == verified(request, new)
        assert len(request.headers["webhook-signature"].split(" ")) == 2
        world.clock.advance(timedelta(hours=24))
        await confirmed_now(world)
        await deliver(world, webhook_id)
    assert len(receiver.received[1].headers["webhook-signature"].split(" ")) == 1


async def confirmed_now(world: World) -> None:
    (request,) = await rows(world.database, ExtraSessionsRequest)
    await withdraw(world, request.id)


async def test_what_fails_holds_up_what_follows_and_is_sent_again_to_the_byte(world: World) -> None:
    async with receiving(204, 500, 503, 204) as receiver:
        webhook_id, _ = await hooked(world, receiver)
        await released(world)
        rest = await deliver(world, webhook_id)
        assert rest is not None
        assert timedelta(seconds=2.5) <= rest <= timedelta(seconds=5)
        row = await hook_of(world)
        assert (row.position_seq, row.failures, row.last_failure) == (1, 1, WebhookFailure.SERVER_ERROR)
        world.clock.advance(timedelta(minutes=1))
        assert await deliver(world, webhook_id) is not None
        world.clock.advance(timedelta(minutes=1))
        assert await deliver(world, webhook_id) is None
    assert types_of(receiver) == ["SUBMITTED", "CONFIRMED", "CONFIRMED", "CONFIRMED", "RELEASED"]
    _, *repeated, _ = receiver.received
    assert len({(each.headers["webhook-id"], each.body) for each in repeated}) == 1
    assert len({each.headers["webhook-id"] for each in receiver.received}) == 3
    row = await hook_of(world)
    assert (row.position_seq, row.failures, row.failing_since) == (3, 0, None)


async def test_a_run_that_is_cut_off_in_the_middle_sends_one_event_again_with_its_id_and_bytes(world: World) -> None:
    arrived = asyncio.Event()

    async def hang(_: Received, writer: asyncio.StreamWriter) -> None:
        del writer
        arrived.set()
        await asyncio.Event().wait()

    async with receiving(204, hang, 204) as receiver:
        webhook_id, _ = await hooked(world, receiver)
        await released(world)
        running = asyncio.create_task(deliver(world, webhook_id))
        await arrived.wait()
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        assert await deliver(world, webhook_id) is None
    assert types_of(receiver) == ["SUBMITTED", "CONFIRMED", "CONFIRMED", "RELEASED"]
    first, again = receiver.received[1:3]
    assert (first.headers["webhook-id"], first.body) == (again.headers["webhook-id"], again.body)


async def test_nothing_is_locked_while_the_network_is_waited_for(world: World) -> None:
    """On SQLite a write transaction that was held would keep out everybody."""

    async def meanwhile(_: Received, writer: asyncio.StreamWriter) -> None:
        async with asyncio.timeout(5):
            await switch(world, webhook_id, on=True)
            await submitted(world)
        await respond(writer, 204)

    async with receiving(meanwhile, 204) as receiver:
        webhook_id, _ = await hooked(world, receiver)
        await replayable(world)
        assert await deliver(world, webhook_id) is None


async def replayable(world: World) -> None:
    """Have one event happen, and leave the case free for a request."""
    await withdraw(world, await submitted(world))


async def test_an_answer_of_410_switches_off_at_once_and_tells_staff(world: World) -> None:
    async with receiving(410) as receiver:
        webhook_id, _ = await hooked(world, receiver)
        await released(world)
        with capture_logs() as logs:
            assert await deliver(world, webhook_id) is None
        assert await deliver(world, webhook_id) is None
    assert len(receiver.received) == 1
    row = await hook_of(world)
    assert (row.state, row.last_failure, row.position_seq) == (WebhookState.SWITCHED_OFF, WebhookFailure.GONE, 0)
    (task,) = await tasks(world)
    assert (task.kind, task.webhook_id) == (StaffTaskKind.WEBHOOK_SWITCHED_OFF, webhook_id)
    assert logs == [
        {"event": "webhook switched off", "log_level": "warning", "webhook_id": webhook_id, "failure": "GONE"}
    ]


async def test_one_that_fails_for_three_days_is_switched_off(world: World) -> None:
    async with receiving(500) as receiver:
        webhook_id, _ = await hooked(world, receiver)
        await submitted(world)
        tries, began = 0, world.clock.now()
        while (rest := await deliver(world, webhook_id)) is not None:
            tries += 1
            world.clock.advance(rest)
    assert timedelta(hours=72) <= world.clock.now() - began <= timedelta(hours=73)
    assert 72 <= tries <= 170
    assert (await hook_of(world)).state is WebhookState.SWITCHED_OFF
    assert len({(each.headers["webhook-id"], each.body) for each in receiver.received}) == 1


@pytest.mark.parametrize(
    ("answer", "failure"),
    [(302, WebhookFailure.REDIRECT), (404, WebhookFailure.CLIENT_ERROR), (700, WebhookFailure.BAD_ANSWER)],
)
async def test_every_other_answer_is_tried_again(world: World, answer: int, failure: WebhookFailure) -> None:
    async with receiving(answer) as receiver:
        webhook_id, _ = await hooked(world, receiver)
        await submitted(world)
        assert await deliver(world, webhook_id) is not None
    row = await hook_of(world)
    assert (row.state, row.last_failure) == (WebhookState.ENABLED, failure)


async def test_a_name_that_comes_to_lead_inside_is_refused_and_tried_again(world: World) -> None:
    async def inside(host: str, port: int) -> list[str]:
        del host, port
        return ["127.0.0.1"]

    async with receiving() as receiver:
        webhook_id = (await hooked(world, receiver))[0]
        await submitted(world)
        assert await deliver(world, webhook_id, private=False, look_up=inside) is not None
    assert receiver.connections == 0
    assert (await hook_of(world)).last_failure is WebhookFailure.REFUSED_ADDRESS


async def test_a_disabled_account_is_sent_nothing_more_and_its_webhook_is_switched_off(world: World) -> None:
    async def disable(_: Received, writer: asyncio.StreamWriter) -> None:
        name = await sign_in_name(world, world.integrator)
        await disable_account(DisableAccount(sign_in_name=name), database=world.database, clock=world.clock)
        await respond(writer, 204)

    async with receiving(disable, 204) as receiver:
        webhook_id, _ = await hooked(world, receiver)
        await submitted(world)
        assert await deliver(world, webhook_id) is None
        await withdraw(world, (await rows(world.database, ExtraSessionsRequest))[0].id)
        assert await deliver(world, webhook_id) is None
    assert types_of(receiver) == ["SUBMITTED"]
    row = await hook_of(world)
    assert (row.state, row.last_failure) == (WebhookState.SWITCHED_OFF, WebhookFailure.ACCOUNT_DISABLED)


async def make(world: World, actor: Actor, **values: Any) -> None:
    async with world.database.transaction() as session:
        await session.execute(update(Account).where(Account.id == actor.account_id).values(**values))


async def test_an_account_that_is_no_machines_any_more_is_sent_nothing(world: World) -> None:
    async with receiving() as receiver:
        webhook_id, _ = await hooked(world, receiver)
        await make(world, world.integrator, role=Role.PROVIDER_STAFF)
        await submitted(world)
        assert await deliver(world, webhook_id) is None
    assert receiver.received == []
    assert (await hook_of(world)).state is WebhookState.SWITCHED_OFF


async def test_a_changed_scope_counts_from_the_next_event_that_is_read(world: World) -> None:
    async with receiving() as receiver:
        webhook_id, _ = await hooked(world, receiver)
        request_id = await confirmed(world)
        assert await deliver(world, webhook_id) is None
        assert types_of(receiver) == ["SUBMITTED", "CONFIRMED"]
        await make(world, world.integrator, organisation_id=world.organisation_id)
        await release(world, request_id)
        assert await deliver(world, webhook_id) is None
    told = sent(receiver.received[2])
    assert (told["type"], told["data"]["occurredAt"], told["data"]["case"]) == ("RELEASED", None, None)


async def test_an_organisation_is_sent_its_own_view_and_nothing_before_the_release(world: World) -> None:
    async with receiving() as receiver:
        webhook_id, secret = await hooked(world, receiver, of=world.organisation_integrator)
        request_id = await confirmed(world)
        assert await deliver(world, webhook_id) is None
        assert receiver.received == []
        assert (await hook_of(world)).position_seq == 2
        await release(world, request_id)
        await ask(world, request_id)
        await draft(world, request_id)
        await close(world)
        assert await deliver(world, webhook_id) is None
    assert types_of(receiver) == ["RELEASED", "QUESTION_ASKED", "WITHDRAWN"]
    assert EventType.ANSWER_DRAFTED in await events(world)
    (row,) = await rows(world.database, ExtraSessionsRequest)
    assert row.status is RequestStatus.CANCELLED
    for request in receiver.received:
        document = verified(request, secret)
        data = document["data"]
        assert document["timestamp"] == data["occurredOn"]
        assert len(document["timestamp"]) == len("2026-11-23")
        assert data == {
            "cursor": data["cursor"],
            "type": document["type"],
            "deadline": None,
            "occurredOn": data["occurredOn"],
            "occurredAt": None,
            "case": None,
            "appointment": None,
            "request": {
                "id": request_id,
                "reference": row.reference,
                "status": "WITHDRAWN",
                "version": row.organisation_version,
                "outcome": None,
                "sessionsRequested": 3,
                "sessionsGranted": None,
            },
        }


async def test_what_happens_to_an_appointment_names_it_and_an_organisation_hears_nothing_of_it(world: World) -> None:
    async with receiving() as receiver, receiving() as employers:
        webhook_id, _ = await hooked(world, receiver, of=world.practice_integrator)
        other, _ = await hooked(world, employers, of=world.organisation_integrator)
        changed = Entry(
            EventType.APPOINTMENT_CHANGED,
            world.clock.now(),
            None,
            case_id=world.case.id,
            appointment_id=world.appointment_id,
        )
        async with world.database.transaction() as session:
            session.info["events"] = [changed]
        assert await deliver(world, webhook_id) is None
        assert await deliver(world, other) is None
    (request,) = receiver.received
    data = sent(request)["data"]
    assert (data["type"], data["request"]) == ("APPOINTMENT_CHANGED", None)
    assert data["case"] == {"id": world.case.id, "number": world.case.number}
    assert data["appointment"].keys() == {"id", "status", "startsAt"}
    assert (data["appointment"]["id"], data["appointment"]["status"]) == (world.appointment_id, "SCHEDULED")
    assert employers.received == []


async def test_another_organisation_is_sent_nothing(world: World) -> None:
    elsewhere = await a_world(world.database, world.clock)
    async with receiving() as receiver:
        webhook_id, _ = await hooked(world, receiver, of=elsewhere.organisation_integrator)
        await approve(world, await released(world))
        assert await deliver(world, webhook_id) is None
    assert receiver.received == []


async def test_only_the_types_that_were_asked_for_are_sent(world: World) -> None:
    async with receiving() as receiver:
        webhook_id, _ = await hooked(world, receiver, types=(EventType.APPROVED,))
        await approve(world, await released(world))
        assert await deliver(world, webhook_id) is None
    assert types_of(receiver) == ["APPROVED"]
    assert (await hook_of(world)).position_seq == len(await events(world))


async def test_a_replayed_event_has_the_id_that_it_had_and_two_webhooks_have_none_in_common(world: World) -> None:
    async with receiving() as receiver, receiving() as other:
        webhook_id, _ = await hooked(world, receiver)
        second, _ = await hooked(world, other)
        await released(world)
        await deliver(world, webhook_id)
        await deliver(world, second)
        await replay(world, webhook_id, start=ReplayStart.EARLIEST)
        assert await deliver(world, webhook_id) is None
        await replay(world, webhook_id, after=sent(receiver.received[1])["data"]["cursor"])
        assert await deliver(world, webhook_id) is None
    ids = [each.headers["webhook-id"] for each in receiver.received]
    assert ids[3:6] == ids[:3]
    assert ids[6:] == ids[2:3]
    assert [each.body for each in receiver.received[3:6]] == [each.body for each in receiver.received[:3]]
    assert not {each.headers["webhook-id"] for each in other.received} & set(ids)


async def test_a_replay_in_the_middle_of_a_run_counts_at_once(world: World) -> None:
    async def turn_back(_: Received, writer: asyncio.StreamWriter) -> None:
        await replay(world, webhook_id, start=ReplayStart.EARLIEST)
        await respond(writer, 204)

    async with receiving(204, turn_back, 204) as receiver:
        webhook_id, _ = await hooked(world, receiver)
        await released(world)
        assert await deliver(world, webhook_id) == timedelta()
        assert await deliver(world, webhook_id) is None
    assert types_of(receiver) == ["SUBMITTED", "CONFIRMED", "SUBMITTED", "CONFIRMED", "RELEASED"]


async def test_more_than_a_page_arrives_whole_and_in_order(world: World) -> None:
    async with receiving() as receiver:
        webhook_id, _ = await hooked(world, receiver)
        for _ in range(30):
            await withdraw(world, await submitted(world))
        while await deliver(world, webhook_id) is not None:
            pass
    assert types_of(receiver) == ["SUBMITTED", "WITHDRAWN"] * 30
    assert receiver.connections < 5


async def test_nothing_that_identifies_leaves_and_no_url_or_secret_stays(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    async with receiving(500, 204) as receiver:
        webhook_id, secret = await hooked(world, receiver)
        request_id = await released(world)
        with capture_logs() as logs:
            assert await deliver(world, webhook_id) is not None
            await approve(world, request_id)
            assert await deliver(world, webhook_id) is None
    told = "".join(each.body.decode() + repr(each.headers) for each in receiver.received)
    tables = await everything(world.database)
    for text in ("Client ", "@home.example", "+61491", "roster", "Dr Osei", "Consultant ", "Practice ", "Suburb"):
        assert text not in told
    for text in ("T0PSECRET", secret, secret.removeprefix("whsec_"), str(receiver.port)):
        assert text not in caplog.text
        assert text not in repr(logs)
        assert text not in repr([tables["job"], tables["event"], tables["webhook_endpoint"], tables["staff_task"]])
    assert all(
        row.args == {"webhook_id": webhook_id} for row in await rows(world.database, Job) if "webhook" in row.actor
    )
