"""Reads of the accounts that sign in."""

import hmac
from datetime import datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import Executable, and_, bindparam, or_, select

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
PEOPLE: Final = _ACCOUNTS.where(Account.role.not_in((Role.INTEGRATOR, Role.SYSTEM)))
"""Who can sign in with a browser."""
_ISSUED_SINCE: Final = or_(Account.signed_out_at.is_(None), Account.signed_out_at <= bindparam("issued_at"))
"""A token from before somebody signed the account out everywhere is refused, and so is one that does not say."""
_PERSON: Final = PEOPLE.where(Account.id == bindparam("account_id"))
_BY_ID: Final = _ACCOUNTS.where(Account.id == bindparam("account_id"))
_BY_NAME: Final = _ACCOUNTS.where(Account.external_id == bindparam("sign_in_name"))
_BEARER_BY_ID: Final = _BY_ID.where(_ISSUED_SINCE)
_BEARER_NAMED: Final = _BY_NAME.where(_ISSUED_SINCE)
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
    _ACCOUNTS.add_columns(Account.signed_out_at, AccountToken.digest)
    .outerjoin(AccountToken, and_(AccountToken.account_id == Account.id, _STILL_GOOD))
    .where(Account.id.in_(bindparam("account_ids", expanding=True)))
)
_BY_ID_WITH_ADDRESS: Final = _BY_ID.add_columns(Account.email)


async def actor_of(source: Source, account_id: str) -> Actor | None:
    """Return the actor that an enabled account is; None for an unknown or a disabled one."""
    row = (await source.execute(_BY_ID, {"account_id": account_id})).one_or_none()
    return None if row is None else actor_in(row)


async def actor_and_address(source: Source, account_id: str) -> tuple[Actor, str] | None:
    """Return the same with the address that the account gets its e-mail at."""
    row = (await source.execute(_BY_ID_WITH_ADDRESS, {"account_id": account_id})).one_or_none()
    return None if row is None else (actor_in(row), row.email)


async def actor_named(source: Source, sign_in_name: str) -> Actor | None:
    """Return the actor that signs in with this name; None for an unknown or a disabled one."""
    row = (await source.execute(_BY_NAME, {"sign_in_name": printable(sign_in_name)})).one_or_none()
    return None if row is None else actor_in(row)


async def bearer_by_id(source: Source, account_id: str, issued_at: datetime | None) -> Actor | None:
    """Return whom a token speaks for that names an account; None also where it is older than a sign-out everywhere."""
    return await _bearer(source, _BEARER_BY_ID, {"account_id": account_id, "issued_at": issued_at})


async def bearer_named(source: Source, sign_in_name: str, issued_at: datetime | None) -> Actor | None:
    """Return the same of a token that says a sign-in name."""
    return await _bearer(source, _BEARER_NAMED, {"sign_in_name": printable(sign_in_name), "issued_at": issued_at})


async def _bearer(source: Source, statement: Executable, given: dict[str, Any]) -> Actor | None:
    row = (await source.execute(statement, given)).one_or_none()
    return None if row is None else actor_in(row)


async def person_of(source: Source, account_id: str) -> Actor | None:
    """Return the actor that an enabled person's account is: no machine signs in with a browser."""
    row = (await source.execute(_PERSON, {"account_id": account_id})).one_or_none()
    return None if row is None else actor_in(row)


async def actor_with_token(source: Source, digest: bytes, *, now: datetime) -> Actor | None:
    """Return the machine account whose token hashes to ``digest``; None for an unknown, ended or disabled one.

    It takes the same one statement for each of them. How long that takes tells at most of the hash of what the caller
    has sent, which leads to no other token.
    """
    row = (await source.execute(_BY_TOKEN, {"digest": digest, "now": now})).one_or_none()
    return actor_in(row) if row is not None and hmac.compare_digest(row.digest, digest) else None


class Standing(NamedTuple):
    """An enabled account as it is now."""

    actor: Actor
    digest: bytes | None = None
    """What its token hashes to; None for an account that has no token, or one that has ended."""
    signed_out_at: datetime | None = None
    """Tokens that were issued before are refused."""


async def standing_of(source: Source, account_ids: list[str], *, now: datetime) -> dict[str, Standing]:
    """Return those of these accounts that are enabled, by one statement for any number."""
    rows = (await source.execute(_STANDING, {"account_ids": account_ids, "now": now})).all()
    return {row.id: Standing(actor_in(row), row.digest, row.signed_out_at) for row in rows}


async def sign_in_names(source: Source) -> list[tuple[str, Actor]]:
    """Return every enabled account with the name that it signs in with, by role and name."""
    statement = _ACCOUNTS.add_columns(Account.external_id).order_by(Account.role, Account.external_id)
    return [(row.external_id, actor_in(row)) for row in (await source.execute(statement)).all()]


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


def actor_in(row: Any) -> Actor:
    """Return the actor that a row of these columns is."""
    return Actor(
        account_id=row.id,
        name=row.name,
        role=row.role,
        organisation_id=row.organisation_id,
        practice_id=row.practice_id,
        consultant_id=row.consultant_id,
        time_zone=row.time_zone,
    )
