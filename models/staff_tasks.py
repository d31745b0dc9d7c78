"""Gives the provider's staff something to do, and takes it off their list, inside the caller's transaction."""

from collections.abc import Collection
from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from models.ids import new_id
from models.mail_owed import owe_provider
from models.rules.vocabulary import MailKind, Role, StaffTaskKind, StaffTaskState
from models.tables import StaffTask

_MAILS = {
    StaffTaskKind.ANSWER_TO_RELEASE: MailKind.ANSWER_DRAFTED,
    StaffTaskKind.DECISION: MailKind.DECISION_NEEDED,
    StaffTaskKind.RELAY: MailKind.RELAY_STUCK,
    StaffTaskKind.BOUNCED_ADDRESS: MailKind.ADDRESS_BOUNCED,
}

_ENDING: Final = (
    update(StaffTask)
    .where(
        StaffTask.request_id == bindparam("of_request"),
        StaffTask.kind.in_(bindparam("kinds", expanding=True)),
        StaffTask.state == StaffTaskState.OPEN,
    )
    .values(state=bindparam("new_state"), ended_at=bindparam("at"), ended_by=bindparam("by"))
    .execution_options(synchronize_session=False)
)


async def open_task(session: AsyncSession, kind: StaffTaskKind, request_id: str, *, at: datetime) -> bool:
    """Open a task and owe each of the staff a mail; False, and nothing, where such a task is open already.

    The caller holds the request's lock.
    """
    same = select(StaffTask.id).where(
        StaffTask.request_id == request_id, StaffTask.kind == kind, StaffTask.state == StaffTaskState.OPEN
    )
    if (await session.execute(same)).first() is not None:
        return False
    session.add(
        StaffTask(id=new_id("task"), kind=kind, state=StaffTaskState.OPEN, request_id=request_id, created_at=at)
    )
    await owe_provider(session, _MAILS[kind], request_id, Role.PROVIDER_STAFF, at=at)
    return True


async def end_tasks(  # noqa: PLR0913 - which, how, by whom, when
    session: AsyncSession,
    request_id: str,
    kinds: Collection[StaffTaskKind],
    state: StaffTaskState,
    *,
    at: datetime,
    by: str | None = None,
) -> None:
    """End a request's open tasks of these kinds; ``by`` is the account that did it, None for by itself."""
    which = {"of_request": request_id, "kinds": tuple(kinds)}
    await session.execute(_ENDING, {**which, "new_state": state, "at": at, "by": by})


async def open_webhook_task(session: AsyncSession, webhook_id: str, *, at: datetime) -> None:
    """Have staff look after a webhook that was just switched off. The caller holds the webhook's lock.

    No mail is owed: each hangs on a request. The worker's log and metrics say it too.
    """
    task = StaffTask(id=new_id("task"), kind=StaffTaskKind.WEBHOOK_SWITCHED_OFF, state=StaffTaskState.OPEN)
    task.webhook_id, task.created_at = webhook_id, at
    session.add(task)


async def end_webhook_task(session: AsyncSession, webhook_id: str, *, at: datetime, by: str | None) -> None:
    """End it, where there is one: staff have switched the webhook on again, or said that it stays off."""
    ended = {"state": StaffTaskState.DONE, "ended_at": at, "ended_by": by}
    about = StaffTask.webhook_id == webhook_id, StaffTask.state == StaffTaskState.OPEN
    await session.execute(update(StaffTask).where(*about).values(ended).execution_options(synchronize_session=False))
