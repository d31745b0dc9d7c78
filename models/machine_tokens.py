"""The bearer tokens of machine accounts: random text that says nothing, and is kept as a hash alone."""

import hashlib
import secrets
from typing import Final

PREFIX: Final = "xs1_"
"""Tells one from a signed token, and a scanner for leaked secrets what it has found."""


def new_token() -> str:
    """Return a token with 256 random bits."""
    return PREFIX + secrets.token_urlsafe(32)


def digest_of(token: str) -> bytes:
    """Return what is stored of a token. A plain hash is enough: there is no dictionary of random texts to try."""
    return hashlib.sha256(token.encode("utf-8", "replace")).digest()
