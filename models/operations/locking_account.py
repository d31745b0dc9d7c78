"""Locks the account that the operator names, for what is done to it."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from models.tables import Account


class AccountUnfit(Exception):
    """Not to be done with this account; the text is for the operator."""


async def lock_account(session: AsyncSession, sign_in_name: str) -> Account:
    """Return the account, locked until the transaction ends. Raises AccountUnfit for an unknown one."""
    statement = select(Account).where(Account.external_id == sign_in_name).with_for_update()
    account = (await session.execute(statement)).scalar_one_or_none()
    if account is None:
        raise AccountUnfit("There is no account with this name. `extra-sessions account list` has them all.")
    return account
