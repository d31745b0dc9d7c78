"""What an ID token must say before anybody is signed in by it: OpenID Connect Core 1.0, section 3.1.3.7."""

import base64
import hashlib
import hmac
from typing import Any, Final, NamedTuple

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from api.signed_tokens import SKEW, decode, name_in

_HASHES: Final = {"ES256": hashlib.sha256, "RS256": hashlib.sha256}
"""By which an algorithm's ``at_hash`` is made; Ed25519's own is SHA-512."""


class Expected(NamedTuple):
    issuer: str
    client_id: str
    nonce: str
    access_token: object
    """What came with the ID token."""
    name_claim: str = "sub"


class IdTokenRefused(Exception):
    """The text says which check it did not pass, for a log: it is ours, and quotes nothing."""


def signed_in_by(token: str, keys: KeySet, expected: Expected, now: int) -> str:
    """Return the sign-in name of whom the provider has signed in. Raises IdTokenRefused."""
    try:
        header, claims = decode(token, keys)
        jwt.JWTClaimsRegistry(now=now, leeway=SKEW, **_essential(expected)).validate(claims)
        ends, name = float(claims["exp"]), _name(claims, expected.name_claim)
    except (JoseError, ValueError, OverflowError, UnicodeError) as error:
        raise IdTokenRefused(type(error).__name__) from None
    checks = {
        "typ": header.get("typ") is None or str(header["typ"]).lower() == "jwt",
        "exp": ends > now,
        "nonce": _same(claims["nonce"], expected.nonce),
        "azp": _is_for(claims, expected.client_id),
        "at_hash": _goes_with(claims.get("at_hash"), expected.access_token, header["alg"]),
    }
    for check, passed in checks.items():
        if not passed:
            raise IdTokenRefused(check)
    return name


def _name(claims: dict[str, Any], name_claim: str) -> str:
    try:
        return name_in(claims, name_claim)
    except ValueError:
        raise IdTokenRefused("no name that can be believed") from None


def _essential(expected: Expected) -> dict[str, jwt.ClaimsOption]:
    return {
        "iss": {"essential": True, "value": expected.issuer},
        "aud": {"essential": True, "value": expected.client_id},
        "sub": {"essential": True},
        "exp": {"essential": True},
        "iat": {"essential": True},
        "nonce": {"essential": True},
    }


def _is_for(claims: dict[str, Any], client_id: str) -> bool:
    """Whether it was made for us: where others may use it too, it must name us as the one it was given to."""
    others = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
    given_to = claims.get("azp")
    return given_to == client_id or (given_to is None and not others)


def _goes_with(at_hash: object, access_token: object, algorithm: str) -> bool:
    if at_hash is None:
        return True
    if not isinstance(access_token, str):
        return False
    digest = _HASHES.get(algorithm, hashlib.sha512)(access_token.encode("utf-8", "replace")).digest()
    return _same(at_hash, base64.urlsafe_b64encode(digest[: len(digest) // 2]).decode().rstrip("="))


def _same(found: object, expected: str) -> bool:
    return isinstance(found, str) and hmac.compare_digest(found.encode("utf-8", "replace"), expected.encode())
