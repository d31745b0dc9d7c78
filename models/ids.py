"""Random identifiers: they tell nobody when, in what order or about whom a thing was made."""

import re
import secrets

_REFERENCE_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base 32: no letter is mistaken for a digit
_SHAPE = re.compile(r"([a-z]+)_[A-Za-z0-9_-]{22}")


def new_id(prefix: str) -> str:
    """Return ``prefix`` and 128 random bits, such as ``req_8c1rPq...``.

    Prefixes in use: org agr prac con acc cli case apt req det que due task mail job tok hook ses.
    """
    return f"{prefix}_{secrets.token_urlsafe(16)}"


def new_reference() -> str:
    """Return what an organisation knows a request by, ``R-7KQ2M9XD``; 40 random bits, so a caller retries a clash."""
    return "R-" + "".join(secrets.choice(_REFERENCE_ALPHABET) for _ in range(8))


def prefix_of(identifier: str) -> str | None:
    """Return the kind that a well-formed id names, or None for text that can't be an id."""
    match = _SHAPE.fullmatch(identifier)
    return match[1] if match else None
