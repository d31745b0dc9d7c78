"""Random texts that open something: they say nothing, and only what they hash to is kept."""

import hashlib
import secrets


def new_secret() -> str:
    """Return a text with 256 random bits."""
    return secrets.token_urlsafe(32)


def digest_of(secret: str) -> bytes:
    """Return what is stored of it. A plain hash is enough: there is no dictionary of random texts to try."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).digest()
