"""Who is asking: a bearer token becomes an account, and the account, as it is today, an actor."""

import base64
import hashlib
import warnings
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, NamedTuple

import orjson
from joserfc import jwt
from joserfc.errors import JoseError, SecurityWarning
from joserfc.jwk import KeySet, OKPKey
from joserfc.jws import JWSRegistry

from api.errors import SERVICE_UNAVAILABLE, UNAUTHENTICATED, HttpRefusal
from api.settings import SIGN_IN, Settings, SettingsError
from api.sign_in.issuer_keys import issuer_keys
from api.sign_in.provider_keys import AGAIN
from api.sign_in.provider_line import ProviderAway
from api.sign_in.public_keys import FixedKeys, Keys
from models import machine_tokens
from models.actor import Actor
from models.clock import Clock
from models.keyring import Keyring

DEMO_ISSUER: Final = "urn:extra-sessions:demo"
DEMO_AUDIENCE: Final = "urn:extra-sessions:api"
_ALGORITHMS: Final = ("Ed25519", "EdDSA", "ES256", "RS256")
_REGISTRY: Final = JWSRegistry(algorithms=_ALGORITHMS, strict_check_header=False)
"""Issuers put headers of their own into tokens; what is marked as critical is refused before."""
_TYPES: Final = frozenset({"jwt", "at+jwt", "application/at+jwt"})
"""What a token may call itself, if it does; the same issuer signs others that sign nobody in, such as a sign-out's."""
SKEW: Final = 30
"""Seconds by which the issuer's clock may run ahead of ours. A token's end gets no such grace."""
_LONGEST_TOKEN: Final = 8_192
LONGEST_SUBJECT: Final = 200
_REMEMBERED: Final = 4_096


@dataclass(frozen=True, slots=True)
class Issuer:
    """Whose tokens are believed, and for whom they must have been made."""

    name: str
    audience: str
    keys: Keys


class Known(NamedTuple):
    """What a token that is believed says."""

    subject: str
    """Of a demo's own tokens an account's id, else a sign-in name."""
    until: float
    """The second of the epoch from which on the token is refused."""
    issued_at: float | None
    """The second at which it was made, where it says so."""


class TokenVerifier:
    """Checks signature, issuer, audience and times. Remembers tokens by their hash, so that each is verified once."""

    def __init__(self, issuer: Issuer, clock: Clock) -> None:
        self._keys = issuer.keys
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
        if len(token) > _LONGEST_TOKEN or (header := header_of(token)) is None:
            return None
        await self._keys.prepare(header.get("kid"), self._clock.now().timestamp())
        return self.known(token)

    def known(self, token: str) -> Known | None:
        """Return the same by the keys that are there. Raises ProviderAway where there are none."""
        if len(token) > _LONGEST_TOKEN:
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
            known = Known(claims["sub"], float(claims["exp"]), _moment(claims.get("iat")))
        except (JoseError, ValueError, OverflowError, UnicodeError):
            return None
        return known if _may_call_itself(header.get("typ")) and len(known.subject) <= LONGEST_SUBJECT else None

    def _remember(self, digest: bytes, known: Known) -> None:
        self._verified[digest] = known
        self._verified.move_to_end(digest)
        if len(self._verified) > _REMEMBERED:
            self._verified.popitem(last=False)


FindActor = Callable[[str], Awaitable[Actor | None]]
FindMachine = Callable[[bytes], Awaitable[Actor | None]]


async def _no_machine(_digest: bytes) -> Actor | None:
    return None


@dataclass(frozen=True, slots=True)
class Admission:
    """Who was let in, and on what grounds: whoever stays is asked again whether those still hold."""

    actor: Actor
    until: float | None = None
    """The second of the epoch from which on a signed token is refused; a machine's own is looked up each time."""
    digest: bytes | None = None
    """Of a machine's token."""


class Authenticator:
    """Turns an ``Authorization`` header into an actor. The account is read each time: a disabled one ends at once.

    People and their sign-in provider are found by what a signed token says, machines by what their own one hashes to.
    """

    def __init__(self, verifier: TokenVerifier, find_actor: FindActor, find_machine: FindMachine = _no_machine) -> None:
        self._verifier = verifier
        self._find_actor = find_actor
        self._find_machine = find_machine

    async def __call__(self, authorization: str | None) -> Actor:
        """Raise the refusal of a missing or unbelieved token, or of an account that is gone: those look the same."""
        return (await self.admit(authorization)).actor

    async def admit(self, authorization: str | None) -> Admission:
        """Return the actor with the grounds; raise as above."""
        if authorization is None:
            raise _unauthenticated("Sign in: send a bearer token in the Authorization header.", "")
        scheme, _, token = authorization.partition(" ")
        admission = await self._bearer(token.strip()) if scheme.lower() == "bearer" else None
        if admission is None:
            raise _unauthenticated("The token is not valid, or no longer. Sign in again.", ', error="invalid_token"')
        return admission

    async def _bearer(self, token: str) -> Admission | None:
        if token.startswith(machine_tokens.PREFIX) and len(token) <= _LONGEST_TOKEN:
            digest = machine_tokens.digest_of(token)
            machine = await self._find_machine(digest)
            return Admission(machine, digest=digest) if machine else None
        known = await self._known(token)
        actor = await self._find_actor(known.subject) if known else None
        return Admission(actor, until=known.until) if actor and known else None

    async def _known(self, token: str) -> Known | None:
        try:
            return await self._verifier.verify(token)
        except ProviderAway:
            later = {"code": SERVICE_UNAVAILABLE, "retry_after": f"{AGAIN:.0f}"}
            raise HttpRefusal(503, "Nobody can be signed in: the sign-in provider does not answer.", **later) from None


def trusted_issuer(settings: Settings, keyring: Keyring) -> Issuer:
    """Return whom to believe: a demo its own key alone, production the issuer that it is set up for."""
    if settings.is_demo:
        return Issuer(DEMO_ISSUER, DEMO_AUDIENCE, FixedKeys(KeySet([_public_half(_signing_key(keyring))])))
    settings.require(*SIGN_IN)
    return Issuer(settings.token_issuer, settings.token_audience, issuer_keys(settings))


def sign_demo_token(keyring: Keyring, account_id: str, clock: Clock, lifetime: timedelta) -> str:
    """Return a bearer token for one demo account. Raises SettingsError for a keyring that is not a demo's."""
    key = _signing_key(keyring)
    now = int(clock.now().timestamp())
    claims = {
        "iss": DEMO_ISSUER,
        "aud": DEMO_AUDIENCE,
        "sub": account_id,
        "iat": now,
        "exp": now + int(lifetime.total_seconds()),
    }
    return jwt.encode({"alg": "Ed25519"}, claims, key, algorithms=["Ed25519"])


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


def _moment(claim: float | None) -> float | None:
    return None if claim is None else float(claim)


def _unauthenticated(message: str, detail: str) -> HttpRefusal:
    challenge = f'Bearer realm="extra-sessions"{detail}'
    return HttpRefusal(401, message, code=UNAUTHENTICATED, www_authenticate=challenge)


def _signing_key(keyring: Keyring) -> OKPKey:
    if keyring.signing_key is None:
        raise SettingsError("Only a demo signs tokens itself; a deployment's come from its sign-in provider.")
    return OKPKey.import_key(keyring.signing_key)


def _public_half(key: OKPKey) -> OKPKey:
    return OKPKey.import_key(key.as_dict(private=False))
