"""Who is asking: a bearer token becomes an account, and the account, as it is today, an actor."""

import hashlib
import json
import warnings
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, NamedTuple

from joserfc import jwt
from joserfc.errors import JoseError, SecurityWarning
from joserfc.jwk import Key, KeySet, OKPKey, RSAKey
from joserfc.jws import JWSRegistry

from api.credentials import Credentials
from api.errors import UNAUTHENTICATED, HttpRefusal
from api.settings import SIGN_IN, Settings, SettingsError
from models.actor import Actor
from models.clock import Clock
from models.keyring import Keyring
from models.machine_tokens import PREFIX
from models.secret_texts import digest_of

DEMO_ISSUER: Final = "urn:extra-sessions:demo"
DEMO_AUDIENCE: Final = "urn:extra-sessions:api"
_ALGORITHMS: Final = ("Ed25519", "EdDSA", "ES256", "RS256")
_REGISTRY: Final = JWSRegistry(algorithms=_ALGORITHMS, strict_check_header=False)
"""Issuers put headers of their own into tokens; what is marked as critical is still refused."""
_KEY_KINDS: Final = frozenset({"OKP", "EC", "RSA"})
_SMALLEST_RSA: Final = 2048
_SKEW: Final = 30
"""Seconds by which the issuer's clock may run ahead of ours. A token's end gets no such grace."""
_LONGEST_TOKEN: Final = 8_192
_LONGEST_SUBJECT: Final = 200
_REMEMBERED: Final = 4_096


@dataclass(frozen=True, slots=True)
class Issuer:
    """Whose tokens are believed, and for whom they must have been made."""

    name: str
    audience: str
    keys: KeySet


class Known(NamedTuple):
    """A token that is believed."""

    subject: str
    """Of a demo's own tokens an account's id, else a sign-in name."""
    until: float
    """The second of the epoch from which on it is refused."""
    issued_at: datetime | None
    """None where it does not say."""


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

    def account_of(self, token: str) -> str | None:
        """Return whom a token speaks for; None for one that is not believed, for whatever reason."""
        known = self.known(token)
        return known.subject if known else None

    def known(self, token: str) -> Known | None:
        """Return the same with what else the token says."""
        if len(token) > _LONGEST_TOKEN:
            return None
        digest = hashlib.sha256(token.encode("utf-8", "replace")).digest()
        known = self._verified.get(digest) or self._verify(token, digest)
        if known is None or known.until <= self._clock.now().timestamp():
            self._verified.pop(digest, None)
            return None
        self._verified.move_to_end(digest)
        return known

    def _verify(self, token: str, digest: bytes) -> Known | None:
        now = int(self._clock.now().timestamp())
        try:
            claims = _decode(token, self._keys)
            jwt.JWTClaimsRegistry(now=now, leeway=_SKEW, **self._expected).validate(claims)
            known = Known(claims["sub"], float(claims["exp"]), _moment(claims.get("iat")))
        except (JoseError, ValueError, OverflowError, OSError, UnicodeError):
            return None
        if len(known.subject) > _LONGEST_SUBJECT:
            return None
        self._verified[digest] = known
        if len(self._verified) > _REMEMBERED:
            self._verified.popitem(last=False)
        return known


FindActor = Callable[[str, datetime | None], Awaitable[Actor | None]]
"""By whom a signed token speaks for, and when it was issued."""
FindMachine = Callable[[bytes], Awaitable[Actor | None]]


@dataclass(frozen=True, slots=True)
class Admission:
    """Who was let in, and on what grounds: whoever stays is asked again whether those still hold."""

    actor: Actor
    until: float | None = None
    """The second of the epoch from which on a signed token is refused; a machine's own is looked up each time."""
    digest: bytes | None = None
    """Of a machine's token."""
    issued_at: datetime | None = None
    """When a signed token was issued; None where it does not say, and for whoever has none."""
    session_id: str | None = None
    """Of who is signed in with a browser; then ``until`` is when the session ends at the latest."""
    changed_secret: str | None = None
    """What the browser's cookie is to be from now on."""


FindSession = Callable[[str], Awaitable[Admission | None]]


async def _nobody(_: object) -> None:
    return None


