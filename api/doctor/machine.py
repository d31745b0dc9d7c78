"""Looks at what is on this machine: settings, key file, data folder, SQLite library, GraphiQL's files."""

import shutil
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from api.doctor.findings import Finding, Level, ok, problem, warning
from api.keys import open_keyring
from api.settings import Settings, SettingsError
from api.storage import is_embedded
from api.workbench.bundle import Bundle
from models import sqlite_driver
from models.keyring import Keyring

_SCARCE: Final = 2 * 1024**3
_TOO_LITTLE: Final = 200 * 1024**2
"""Bytes that are free: SQLite's log, a backup and a day's e-mails need some room."""
_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO
Looked = tuple[Keyring | None, list[Finding]]


def look_at_keys(settings: Settings) -> Looked:
    """Return the keys, where they can be used, and what was found. Nothing is made, not even a demo's keys."""
    path = settings.key_file or settings.data_dir / "demo-keys.json"
    if settings.is_demo and not path.exists():
        return None, [warning("key file", f"There is no key file at {path}.", "A demo makes it when it first starts.")]
    try:
        keyring = open_keyring(settings)
    except SettingsError as error:
        advice = "Bring the key file of this deployment back from its backup, or set EXTRA_SESSIONS_KEY_FILE to it."
        return None, [problem("key file", str(error), advice)]
    return keyring, [_key_file_itself(path, keyring)]


def look_at_settings(settings: Settings) -> Iterator[Finding]:
    try:
        settings.require("provider", "mail_from", "public_url")
    except SettingsError as error:
        yield problem("settings", str(error), "Set them where this process gets its environment.")
    else:
        yield ok("settings", f"The mode is {settings.mode}, and what e-mails need is set.")
    if settings.public_url:
        yield _public_url(settings)
    if settings.public_url.startswith("https:"):
        yield _proxy(settings)


def look_at_secrets(settings: Settings) -> Iterator[Finding]:
    """See who else may read the files that hold one secret each."""
    for path in (settings.oidc_client_secret_file, settings.smtp_password_file):
        if path is None:
            continue
        if path.is_file():
            yield _access("secret file", path, f"{path} is there.", f"chmod 600 {path}", Level.PROBLEM)
        else:
            yield problem("secret file", f"There is no file {path}.", "Put the secret there, and nothing else.")


def look_at_folder(settings: Settings) -> Iterator[Finding]:
    """See that the data folder can be written, by its owner alone, and that there is room."""
    folder = settings.data_dir.absolute()
    if not folder.is_dir():
        advice = "It is made by the first start; or set EXTRA_SESSIONS_DATA_DIR to where the data is."
        yield problem("data folder", f"There is no folder {folder}.", advice)
        return
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        advice = "Give the folder to the user that this runs as: chown, and chmod 700."
        yield problem("data folder", f"{folder} can't be written: {error.strerror}.", advice)
    else:
        yield _access("data folder", folder, f"{folder} can be written.", f"chmod 700 {folder}", Level.WARNING)
    yield judge_room(shutil.disk_usage(folder).free, folder)


def judge_room(free: int, folder: Path) -> Finding:
    found = f"{free / 1024**3:,.1f} GB are free where {folder} is."
    advice = "Make room, or move the data: on a full disk nothing is lost, and nothing can be written either."
    if free < _TOO_LITTLE:
        return problem("disk", found, advice)
    return warning("disk", found, advice) if free < _SCARCE else ok("disk", found)


def look_at_sqlite(settings: Settings) -> Iterator[Finding]:
    if is_embedded(settings):
        yield judge_sqlite(sqlite_driver.release())


def judge_sqlite(release: tuple[int, ...]) -> Finding:
    name = ".".join(map(str, release))
    if sqlite_driver.is_sound(release):
        return ok("SQLite", f"The library is {name}, which is sound.")
    return problem(
        "SQLite",
        f"The library is {name}, which can corrupt a database in WAL mode.",
        "Use a Python with SQLite 3.51.3 or newer (or 3.50.7, or 3.44.6), or a PostgreSQL database.",
    )


def look_at_graphiql(settings: Settings, bundle: Bundle) -> Iterator[Finding]:
    """See that it is built, where people sign in with a browser."""
    if bundle.entry() is not None:
        yield ok("GraphiQL", "It is built, and served at /graphiql.")
    elif settings.is_demo or settings.oidc_client_id:
        found = "It is not built: links in e-mails lead to a page that says so. All but /graphiql is served."
        advice = "Run `make workbench` in the project's folder, with a network; a restart is not needed."
        yield warning("GraphiQL", found, advice)


def _key_file_itself(path: Path, keyring: Keyring) -> Finding:
    masters = ", ".join(map(str, sorted(keyring.masters)))
    return _access("key file", path, f"{path} holds master keys {masters}.", f"chmod 600 {path}", Level.PROBLEM)


def _access(check: str, path: Path, found: str, advice: str, level: Level) -> Finding:
    """Judge who else on this machine may look."""
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & _OTHERS:
        return Finding(check, level, f"{path} is open to other users of this machine (mode {mode:04o}).", advice)
    return ok(check, f"{found[:-1]}, and is its owner's alone.")


def _proxy(settings: Settings) -> Finding:
    """No TLS is spoken here, so where people come by https a proxy stands before this server."""
    if settings.trusted_proxies:
        return ok("proxy", f"Who calls is what {settings.trusted_proxies} says.")
    found = "The proxy that ends TLS is not named: all seem to call from its address, and share what one may try."
    return warning("proxy", found, "Set EXTRA_SESSIONS_TRUSTED_PROXIES to its address, such as 127.0.0.1.")


def _public_url(settings: Settings) -> Finding:
    url = urlsplit(settings.public_url)
    if url.scheme == "https" and url.hostname:
        return ok("public URL", f"Links in e-mails begin with {settings.public_url}.")
    if settings.is_demo:
        return ok("public URL", f"Links in e-mails begin with {settings.public_url}: a demo's.")
    return problem(
        "public URL",
        f"Links in e-mails begin with {settings.public_url}: people would sign in over an open line.",
        "Serve behind a proxy with TLS, and set EXTRA_SESSIONS_PUBLIC_URL to its https address.",
    )
