"""Sign an account out everywhere: its browsers' sessions end, and tokens that were issued before are refused."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete

from models.clock import Clock
from models.database import Database
from models.operations.locking_account import AccountUnfit, lock_account
from models.rules.vocabulary import Role
from models.tables import BrowserSession


@dataclass(frozen=True, slots=True, kw_only=True)
class SignOutAccount:
    sign_in_name: str


async def sign_out_account(command: SignOutAccount, *, database: Database, clock: Clock) -> datetime:
    """Return from when on a token must be to be believed. Open sockets end within five seconds. Locks the account.

    Whoever can sign in with the provider can come back: disable an account that must not. Raises AccountUnfit for an
    unknown account and for a machine's.
    """
    async with database.transaction() as session:
        account = await lock_account(session, command.sign_in_name)
        if account.role is Role.INTEGRATOR:
            raise AccountUnfit("A machine does not sign in: give it a new token, and the one that it has is refused.")
        account.signed_out_at = clock.now()
        await session.execute(delete(BrowserSession).where(BrowserSession.account_id == account.id))
        return account.signed_out_at
