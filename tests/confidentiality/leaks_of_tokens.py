"""Seeded leaks of ids, references and cursors: drawn in order, telling, lasting, or good for too much."""

import base64
import hashlib
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

from models.sealing import SealBroken, Vault
from tests.confidentiality.swapping import leak, swapped

TOKENS = "ids, references and cursors"


@leak(TOKENS, "token order", "token prefix")
@contextmanager
def ids_in_the_order_of_their_making() -> Iterator[None]:
    numbers, draw = count(1), secrets.token_urlsafe
    with swapped(secrets, "token_urlsafe", lambda size: f"{next(numbers):06d}{draw(size)[6:]}"):
        yield


@leak(TOKENS, "token order", "token prefix")
@contextmanager
def references_that_count() -> Iterator[None]:
    digits = count(0)

    def next_letter(letters: Any) -> Any:
        number, place = divmod(next(digits), 8)
        return letters[number // 32 ** (7 - place) % 32]

    with swapped(secrets, "choice", next_letter):
        yield


@leak(TOKENS, "token prefix")
@contextmanager
def numbers_of_requests_that_count() -> Iterator[None]:
    numbers = count(1)
    with swapped(secrets, "token_hex", lambda size: f"{next(numbers):0{2 * size}x}"):
        yield


@leak(TOKENS, "token content")
@contextmanager
def cursors_that_can_be_read() -> Iterator[None]:
    def seal(_: Vault, scope: str, content: bytes, **_steady: bool) -> str:
        return _text(hashlib.sha256(scope.encode()).digest()[:8] + content)

    def read(_: Vault, scope: str, token: str) -> bytes:
        opened = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
        if opened[:8] != hashlib.sha256(scope.encode()).digest()[:8]:
            raise SealBroken
        return opened[8:]

    with swapped(Vault, "seal_cursor", seal), swapped(Vault, "open_cursor", read):
        yield


@leak(TOKENS, "forged cursor")
@contextmanager
def cursors_that_can_be_altered() -> Iterator[None]:
    """The first half is never looked at, as if it were not part of what is signed."""
    sound, whole = Vault.seal_cursor, dict[str, str]()
    open_sound = Vault.open_cursor

    def seal(vault: Vault, scope: str, content: bytes, **steady: bool) -> str:
        token = sound(vault, scope, content, **steady)
        whole[token[30:]] = token
        return token

    def read(vault: Vault, scope: str, token: str) -> bytes:
        return open_sound(vault, scope, whole.get(token[30:], token))

    with swapped(Vault, "seal_cursor", seal), swapped(Vault, "open_cursor", read):
        yield


@leak(TOKENS, "linkable cursor")
@contextmanager
def cursors_that_are_the_same_each_time() -> Iterator[None]:
    sound, known = Vault.seal_cursor, dict[tuple[str, bytes], str]()

    def seal(vault: Vault, scope: str, content: bytes, **steady: bool) -> str:
        return known.setdefault((scope, content), sound(vault, scope, content, **steady))

    with swapped(Vault, "seal_cursor", seal):
        yield


@leak("payload sizes", "token length")
@contextmanager
def cursors_as_long_as_what_they_hold() -> Iterator[None]:
    """Something of another length in each world goes into them, as a name would."""
    sound, open_sound = Vault.seal_cursor, Vault.open_cursor

    def seal(vault: Vault, scope: str, content: bytes, **steady: bool) -> str:
        return sound(vault, scope, content, **steady) + "A" * _more(scope)

    def read(vault: Vault, scope: str, token: str) -> bytes:
        return open_sound(vault, scope, token[: len(token) - _more(scope)])

    with swapped(Vault, "seal_cursor", seal), swapped(Vault, "open_cursor", read):
        yield


@leak(TOKENS, "shared token")
@contextmanager
def numbers_of_requests_made_from_the_hour() -> Iterator[None]:
    """The same again in every run: whoever knows one knows all."""
    numbers = count(1)

    def number(size: int) -> str:
        return hashlib.sha256(str(next(numbers) % 10).encode()).hexdigest()[: 2 * size]

    with swapped(secrets, "token_hex", number):
        yield


def _more(scope: str) -> int:
    return hashlib.sha256(scope.encode()).digest()[0] % 32


def _text(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")
