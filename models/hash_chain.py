"""How rows are chained, so that none can be changed, taken out or put in between without all after it showing it."""

import hashlib

GENESIS = bytes(32)
"""The hash before the first row."""


def chained(previous: bytes, seq: int, entry: str) -> bytes:
    """Return the hash of one row: over the hash before it, its number in 8 bytes, and its text."""
    return hashlib.sha256(previous + seq.to_bytes(8, "big") + entry.encode()).digest()