class Authenticator:
    """Turns an ``Authorization`` header into an actor. The account is read each time: a disabled one ends at once.

    People and their sign-in provider are found by what a signed token says, machines by what their own one hashes to.
    """

    def __init__(
        self,
        verifier: TokenVerifier,
        find_actor: FindActor,
        find_machine: FindMachine = _nobody,
        find_session: FindSession = _nobody,
    ) -> None:
        self._verifier = verifier
        self._find_actor = find_actor
        self._find_machine = find_machine
        self._find_session = find_session

    async def admit(self, brought: Credentials) -> Admission:
        """Return the actor with the grounds.

        Raises the refusal of a missing or unbelieved token or cookie, or of an account that is gone: those look the
        same.
        """
        authorization, secret = brought
        if authorization is None and secret is not None:
            admission = await self._find_session(secret)
            if admission is None:
                raise _unauthenticated("You are no longer signed in. Sign in again.", ', error="invalid_token"')
            return admission
        if authorization is None:
            raise _unauthenticated("Sign in: send a bearer token in the Authorization header.", "")
        scheme, _, token = authorization.partition(" ")
        admission = await self._bearer(token.strip()) if scheme.lower() == "bearer" else None
        if admission is None:
            raise _unauthenticated("The token is not valid, or no longer. Sign in again.", ', error="invalid_token"')
        return admission

    async def _bearer(self, token: str) -> Admission | None:
        if token.startswith(PREFIX) and len(token) <= _LONGEST_TOKEN:
            digest = digest_of(token)
            machine = await self._find_machine(digest)
            return Admission(machine, digest=digest) if machine else None
        known = self._verifier.known(token)
        actor = await self._find_actor(known.subject, known.issued_at) if known else None
        return Admission(actor, until=known.until, issued_at=known.issued_at) if actor and known else None


def trusted_issuer(settings: Settings, keyring: Keyring) -> Issuer:
    """Return whom to believe: a demo its own key alone, production the issuer that it is set up for."""
    if settings.is_demo:
        return Issuer(DEMO_ISSUER, DEMO_AUDIENCE, KeySet([_public_half(_signing_key(keyring))]))
    settings.require(*SIGN_IN)
    return Issuer(settings.token_issuer, settings.token_audience, _read_key_set(Path(str(settings.token_jwks_file))))


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


def _decode(token: str, keys: KeySet) -> dict[str, Any]:
    with warnings.catch_warnings():
        # EdDSA is the older name of Ed25519; many issuers still write it.
        warnings.simplefilter("ignore", SecurityWarning)
        return jwt.decode(token, keys, registry=_REGISTRY).claims


def _moment(issued: float | None) -> datetime | None:
    return None if issued is None else datetime.fromtimestamp(issued, UTC)


def _unauthenticated(message: str, detail: str) -> HttpRefusal:
    challenge = f'Bearer realm="extra-sessions"{detail}'
    return HttpRefusal(401, message, code=UNAUTHENTICATED, www_authenticate=challenge)


def _signing_key(keyring: Keyring) -> OKPKey:
    if keyring.signing_key is None:
        raise SettingsError("Only a demo signs tokens itself; a deployment's come from its sign-in provider.")
    return OKPKey.import_key(keyring.signing_key)


def _public_half(key: OKPKey) -> OKPKey:
    return OKPKey.import_key(key.as_dict(private=False))


def _read_key_set(path: Path) -> KeySet:
    """Read public keys. A private or shared one has no business here: whoever reads the file could sign."""
    try:
        keys = KeySet.import_key_set(json.loads(path.read_text()))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, JoseError):
        raise SettingsError(f"{path} is not a readable JWK set of public keys.") from None
    for key in keys:
        _refuse_unsafe(key, path)
    return keys


def _refuse_unsafe(key: Key, path: Path) -> None:
    if key.key_type not in _KEY_KINDS or key.is_private:
        raise SettingsError(f"{path} holds a private or shared key: keep to the issuer's public keys.")
    if isinstance(key, RSAKey) and key.raw_value.key_size < _SMALLEST_RSA:
        raise SettingsError(f"{path} holds an RSA key of fewer than {_SMALLEST_RSA} bits.")
