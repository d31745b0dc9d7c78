"""Reads of the accounts that sign in."""

import hmac
from datetime import datetime
from typing import Any, Final

from sqlalchemy import and_, bindparam, or_, select

from models.actor import Actor
from models.queries.reading import Source
from models.rules.vocabulary import Role
from models.scope import printable
from models.tables import Account, AccountToken, Agreement

_ACCOUNTS: Final = select(
    Account.id,
    Account.name,
    Account.role,
    Account.organisation_id,
    Account.practice_id,
    Account.consultant_id,
    Account.time_zone,
).where(Account.disabled_at.is_(None))
"""Reads one table: signing in a reviewer is on their behalf too, and names no consultant."""
_BY_ID: Final = _ACCOUNTS.where(Account.id == bindparam("account_id"))
_BY_NAME: Final = _ACCOUNTS.where(Account.external_id == bindparam("sign_in_name"))
_STILL_GOOD: Final = or_(AccountToken.expires_at.is_(None), AccountToken.expires_at > bindparam("now"))
_BY_TOKEN: Final = (
    _ACCOUNTS.add_columns(AccountToken.digest)
    .join(AccountToken, AccountToken.account_id == Account.id)
    .where(
        AccountToken.digest == bindparam("digest"),
        _STILL_GOOD,
        Account.role == Role.INTEGRATOR,
    )
)
"""A person's account has no token, whatever it was before: another role's is passed over."""
_STANDING: Final = (
    _ACCOUNTS.add_columns(AccountToken.digest)
    .outerjoin(AccountToken, and_(AccountToken.account_id == Account.id, _STILL_GOOD))
    .where(Account.id.in_(bindparam("account_ids", expanding=True)))
)
_BY_ID_WITH_ADDRESS: Final = _BY_ID.add_columns(Account.email)


async def actor_of(source: Source, account_id: str) -> Actor | None:
    """Return the actor that an enabled account is; None for an unknown or a disabled one."""
    row = (await source.execute(_BY_ID, {"account_id": account_id})).one_or_none()
    return None if row is None else _actor(row)


async def actor_and_address(source: Source, account_id: str) -> tuple[Actor, str] | None:
    """Return the same with the address that the account gets its e-mail at."""
    row = (await source.execute(_BY_ID_WITH_ADDRESS, {"account_id": account_id})).one_or_none()
    return None if row is None else (_actor(row), row.email)


async def actor_named(source: Source, sign_in_name: str) -> Actor | None:
    """Return the actor that signs in with this name; None for an unknown or a disabled one."""
    row = (await source.execute(_BY_NAME, {"sign_in_name": printable(sign_in_name)})).one_or_none()
    return None if row is None else _actor(row)


async def actor_with_token(source: Source, digest: bytes, *, now: datetime) -> Actor | None:
    """Return the machine account whose token hashes to ``digest``; None for an unknown, ended or disabled one.

    It takes the same one statement for each of them. How long that takes tells at most of the hash of what the caller
    has sent, which leads to no other token.
    """
    row = (await source.execute(_BY_TOKEN, {"digest": digest, "now": now})).one_or_none()
    return _actor(row) if row is not None and hmac.compare_digest(row.digest, digest) else None


async def standing_of(
    source: Source, account_ids: list[str], *, now: datetime
) -> dict[str, tuple[Actor, bytes | None]]:
    """Return those of these accounts that are enabled, each as the actor that it is now, with its token's hash.

    The hash is None for an account that has no token, or one that has ended. It is one statement for any number.
    """
    rows = (await source.execute(_STANDING, {"account_ids": account_ids, "now": now})).all()
    return {row.id: (_actor(row), row.digest) for row in rows}


async def sign_in_names(source: Source) -> list[tuple[str, Actor]]:
    """Return every enabled account with the name that it signs in with, by role and name."""
    statement = _ACCOUNTS.add_columns(Account.external_id).order_by(Account.role, Account.external_id)
    return [(row.external_id, _actor(row)) for row in (await source.execute(statement)).all()]


async def addresses_of(source: Source, organisation_id: str) -> frozenset[str]:
    """Return where an organisation gets its e-mail: its accounts, and the backup reviewers of its agreements."""
    accounts = select(Account.email).where(Account.organisation_id == organisation_id)
    backups = select(Agreement.backup_reviewer).where(
        Agreement.organisation_id == organisation_id, Agreement.backup_reviewer.is_not(None)
    )
    return frozenset((await source.execute(accounts.union(backups))).scalars())


async def has_accounts(source: Source) -> bool:
    """Whether anybody can sign in: an empty database has nobody."""
    return bool((await source.execute(select(Account.id).limit(1))).first())


def _actor(row: Any) -> Actor:
    return Actor(
        account_id=row.id,
        name=row.name,
        role=row.role,
        organisation_id=row.organisation_id,
        practice_id=row.practice_id,
        consultant_id=row.consultant_id,
        time_zone=row.time_zone,
    )
