"""Give a machine account a new token: whoever has the old one is refused from this moment on."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete, insert

from models.clock import Clock
from models.database import Database
from models.machine_tokens import new_token
from models.operations.locking_account import AccountUnfit, lock_account
from models.rules.vocabulary import Role
from models.secret_texts import digest_of
from models.tables import AccountToken


@dataclass(frozen=True, slots=True, kw_only=True)
class RotateToken:
    sign_in_name: str
    lifetime: timedelta | None = None
    """None: it holds until the next one is made, or the account is disabled."""


async def rotate_token(command: RotateToken, *, database: Database, clock: Clock) -> str:
    """Return the new token, which is kept nowhere: only its hash is. Locks the account.

    Raises AccountUnfit for an account that is unknown, disabled or a person's.
    """
    now = clock.now()
    token = new_token()
    async with database.transaction() as session:
        account = await lock_account(session, command.sign_in_name)
        if account.role is not Role.INTEGRATOR:
            raise AccountUnfit("People sign in by the sign-in provider; only an INTEGRATOR has a token of its own.")
        if account.disabled_at is not None:
            raise AccountUnfit("This account is disabled: a token would open nothing.")
        await session.execute(delete(AccountToken).where(AccountToken.account_id == account.id))
        expires_at = None if command.lifetime is None else now + command.lifetime
        row = {"account_id": account.id, "digest": digest_of(token), "created_at": now, "expires_at": expires_at}
        await session.execute(insert(AccountToken).values(row))
    return token
