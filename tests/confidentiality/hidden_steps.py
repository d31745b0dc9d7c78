"""Hidden steps around requests: what is submitted and ended again, decided elsewhere, read, erased or closed."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import Select, select

from models.erasure_ledger import ErasureLedger
from models.operations.approve_request import ApproveRequest, approve_request
from models.operations.close_case import CloseCase, close_case
from models.operations.confirm_request import ConfirmRequest, confirm_request
from models.operations.decline_request import DeclineRequest, decline_request
from models.operations.erase_client import EraseClient, erase_client
from models.operations.reconsider_request import ReconsiderRequest, reconsider_request
from models.operations.revise_request import ReviseRequest, revise_request
from models.operations.submit_request import SubmitRequest, submit_request
from models.operations.withdraw_request import WithdrawRequest, withdraw_request
from models.queries.requests import request_of
from models.rules import lifecycle
from models.rules.vocabulary import DeclineReason, GoalCategory, ReferralPathwayKind, Requestor
from models.tables import AssistCase, ExtraSessionsRequest
from tests.confidentiality.acting import Act, around, staff_of
from tests.confidentiality.plots import ZONE
from tests.confidentiality.stage import Stage
from tests.confidentiality.worlds import World
from tests.queries.asked import REQUEST, read


async def _submit(stage: Stage, world: World) -> None:
    """Submit on a case that has no request; it is never confirmed, so nobody else learns of it."""
    appointment_id, by = world.dice.choice(world.spare)
    command = SubmitRequest(appointment_id=appointment_id, **_form(stage, world))
    view = await submit_request(command, by=by, **around(stage))
    world.note("req", view.id)
    world.asked_by[view.id] = by


def _form(stage: Stage, world: World) -> dict[str, Any]:
    return {
        "requestor": Requestor.CONSULTANT,
        "sessions_requested": world.dice.randint(1, 4),
        "date_of_request": stage.clock.now().astimezone(ZONE).date(),
        "goal_category": world.dice.choice(list(GoalCategory)),
        "goal_statement": world.secrets.text(30),
        "pathway_kind": world.dice.choice(list(ReferralPathwayKind)),
        "pathway_detail": world.secrets.text(8),
        "client_consents": True,
    }


async def _reconsider(stage: Stage, world: World) -> None:
    """Ask for reconsideration of what the organisation has decided, and take that back before it is released.

    Or leave it unconfirmed, so that it expires.
    """
    decided = world.requests[: len(world.plot.released)]
    request_id = world.dice.choice(decided)
    by = world.asked_by[request_id]
    form = {**_form(stage, world), "sessions_requested": 1}
    view = await reconsider_request(ReconsiderRequest(request_id=request_id, **form), by=by, **around(stage))
    world.note("req", view.id)
    if world.dice.random() < 0.6:
        await confirm_request(ConfirmRequest(request_id=view.id), by=by, **around(stage))
        await withdraw_request(WithdrawRequest(request_id=view.id), by=by, **around(stage))


def _submitted(world: World) -> str:
    """Return a request that this program has submitted, or one that it has not."""
    mine = [each for each in world.foreign["req"] if each in world.asked_by]
    return world.dice.choice(mine or world.foreign["req"])


async def _revise(stage: Stage, world: World) -> None:
    request_id = _submitted(world)
    by = world.asked_by.get(request_id, world.dice.choice(world.consultants))
    command = ReviseRequest(request_id=request_id, sessions_requested=world.dice.randint(1, 4))
    await revise_request(command, by=by, **around(stage))


async def _withdraw_hidden(stage: Stage, world: World) -> None:
    command = WithdrawRequest(request_id=_submitted(world))
    await withdraw_request(command, by=staff_of(world), **around(stage))


async def _decide_withheld(stage: Stage, world: World) -> None:
    for request_id in world.withheld:
        command = DeclineRequest(request_id=request_id, reason=DeclineReason.OTHER)
        await decline_request(command, by=staff_of(world), **around(stage))


async def _decide_elsewhere(stage: Stage, world: World) -> None:
    request_id, by = world.dice.choice(world.elsewhere)
    command = ApproveRequest(request_id=request_id, sessions_granted=1, idempotency_key="key-0")
    await approve_request(command, by=by, **around(stage))


async def _read(stage: Stage, world: World) -> None:
    """Look at what the organisation was released, as those do who see all of it."""
    by = world.dice.choice([staff_of(world), *world.consultants])
    await read(stage.database, stage.clock, by, request_of, world.requests[0], REQUEST)


def _busy(world: World) -> Select[str]:
    """Select the cases with something open that the organisation knows, or will come to know."""
    request = ExtraSessionsRequest
    return select(request.case_id).where(request.id.in_(world.requests), request.status.in_(lifecycle.OPEN))


async def _close(stage: Stage, world: World) -> None:
    """Close a case on which nothing is open but what nobody here knows of."""
    idle = select(AssistCase.id).where(AssistCase.id.not_in(_busy(world))).order_by(AssistCase.id)
    async with stage.database.snapshot() as source:
        cases = (await source.execute(idle)).scalars().all()
    if cases:
        await close_case(CloseCase(case_id=world.dice.choice(cases)), by=staff_of(world), **around(stage))


async def _erase(stage: Stage, world: World) -> None:
    """Erase a client of whom nothing is open that the organisation knows, or will come to know."""
    busy = select(AssistCase.client_id).where(AssistCase.id.in_(_busy(world)))
    idle = select(AssistCase.client_id).where(AssistCase.client_id.not_in(busy)).order_by(AssistCase.client_id)
    async with stage.database.snapshot() as source:
        clients = (await source.execute(idle.distinct())).scalars().all()
    if clients:
        command = EraseClient(client_id=world.dice.choice(clients))
        with TemporaryDirectory() as folder:
            ledger = ErasureLedger(Path(folder) / "erasures.jsonl")
            await erase_client(command, database=stage.database, clock=stage.clock, ledger=ledger)


HIDDEN_STEPS: dict[str, Act] = {
    "submit": _submit,
    "revise": _revise,
    "withdraw": _withdraw_hidden,
    "reconsider": _reconsider,
    "close": _close,
    "decide withheld": _decide_withheld,
    "decide elsewhere": _decide_elsewhere,
    "read": _read,
    "erase": _erase,
}
