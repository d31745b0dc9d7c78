"""Each operation as a test's one line: who does it in the story's world, and to what."""

import dataclasses
from typing import Any

from models.actor import Actor
from models.operations.approve_request import ApproveRequest, approve_request
from models.operations.close_case import CloseCase, close_case
from models.operations.confirm_request import ConfirmRequest, confirm_request
from models.operations.decline_request import DeclineRequest, decline_request
from models.operations.reconsider_request import ReconsiderRequest, reconsider_request
from models.operations.record_mail import MailOutcome, RecordMail
from models.operations.record_mail import record_mail as record
from models.operations.release_request import ReleaseRequest, release_request
from models.operations.revise_request import ReviseRequest, revise_request
from models.operations.submit_request import submit_request
from models.operations.withdraw_request import WithdrawRequest, withdraw_request
from models.rules.vocabulary import DeclineReason
from models.views.case import CaseView
from models.views.request import RequestView
from models.views.want import Want, asking
from tests.builders import WANT, World, a_submission

CASE = asking("id", "number", "status", "available_actions")


async def submit(world: World, *, by: Actor | None = None, want: Want = WANT, **changes: Any) -> RequestView:
    command = a_submission(world, **changes)
    return await submit_request(command, by=by or world.consultant, want=want, **_surroundings(world))


async def revise(
    world: World, request_id: str, *, by: Actor | None = None, want: Want = WANT, **changes: Any
) -> RequestView:
    command = ReviseRequest(request_id=request_id, **changes)
    return await revise_request(command, by=by or world.consultant, want=want, **_surroundings(world))


async def confirm(
    world: World, request_id: str, *, by: Actor | None = None, want: Want = WANT, **options: Any
) -> RequestView:
    command = ConfirmRequest(request_id=request_id, **options)
    return await confirm_request(command, by=by or world.consultant, want=want, **_surroundings(world))


async def approve(
    world: World, request_id: str, *, by: Actor | None = None, want: Want = WANT, **options: Any
) -> RequestView:
    command = ApproveRequest(request_id=request_id, **options)
    return await approve_request(command, by=by or world.reviewer, want=want, **_surroundings(world))


async def decline(
    world: World, request_id: str, *, by: Actor | None = None, want: Want = WANT, **options: Any
) -> RequestView:
    command = DeclineRequest(request_id=request_id, **{"reason": DeclineReason.BUDGET, **options})
    return await decline_request(command, by=by or world.reviewer, want=want, **_surroundings(world))


async def withdraw(
    world: World, request_id: str, *, by: Actor | None = None, want: Want = WANT, **options: Any
) -> RequestView:
    command = WithdrawRequest(request_id=request_id, **options)
    return await withdraw_request(command, by=by or world.consultant, want=want, **_surroundings(world))


async def reconsider(
    world: World, request_id: str, *, by: Actor | None = None, want: Want = WANT, **changes: Any
) -> RequestView:
    """Ask for one session of those that were refused, but for ``changes``."""
    answers = dataclasses.asdict(a_submission(world, sessions_requested=1))
    del answers["appointment_id"]
    command = ReconsiderRequest(request_id=request_id, **{**answers, **changes})
    return await reconsider_request(command, by=by or world.consultant, want=want, **_surroundings(world))


async def close(
    world: World, *, by: Actor | None = None, want: Want = CASE, case_id: str | None = None, **options: Any
) -> CaseView:
    command = CloseCase(case_id=world.case.id if case_id is None else case_id, **options)
    return await close_case(command, by=by or world.staff, want=want, **_surroundings(world))


async def release(world: World, request_id: str) -> None:
    await release_request(ReleaseRequest(request_id=request_id), **_surroundings(world))


async def record_mail(world: World, mail_id: str, *, accepted: bool) -> None:
    outcome = MailOutcome.ACCEPTED if accepted else MailOutcome.SUPPRESSED
    await record(RecordMail(mail_id=mail_id, outcome=outcome), **_surroundings(world))


def _surroundings(world: World) -> dict[str, Any]:
    return {"database": world.database, "clock": world.clock}
