"""Keeps a demo from a deployment's own database, and a deployment from a demo's: each is marked as what it is."""

from typing import Final

from sqlalchemy import select, update

from models.key_store import SELECT_KEYS
from models.keyring import Keyring
from models.migrations.run import connected
from models.sealing import ClientKeyRow, SealBroken, Vault
from models.tables import Deployment

_MARK: Final = select(Deployment.is_demo)


class WrongMode(Exception):
    """The database is a demo's, and this process none, or the other way round; the text is for the operator."""


def claim(url: str, key_store_url: str, keyring: Keyring) -> None:
    """Mark a new database as a demo's or not, by the keys at hand; see that another one is marked so.

    One from before there were marks is taken where these keys open its clients', or it has none. Raises WrongMode.
    """
    if _marked(url, keyring) is None:
        if not _opens(key_store_url, keyring):
            raise WrongMode("The key file does not open this database's client keys: they are another deployment's.")
        with connected(url) as database:
            database.execute(update(Deployment).values(is_demo=keyring.demo))
            database.commit()


def refuse_other_mode(url: str, keyring: Keyring) -> None:
    """Raise WrongMode for a database that is marked as the other kind's; nothing is written."""
    _marked(url, keyring)


def _marked(url: str, keyring: Keyring) -> bool | None:
    with connected(url) as database:
        marked: bool | None = database.execute(_MARK).scalar()
    if marked is not None and marked is not keyring.demo:
        if marked:
            raise WrongMode("This database is a demo's, with made-up people: a deployment needs one of its own.")
        raise WrongMode("This database is a deployment's own: a demo must not touch it. Give it another data folder.")
    return marked


def _opens(key_store_url: str, keyring: Keyring) -> bool:
    with connected(key_store_url) as store:
        row = store.execute(SELECT_KEYS.limit(1)).one_or_none()
    try:
        return row is None or bool(Vault(keyring).open_key(ClientKeyRow(*row)))
    except SealBroken:
        return False
