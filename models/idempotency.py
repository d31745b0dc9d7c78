"""Lets a caller repeat a mutation safely: the same key and input give the first result, masked afresh."""

import dataclasses
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from models.actor import Actor
from models.rules.refusals import IdempotencyKeyReused
from models.sealing import Vault
from models.tables import IdempotencyRecord


@dataclasses.dataclass(frozen=True, slots=True)
class Repeatable:
    """One call of one operation, as its caller would repeat it."""

    operation: str
    command: Any
    """The operation's command, a dataclass with ``idempotency_key``."""

    def _key_hash(self, vault: Vault) -> bytes:
        return vault.digest(f"key|{self.command.idempotency_key}".encode())

    def _input_hash(self, vault: Vault) -> bytes:
        return vault.digest(b"input|" + orjson.dumps(self.command, option=orjson.OPT_SORT_KEYS))


async def earlier_result(session: AsyncSession, call: Repeatable, *, by: Actor, vault: Vault) -> str | None:
    """Return the id of what this very call already worked on; None for a first call. Ask under the lock.

    Raises IdempotencyKeyReused where the key came with another input before.
    """
    if call.command.idempotency_key is None or by.account_id is None:
        return None
    statement = select(IdempotencyRecord.request_id, IdempotencyRecord.input_hash).where(
        IdempotencyRecord.account_id == by.account_id,
        IdempotencyRecord.operation == call.operation,
        IdempotencyRecord.key_hash == call._key_hash(vault),  # noqa: SLF001 - of this module
    )
    record = (await session.execute(statement)).one_or_none()
    if record is None:
        return None
    if record.input_hash != call._input_hash(vault):  # noqa: SLF001 - of this module
        raise IdempotencyKeyReused
    return str(record.request_id)


async def remember(  # noqa: PLR0913 - a record names all of these
    session: AsyncSession, call: Repeatable, worked_on: str, *, by: Actor, vault: Vault, at: datetime
) -> None:
    """Keep that this call has worked, in the same transaction: ids and keyed hashes, never the input.

    Raises IdempotencyKeyReused where a call with another input, and so under another lock, used the key at this moment.
    """
    if call.command.idempotency_key is None or by.account_id is None:
        return
    await session.flush()  # so that nothing but the key can fail below
    record = insert(IdempotencyRecord).values(
        account_id=by.account_id,
        operation=call.operation,
        key_hash=call._key_hash(vault),  # noqa: SLF001 - of this module
        input_hash=call._input_hash(vault),  # noqa: SLF001 - of this module
        request_id=worked_on,
        created_at=at,
    )
    try:
        await session.execute(record)
    except IntegrityError:
        raise IdempotencyKeyReused from None
