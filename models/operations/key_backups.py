"""Backs the key store up, and brings it back: never the key of a client who was erased."""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import func, insert, select, tuple_, update

from models.clock import Clock
from models.erasure_ledger import ErasureLedger
from models.ids import new_id
from models.key_backup_file import Backup, BackupUnreadable, write_backup
from models.key_store import SELECT_KEYS, KeyStore
from models.sealing import ClientKeyRow
from models.tables.key_store import ClientKey, KeyBackup, StoreName

_BATCH = 1_000


@dataclass(frozen=True, slots=True)
class KnownBackup:
    """A backup of which copies may still be about."""

    made_at: datetime
    expires_at: datetime
    oldest_master: int


async def back_up_keys(path: Path, *, keep: timedelta, keys: KeyStore, clock: Clock) -> Backup:
    """Write every client's wrapped key to a new file, whose last copy is promised to be gone after ``keep``.

    The backup is on record before the file is there, so that an erasure is never told of too few. Raises
    FileExistsError.
    """
    now = clock.now()
    if await asyncio.to_thread(path.exists):
        raise FileExistsError(path)
    async with keys.writing() as connection:
        oldest = (await connection.execute(select(func.min(ClientKey.master_version)))).scalar() or 1
        record = {"id": new_id("bak"), "made_at": now, "expires_at": now + keep, "oldest_master": oldest}
        await connection.execute(insert(KeyBackup).values(record))
    async with keys.reading() as connection:
        name = (await connection.execute(select(StoreName.name))).scalar_one()
        rows = [ClientKeyRow(*row) for row in await connection.execute(SELECT_KEYS)]
    backup = Backup(name, now, now + keep, rows)
    await asyncio.to_thread(write_backup, path, backup)
    return backup


async def take_the_place(backup: Backup, keys: KeyStore) -> None:
    """Let an empty key store stand where the one that was backed up stood. Raises BackupUnreadable for another one.

    The backup goes on record here: an erasure must be told of it. Earlier ones were known to the lost store alone.
    """
    async with keys.writing() as connection:
        own = (await connection.execute(select(StoreName.name))).scalar_one()
        if own == backup.store:
            return
        if (await connection.execute(select(ClientKey.client_id).limit(1))).one_or_none():
            msg = "This is a backup of another key store, whose keys seal another database. Nothing was restored."
            raise BackupUnreadable(msg)
        await connection.execute(update(StoreName).values(name=backup.store))
        record = {"id": new_id("bak"), "made_at": backup.made_at, "expires_at": backup.expires_at}
        oldest = min((row.master_version for row in backup.rows), default=1)
        await connection.execute(insert(KeyBackup).values(record | {"oldest_master": oldest}))


async def restore_keys(backup: Backup, *, keys: KeyStore, ledger: ErasureLedger) -> int:
    """Add the keys that are not there, but for those of erased clients; return how many were added.

    ``settle_erasures`` goes before, so that the ledger knows of every erasure that the database has.
    """
    erased = await asyncio.to_thread(ledger.read)
    wanted = [row for row in backup.rows if row.client_id not in erased]
    added = 0
    for start in range(0, len(wanted), _BATCH):
        some = wanted[start : start + _BATCH]
        there = await _there(some, keys)
        missing = [row for row in some if (row.client_id, row.version) not in there]
        if missing:
            await keys.add(missing)
        added += len(missing)
    keys.forget()
    return added


async def known_backups(keys: KeyStore, *, at: datetime) -> list[KnownBackup]:
    """Return the backups that have not expired yet, the last to expire first."""
    columns = (KeyBackup.made_at, KeyBackup.expires_at, KeyBackup.oldest_master)
    statement = select(*columns).where(KeyBackup.expires_at > at).order_by(KeyBackup.expires_at.desc())
    async with keys.reading() as connection:
        return [KnownBackup(*row) for row in await connection.execute(statement)]


async def newest_backup(keys: KeyStore) -> KnownBackup | None:
    """Return the backup that was made last, expired or not; None where none is on record."""
    columns = (KeyBackup.made_at, KeyBackup.expires_at, KeyBackup.oldest_master)
    async with keys.reading() as connection:
        row = (await connection.execute(select(*columns).order_by(KeyBackup.made_at.desc()).limit(1))).one_or_none()
    return None if row is None else KnownBackup(*row)


async def _there(rows: list[ClientKeyRow], keys: KeyStore) -> set[tuple[str, int]]:
    columns = (ClientKey.client_id, ClientKey.version)
    named = tuple_(*columns).in_([(row.client_id, row.version) for row in rows])
    async with keys.reading() as connection:
        return {(row.client_id, row.version) for row in await connection.execute(select(*columns).where(named))}
