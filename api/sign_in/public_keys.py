"""Which public keys may verify tokens: asymmetric, strong enough, and nobody's secret."""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple, Protocol

from cryptography.exceptions import UnsupportedAlgorithm
from joserfc.errors import JoseError
from joserfc.jwk import JWKRegistry, Key, KeySet, RSAKey

from api.settings import SettingsError

_KEY_KINDS: Final = frozenset({"OKP", "EC", "RSA"})
_CURVES: Final = frozenset({"Ed25519", "P-256"})
_SMALLEST_RSA: Final = 2048
_LARGEST_RSA: Final = 16_384
"""OpenSSL takes none beyond it, and one would cost long before that."""
_MOST_KEYS: Final = 100
_UNREADABLE: Final = (ValueError, KeyError, TypeError, AttributeError, JoseError, UnsupportedAlgorithm)


class Keys(Protocol):
    """Where a verifier has its keys from."""

    async def prepare(self, key_id: str | None, now: float) -> None:
        """Have what a token needs that names this key, as far as it can be had. Raises ProviderAway."""
        ...

    def current(self, now: float) -> KeySet:
        """Return the keys that are believed: the same object as long as they are the same. Raises ProviderAway."""
        ...


@dataclass(frozen=True, slots=True)
class FixedKeys:
    """Keys that stay as they are while the process runs."""

    keys: KeySet

    async def prepare(self, key_id: str | None, now: float) -> None:
        """They are there."""

    def current(self, now: float) -> KeySet:
        del now
        return self.keys


def read_key_file(path: Path) -> FixedKeys:
    """Read public keys. A private or shared one has no business here: whoever reads the file could sign."""
    try:
        keys = KeySet.import_key_set(json.loads(path.read_text()))
    except (OSError, *_UNREADABLE):
        raise SettingsError(f"{path} is not a readable JWK set of public keys.") from None
    for key in keys:
        if reason := _unsafe(key):
            raise SettingsError(f"{path} holds {reason}: keep to the issuer's public keys.")
    verifying = [key for key in keys if _verifies(key)]
    if not verifying:
        raise SettingsError(f"{path} holds no key that tokens can be verified by: Ed25519, P-256 or RSA.")
    return FixedKeys(KeySet(verifying))


class Usable(NamedTuple):
    keys: KeySet
    passed_over: Mapping[str, int]
    """How many keys can't be used, by the reason."""


def usable_keys(document: dict[str, Any]) -> Usable:
    """Return those keys of a JWK set that can verify tokens here. One that can't does not spoil the others."""
    found = document.get("keys")
    keys: list[Key] = []
    passed_over: Counter[str] = Counter()
    for each in found[:_MOST_KEYS] if isinstance(found, list) else []:
        try:
            keys.append(_imported(each))
        except _Unusable as reason:
            passed_over[str(reason)] += 1
    return Usable(KeySet(keys), passed_over)


class _Unusable(Exception):
    pass


def _imported(given: Any) -> Key:
    try:
        key = JWKRegistry.import_key(given)
        named = isinstance(key.kid, str | None)
    except _UNREADABLE:
        raise _Unusable("a key that can't be read") from None
    if not named:
        raise _Unusable("a key whose id is no text")
    if reason := _unsafe(key):
        raise _Unusable(reason)
    if not _verifies(key):
        raise _Unusable("a key of another kind or for another use")
    return key


def _verifies(key: Key) -> bool:
    """Whether one of our algorithms is for it."""
    fits = isinstance(key, RSAKey) or key.get("crv") in _CURVES
    return fits and key.get("use") in {None, "sig"}


def _unsafe(key: Key) -> str | None:
    if key.key_type not in _KEY_KINDS or key.is_private:
        return "a private or shared key"
    if isinstance(key, RSAKey) and not _SMALLEST_RSA <= key.raw_value.key_size <= _LARGEST_RSA:
        return f"an RSA key of fewer than {_SMALLEST_RSA} or more than {_LARGEST_RSA:,} bits"
    return None
