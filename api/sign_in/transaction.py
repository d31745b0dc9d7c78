"""One attempt to sign in, between leaving for the provider and coming back: sealed, and kept by the browser alone."""

import secrets
from typing import Final, NamedTuple

import orjson

from models.sealing import SealBroken, Vault

LIFETIME: Final = 600
"""Seconds that somebody has for signing in at the provider."""
_PURPOSE: Final = "browser-sign-in"


class Transaction(NamedTuple):
    state: str
    """Comes back with the browser: whoever is led here by somebody else's link brings another one."""
    nonce: str
    """Comes back inside the ID token: one that was made for another attempt is of no use."""
    verifier: str
    """Proves to the provider that who exchanges the code is who asked for it (PKCE)."""
    next: str
    until: float


def begin(next_page: str, now: float) -> Transaction:
    """Make one; each of its secrets has 256 random bits."""
    state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
    return Transaction(state, nonce, verifier, next_page, now + LIFETIME)


def sealed(vault: Vault, transaction: Transaction) -> str:
    return vault.seal_ticket(_PURPOSE, orjson.dumps(list(transaction)))


def opened(vault: Vault, text: str, now: float) -> Transaction | None:
    """Open it; None for one that is forged, altered or too old."""
    try:
        transaction = Transaction(*orjson.loads(vault.open_ticket(_PURPOSE, text)))
    except SealBroken:
        return None
    return transaction if now < transaction.until else None
