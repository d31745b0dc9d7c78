"""Looks at the database and its key store: whether they answer, fit this version and each other, and open."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Final

from sqlalchemy import make_url
from sqlalchemy.exc import DBAPIError

from api.doctor.findings import Finding, ok, problem, warning
from api.doctor.work import look_at_work
from api.settings import Settings
from api.storage import is_embedded
from models.clock import Clock
from models.database import Database
from models.keyring import Keyring
from models.migrations.run import newest_key_store_revision, newest_revision
from models.queries.checkups import server_clock, server_version, some_clients
from models.queries.vital_signs import key_store_found, key_store_wanted, revision_of
from models.sealing import SealBroken

_PATIENCE: Final = 10.0
"""Seconds that a database has to answer."""
_OLDEST_SERVER: Final = 15
_MAJOR: Final = 10_000
_APART: Final = timedelta(seconds=5)
_FAR_APART: Final = timedelta(minutes=1)
"""A lease allows for a minute or two between machines."""
_SAMPLE: Final = 500
_UNREACHABLE: Final = (DBAPIError, OSError, TimeoutError)


class Unwell(Exception):
    """Something without which there is no use in looking further."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.found)
        self.finding = finding


async def look_at_storage(settings: Settings, keyring: Keyring | None, clock: Clock) -> list[Finding]:
    """Look as far as one can. Nothing is written; without the keys, nothing is opened either."""
    findings: list[Finding] = []
    try:
        async for finding in _looked(settings, keyring, clock):
            findings.append(finding)  # noqa: PERF401 - what was found before the end of it is kept
    except Unwell as found:
        findings.append(found.finding)
    return findings


async def _looked(settings: Settings, keyring: Keyring | None, clock: Clock) -> AsyncIterator[Finding]:
    _see_the_file(settings)
    database = _opened(settings, keyring)
    try:
        for finding in await _the_server(database, settings, clock):
            yield finding
        yield await _the_schema(database)
        yield await _the_key_store(database)
        if keyring is not None:
            yield await _the_keys(database)
        for finding in await look_at_work(database, clock):
            yield finding
    finally:
        await database.close()


def _see_the_file(settings: Settings) -> None:
    """An embedded database is made by looking for it: so it must be there before."""
    file = Path(make_url(settings.database_url).database or "")
    if is_embedded(settings) and not file.is_file():
        advice = "`extra-sessions migrate` makes it, and so does a first start; or is EXTRA_SESSIONS_DATA_DIR wrong?"
        raise Unwell(problem("database", f"There is no database at {file}.", advice))


def _opened(settings: Settings, keyring: Keyring | None) -> Database:
    try:
        return Database.open(settings.database_url, keyring or Keyring.generate(), settings.key_store_url)
    except Exception as error:  # noqa: BLE001 - a file that is no database: two SQLite libraries, two kinds of error
        raise _unreachable("database", settings.database_url, error) from None


async def _the_server(database: Database, settings: Settings, clock: Clock) -> list[Finding]:
    where = _place(settings.database_url)
    try:
        async with asyncio.timeout(_PATIENCE), database.snapshot() as source:
            if database.dialect == "sqlite":
                await source.exec_driver_sql("SELECT 1 FROM sqlite_master")
                return [ok("database", f"{where} can be read."), ok("clock", "The database has this machine's clock.")]
            version, began = await server_version(source), clock.now()
            apart = abs(await server_clock(source) - began)
    except _UNREACHABLE as error:
        raise _unreachable("database", settings.database_url, error) from None
    return [judge_server(version, where), judge_clock(apart)]


def judge_server(version: int, where: str) -> Finding:
    major, minor = divmod(version, _MAJOR)
    found = f"PostgreSQL {major}.{minor} answers at {where}."
    if major < _OLDEST_SERVER:
        return problem("database", found, f"Upgrade it to PostgreSQL {_OLDEST_SERVER} or newer.")
    return ok("database", found)


def judge_clock(apart: timedelta) -> Finding:
    found = f"The database's clock and this machine's are {apart.total_seconds():,.1f} s apart."
    advice = "Let both machines follow the same time servers (chrony or systemd-timesyncd): jobs' leases go by clocks."
    if apart > _FAR_APART:
        return problem("clock", found, advice)
    return warning("clock", found, advice) if apart > _APART else ok("clock", found)


async def _the_schema(database: Database) -> Finding:
    newest = newest_revision()
    try:
        async with database.snapshot() as source:
            revision = await revision_of(source)
    except DBAPIError:
        revision = None
    return _compared("schema", "The database", revision, newest)


async def _the_key_store(database: Database) -> Finding:
    try:
        async with asyncio.timeout(_PATIENCE), database.keys.reading() as store:
            revision, found = await revision_of(store), await key_store_found(store)
    except _UNREACHABLE as error:
        advice = "It must be reachable, and migrated: is EXTRA_SESSIONS_KEY_STORE_URL right? `extra-sessions migrate`."
        raise Unwell(problem("key store", f"It can't be read ({_kind(error)}).", advice)) from None
    _compared("key store", "The key store", revision, newest_key_store_revision())
    async with database.snapshot() as source:
        wanted = await key_store_wanted(source)
    if found != wanted:
        advice = (
            "Set EXTRA_SESSIONS_KEY_STORE_URL to this database's own, or bring that back with "
            "`extra-sessions keys restore`."
        )
        raise Unwell(problem("key store", "It is another database's: what is sealed here does not open.", advice))
    return ok("key store", f"It is this database's own, with schema {revision}.")


async def _the_keys(database: Database) -> Finding:
    """Open the keys of those clients who came last."""
    async with database.snapshot() as source:
        clients = await some_clients(source, most=_SAMPLE)
    try:
        keys = await database.keys.opened(clients)
    except SealBroken:
        advice = "Is this the deployment's own key file, with every master key? `extra-sessions keys check` tries all."
        return problem("sealed data", "Clients' keys do not open with this key file.", advice)
    missing = sum(client not in keys for client in clients)
    if missing:
        advice = "Bring the keys back with `extra-sessions keys restore` from the newest key backup."
        return problem("sealed data", f"{missing:,} of {len(clients):,} clients have no key in the key store.", advice)
    return ok("sealed data", f"The keys of the {len(clients):,} newest clients open.")


def _compared(check: str, what: str, revision: str | None, newest: str) -> Finding:
    if revision is None or revision < newest:
        found = f"{what} has schema {revision}; this version needs {newest}." if revision else f"{what} has no tables."
        raise Unwell(problem(check, found, "Run `extra-sessions migrate`."))
    if revision > newest:
        found = f"{what} has schema {revision}; this version knows {newest} at most."
        raise Unwell(problem(check, found, "Run the newer version here too: a newer one has migrated it."))
    return ok(check, f"{what} has schema {revision}, which this version needs.")


def _unreachable(check: str, url: str, error: BaseException) -> Unwell:
    advice = "Is it up, is its URL right, and may this user read it? The server's own log says more."
    return Unwell(problem(check, f"{_place(url)} can't be used ({_kind(error)}).", advice))


def _kind(error: BaseException) -> str:
    """Name what a driver raised; its text can show a password."""
    return type(error.orig if isinstance(error, DBAPIError) else error).__name__


def _place(url: str) -> str:
    """Say where a database is, without who signs in, how, or with what options."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        return parsed.database or ""
    return f"{parsed.host or 'a local socket'}/{parsed.database}"
