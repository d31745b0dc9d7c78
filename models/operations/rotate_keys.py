"""Rotates the master keys: a new one wraps every client's key, and an old one can go once no backup needs it."""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import func, select, update

from models.clock import Clock
from models.key_store import SELECT_KEYS, KeyStore
from models.keyring import Keyring
from models.operations.key_backups import known_backups
from models.sealing import ClientKeyRow, Vault
from models.tables.key_store import ClientKey


class MasterInUse(Exception):
    """A master key can't go yet; the text says what needs it, and until when."""


@dataclass(frozen=True, slots=True)
class Wrapped:
    """How many clients' keys one master key wraps."""

    master_version: int
    keys: int


async def how_wrapped(keys: KeyStore) -> list[Wrapped]:
    """Count the clients' keys by the master key that wraps them, oldest first."""
    statement = select(ClientKey.master_version, func.count()).group_by(ClientKey.master_version)
    async with keys.reading() as connection:
        return [Wrapped(*row) for row in await connection.execute(statement.order_by(ClientKey.master_version))]


async def rewrap_keys(
    keys: KeyStore, vault: Vault, *, batch: int = 500, advanced: Callable[[int], None] = lambda _: None
) -> int:
    """Wrap every client's key by the newest master key, in batches; return how many were wrapped anew.

    May be cut off and run again, and servers go on meanwhile: either wrapping opens. A key that was destroyed meanwhile
    stays destroyed. ``advanced`` is told of each batch's length.
    """
    old = SELECT_KEYS.where(ClientKey.master_version != vault.newest_master).limit(batch)
    done = 0
    while True:
        async with keys.writing() as connection:
            rows = [ClientKeyRow(*row) for row in await connection.execute(old.with_for_update())]
            for row in rows:
                new = vault.rewrapped(row)
                which = update(ClientKey).where(ClientKey.client_id == row.client_id, ClientKey.version == row.version)
                values = {"master_version": new.master_version, "wrapped": new.wrapped}
                await connection.execute(which.values(values))
        if not rows:
            return done
        done += len(rows)
        advanced(len(rows))


async def retire_master(version: int, keyring: Keyring, *, keys: KeyStore, clock: Clock) -> Keyring:
    """Return the keyring without one master key. Raises MasterInUse where a client's key or a backup still needs it."""
    if version == keyring.newest_master:
        raise MasterInUse(f"Master key {version} is the newest: it wraps new keys. Rotate first.")
    if version not in keyring.masters:
        there = ", ".join(map(str, sorted(keyring.masters)))
        raise MasterInUse(f"There is no master key {version}; there are {there}.")
    if any(each.master_version == version for each in await how_wrapped(keys)):
        raise MasterInUse(
            f"Master key {version} still wraps clients' keys: run `extra-sessions keys rotate` to its end."
        )
    needed_by = [each for each in await known_backups(keys, at=clock.now()) if each.oldest_master <= version]
    if needed_by:
        day = needed_by[0].expires_at.date().isoformat()
        raise MasterInUse(f"Master key {version} opens key backups, the last of which expires on {day}.")
    return keyring.without_master(version)
