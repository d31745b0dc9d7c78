"""Disable an account: nobody signs in with it from the next request on; its token and sessions are gone."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete

from models.clock import Clock
from models.database import Database
from models.operations.locking_account import lock_account
from models.tables import AccountToken, BrowserSession


@dataclass(frozen=True, slots=True, kw_only=True)
class DisableAccount:
    sign_in_name: str


async def disable_account(command: DisableAccount, *, database: Database, clock: Clock) -> datetime:
    """Return since when it is disabled; one that was disabled before stays so since then. Locks the account.

    What it has done stays on record, and it still counts where a client could be one of an organisation's accounts.
    Raises AccountUnfit for an unknown account.
    """
    async with database.transaction() as session:
        account = await lock_account(session, command.sign_in_name)
        account.disabled_at = account.disabled_at or clock.now()
        for held in (AccountToken, BrowserSession):
            await session.execute(delete(held).where(held.account_id == account.id))
        return account.disabled_at
