"""Seals what identifies a client or is clinical: one value a row and sensitivity class, under the client's own key.

Every sealed value is bound to its table, class, row and key version, so that it opens in no other place.
"""

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from typing import Any

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from models.keyring import Keyring

_NONCE_BYTES = 12
_CURSOR_BYTES = 128
"""More than any order's keys take, so that a cursor's length tells nothing of what it holds."""


class SealBroken(Exception):
    """A sealed value does not open where it stands: it was moved, altered, or sealed under another key."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a sealed value stands; it opens nowhere else."""

    table: str
    sensitivity: str
    row: str


@dataclass(frozen=True, slots=True, repr=False)
class ClientKeyRow:
    """A client's wrapped data key as the key store holds it."""

    client_id: str
    version: int
    master_version: int
    wrapped: bytes


@dataclass(frozen=True, slots=True, repr=False)
class OpenKey:
    """A client's data key, unwrapped: it stays in memory and is never written."""

    version: int
    cipher: AESGCM


class Vault:
    """Makes and opens client keys, seals and unseals documents, computes blind indexes. Safe to share between tasks."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring
        self._masters = {version: AESGCM(key) for version, key in keyring.masters.items()}
        self.newest_master = keyring.newest_master
        self._index_key = keyring.derived("blind-index")
        self._digest_key = keyring.derived("input-digest")
        self._cursor = AESGCM(keyring.derived("cursor"))
        self._nonce_key = keyring.derived("cursor-nonce")
        self._secrets = AESGCM(keyring.derived("deployment-secret"))
        self._tickets = AESGCM(keyring.derived("ticket"))

    def new_client_key(self, client_id: str, *, version: int = 1) -> ClientKeyRow:
        """Make a data key for one client, wrapped by the newest master key."""
        return self._wrapped(client_id, version, AESGCM.generate_key(256))

    def rewrapped(self, row: ClientKeyRow) -> ClientKeyRow:
        """Wrap the same data key by the newest master key. Raises SealBroken where it does not open."""
        return self._wrapped(row.client_id, row.version, self._unwrapped(row))

    def open_key(self, row: ClientKeyRow) -> OpenKey:
        """Unwrap a client's key. Raises SealBroken where no master key of this deployment opens it."""
        return OpenKey(row.version, AESGCM(self._unwrapped(row)))

    def seal(self, key: OpenKey, place: Place, document: dict[str, Any]) -> bytes:
        return _encrypt(key.cipher, orjson.dumps(document), _bound(place, key.version))

    def unseal(self, key: OpenKey, place: Place, sealed: bytes) -> dict[str, Any]:
        """Open a document. Raises SealBroken, which names the place's table and never the row or the content."""
        try:
            document: dict[str, Any] = orjson.loads(_decrypt(key.cipher, sealed, _bound(place, key.version)))
        except InvalidTag:
            msg = f"a sealed value of {place.table} does not open"
            raise SealBroken(msg) from None
        return document

    def blind_index(self, kind: str, normalised: str) -> bytes:
        """Return what equal values share and nothing else tells: a keyed hash, truncated to 16 bytes."""
        return hmac.digest(self._index_key, f"{kind}|{normalised}".encode(), hashlib.sha256)[:16]

    def digest(self, content: bytes) -> bytes:
        """Return a keyed hash of an input, for comparing without keeping it."""
        return hmac.digest(self._digest_key, content, hashlib.sha256)

    def seal_cursor(self, scope: str, content: bytes, *, steady: bool = False) -> str:
        """Return an opaque, unforgeable token that opens for ``scope`` alone; two of one content differ.

        Those that are ``steady`` are the same each time, for what must be sent again to the byte. All are of one
        length; ``content`` comes back with spaces behind it.
        """
        padded, bound = content + b" " * (-len(content) % _CURSOR_BYTES), scope.encode()
        # A nonce that is made of what it goes with returns with that alone.
        nonce = hmac.digest(self._nonce_key, bound + b"|" + padded, hashlib.sha256)[:_NONCE_BYTES] if steady else None
        return _url_text(_encrypt(self._cursor, padded, bound, nonce))

    def open_cursor(self, scope: str, token: str) -> bytes:
        """Open a token. Raises SealBroken for one that is malformed, forged or of another scope."""
        try:
            return _decrypt(self._cursor, _url_bytes(token), scope.encode())
        except (InvalidTag, ValueError):
            msg = "a cursor does not open"
            raise SealBroken(msg) from None

    def seal_ticket(self, purpose: str, content: bytes) -> str:
        """Return what a browser keeps for us for a while: it opens for this purpose alone, and nobody can make one."""
        return _url_text(_encrypt(self._tickets, content, purpose.encode()))

    def open_ticket(self, purpose: str, text: str) -> bytes:
        """Open it. Raises SealBroken for one that is malformed, forged or made for another purpose."""
        try:
            return _decrypt(self._tickets, _url_bytes(text), purpose.encode())
        except (InvalidTag, ValueError):
            msg = "a ticket does not open"
            raise SealBroken(msg) from None

    def seal_secret(self, table: str, row: str, document: dict[str, Any]) -> bytes:
        """Seal what is the deployment's own and no client's, such as a webhook's secret; it opens in this row alone."""
        return _encrypt(self._secrets, orjson.dumps(document), _bound_secret(table, row))

    def open_secret(self, table: str, row: str, sealed: bytes) -> dict[str, Any]:
        """Open it. Raises SealBroken, which names the table and never the row or the content."""
        try:
            document: dict[str, Any] = orjson.loads(_decrypt(self._secrets, sealed, _bound_secret(table, row)))
        except InvalidTag:
            msg = f"a secret of {table} does not open"
            raise SealBroken(msg) from None
        return document

    def _wrapped(self, client_id: str, version: int, key: bytes) -> ClientKeyRow:
        newest = self.newest_master
        return ClientKeyRow(
            client_id, version, newest, _encrypt(self._masters[newest], key, _owner(client_id, version))
        )

    def _unwrapped(self, row: ClientKeyRow) -> bytes:
        if row.master_version not in self._masters:
            self._learn_masters()
        try:
            return _decrypt(self._masters[row.master_version], row.wrapped, _owner(row.client_id, row.version))
        except (InvalidTag, KeyError):
            msg = "a client's key does not open under this deployment's master keys"
            raise SealBroken(msg) from None

    def _learn_masters(self) -> None:
        """Read the key file again: while this process ran, another may have added a master key to it."""
        self._masters |= {version: AESGCM(key) for version, key in self._keyring.reread().masters.items()}


def _owner(client_id: str, version: int) -> bytes:
    return f"client_key|{client_id}|{version}".encode()


def _bound(place: Place, version: int) -> bytes:
    return f"{place.table}|{place.sensitivity}|{place.row}|{version}".encode()


def _bound_secret(table: str, row: str) -> bytes:
    return f"secret|{table}|{row}".encode()


def _encrypt(key: AESGCM, content: bytes, bound: bytes, nonce: bytes | None = None) -> bytes:
    nonce = nonce or secrets.token_bytes(_NONCE_BYTES)
    return nonce + key.encrypt(nonce, content, bound)


def _decrypt(key: AESGCM, sealed: bytes, bound: bytes) -> bytes:
    return key.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], bound)


def _url_text(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def _url_bytes(text: str) -> bytes:
    content = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    if _url_text(content) != text:  # more than one text can stand for the same bytes
        raise ValueError
    return content
