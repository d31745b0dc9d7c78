"""Verifies signed tokens: whose they are, for whom they were made, and for how long."""

import base64
import hashlib
import warnings
from collections import OrderedDict
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

import orjson
from joserfc import jwt
from joserfc.errors import JoseError, SecurityWarning
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry

from api.sign_in.public_keys import Keys
from models.clock import Clock

_ALGORITHMS: Final = ("Ed25519", "EdDSA", "ES256", "RS256")
_REGISTRY: Final = JWSRegistry(algorithms=_ALGORITHMS, strict_check_header=False)
"""Issuers put headers of their own into tokens; what is marked as critical is refused before."""
_TYPES: Final = frozenset({"jwt", "at+jwt", "application/at+jwt"})
"""What a token may call itself, if it does; the same issuer signs others that sign nobody in, such as a sign-out's."""
SKEW: Final = 30
"""Seconds by which the issuer's clock may run ahead of ours. A token's end gets no such grace."""
LONGEST_TOKEN: Final = 8_192
_LONGEST_NAME: Final = 200
_REMEMBERED: Final = 4_096


@dataclass(frozen=True, slots=True)
class Issuer:
    """Whose tokens are believed, and for whom they must have been made."""

    name: str
    audience: str
    keys: Keys
    name_claim: str = "sub"
    """Which claim of its tokens says whom they speak for."""


class Known(NamedTuple):
    """What a token that is believed says."""

    name: str
    """Of a demo's own tokens an account's id, else a sign-in name."""
    until: float
    """The second of the epoch from which on the token is refused."""
    issued_at: datetime | None
    """When it was made, to the second; None where it does not say."""
    is_programs: bool = False
    """Whether it was given to a program in its own name, for whom the provider knows no person."""


class TokenVerifier:
    """Checks signature, issuer, audience and times. Remembers tokens by their hash, so that each is verified once."""

    def __init__(self, issuer: Issuer, clock: Clock) -> None:
        self._keys = issuer.keys
        self._name_claim = issuer.name_claim
        self._clock = clock
        self._expected: dict[str, jwt.ClaimsOption] = {
            "iss": {"essential": True, "value": issuer.name},
            "aud": {"essential": True, "value": issuer.audience},
            "sub": {"essential": True},
            "exp": {"essential": True},
        }
        self._verified: OrderedDict[bytes, Known] = OrderedDict()
        self._verified_by: KeySet | None = None

    async def verify(self, token: str) -> Known | None:
        """Return what a token says that is believed, and None for any other, for whatever reason.

        Waits for the sign-in provider only where a token names a key that is not known. Raises ProviderAway where
        nobody can say whether it is to be believed.
        """
        if len(token) > LONGEST_TOKEN or (header := header_of(token)) is None:
            return None
        await self._keys.prepare(header.get("kid"), self._clock.now().timestamp())
        return self.known(token)

    def known(self, token: str) -> Known | None:
        """Return the same by the keys that are there. Raises ProviderAway where there are none."""
        if len(token) > LONGEST_TOKEN:
            return None
        now = self._clock.now().timestamp()
        keys = self._keys.current(now)
        if keys is not self._verified_by:  # what another key has signed may be worth nothing any more
            self._verified.clear()
            self._verified_by = keys
        digest = hashlib.sha256(token.encode("utf-8", "replace")).digest()
        known = self._verified.get(digest) or self._verify(token, keys, int(now))
        if known is None or known.until <= now:
            self._verified.pop(digest, None)
            return None
        self._remember(digest, known)
        return known

    def _verify(self, token: str, keys: KeySet, now: int) -> Known | None:
        try:
            header, claims = decode(token, keys)
            jwt.JWTClaimsRegistry(now=now, leeway=SKEW, **self._expected).validate(claims)
            name = name_in(claims, self._name_claim)
            known = Known(name, float(claims["exp"]), _moment(claims.get("iat")), _is_programs(claims, name))
        except (JoseError, ValueError, OverflowError, OSError, UnicodeError):
            return None
        return known if _may_call_itself(header.get("typ")) else None

    def _remember(self, digest: bytes, known: Known) -> None:
        self._verified[digest] = known
        self._verified.move_to_end(digest)
        if len(self._verified) > _REMEMBERED:
            self._verified.popitem(last=False)


def decode(token: str, keys: KeySet) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return a signed token's header and claims, of which nothing but the signature is checked.

    Raises JoseError or ValueError for one that no key of these has signed.
    """
    if header_of(token) is None:
        raise ValueError
    with warnings.catch_warnings():
        # EdDSA is the older name of Ed25519; many issuers still write it.
        warnings.simplefilter("ignore", SecurityWarning)
        read = jwt.decode(token, keys, registry=_REGISTRY)
        return read.header, read.claims


def name_in(claims: dict[str, Any], name_claim: str) -> str:
    """Return the sign-in name that checked claims bear. Raises ValueError where there is none that can be believed."""
    name = claims.get(name_claim)
    if not isinstance(name, str) or not 0 < len(name) <= _LONGEST_NAME:
        raise ValueError
    if name_claim == "email" and claims.get("email_verified") is not True:  # else whoever types it in has it
        raise ValueError
    return name


def header_of(token: str) -> dict[str, Any] | None:
    """Return what a token says of itself, before anything is checked; None for what can't be one of ours.

    Nothing that is marked as critical is understood here.
    """
    first = token.partition(".")[0]
    try:
        header = orjson.loads(base64.urlsafe_b64decode(first + "=" * (-len(first) % 4)))
    except ValueError:
        return None
    plausible = isinstance(header, dict) and header.get("alg") in _ALGORITHMS and "crit" not in header
    return header if plausible and isinstance(header.get("kid"), str | None) else None


def _may_call_itself(kind: object) -> bool:
    return kind is None or (isinstance(kind, str) and kind.lower() in _TYPES)


def _is_programs(claims: dict[str, Any], name: str) -> bool:
    """Whether it is about the client that it was given to (RFC 9068, section 2.2)."""
    given_to = [claims.get("client_id"), claims.get("azp")]
    return claims["sub"] in given_to or name in given_to


def _moment(issued: float | None) -> datetime | None:
    return None if issued is None else datetime.fromtimestamp(issued, UTC)
