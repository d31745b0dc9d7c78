"""Who is asking: a bearer token becomes an account, and the account, as it is today, an actor."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from joserfc import jwt
from joserfc.jwk import KeySet, OKPKey

from api.credentials import Credentials
from api.errors import SERVICE_UNAVAILABLE, UNAUTHENTICATED, HttpRefusal
from api.settings import SIGN_IN, Settings, SettingsError
from api.sign_in.issuer_keys import issuer_keys
from api.sign_in.provider_keys import AGAIN
from api.sign_in.provider_line import ProviderAway
from api.sign_in.public_keys import FixedKeys
from api.signed_tokens import LONGEST_TOKEN, Issuer, Known, TokenVerifier
from models.actor import Actor
from models.clock import Clock
from models.keyring import Keyring
from models.machine_tokens import PREFIX
from models.rules.vocabulary import Role
from models.secret_texts import digest_of

DEMO_ISSUER: Final = "urn:extra-sessions:demo"
DEMO_AUDIENCE: Final = "urn:extra-sessions:api"
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
        if token.startswith(PREFIX) and len(token) <= LONGEST_TOKEN:
            digest = digest_of(token)
            machine = await self._find_machine(digest)
            return Admission(machine, digest=digest) if machine else None
        known = await self._known(token)
        actor = await self._find_actor(known.name, known.issued_at) if known else None
        if known is None or actor is None or _is_mistaken(known, actor):
            return None
        return Admission(actor, until=known.until, issued_at=known.issued_at)

    async def _known(self, token: str) -> Known | None:
        try:
            return await self._verifier.verify(token)
        except ProviderAway:
            later = {"code": SERVICE_UNAVAILABLE, "retry_after": f"{AGAIN:.0f}"}
            raise HttpRefusal(503, "Nobody can be signed in: the sign-in provider does not answer.", **later) from None


def _is_mistaken(known: Known, actor: Actor) -> bool:
    """Whether a program only happens to be called as a person is, or has seen to it (RFC 9700, section 4.15)."""
    return known.is_programs and actor.role is not Role.INTEGRATOR


def trusted_issuer(settings: Settings, keyring: Keyring) -> Issuer:
    """Return whom to believe: a demo its own key alone, production the issuer that it is set up for."""
    if settings.is_demo:
        return Issuer(DEMO_ISSUER, DEMO_AUDIENCE, FixedKeys(KeySet([_public_half(_signing_key(keyring))])))
    settings.require(*SIGN_IN)
    keys, name_claim = issuer_keys(settings), settings.token_name_claim
    return Issuer(settings.token_issuer, settings.token_audience, keys, name_claim)


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


def _unauthenticated(message: str, detail: str) -> HttpRefusal:
    challenge = f'Bearer realm="extra-sessions"{detail}'
    return HttpRefusal(401, message, code=UNAUTHENTICATED, www_authenticate=challenge)


def _signing_key(keyring: Keyring) -> OKPKey:
    if keyring.signing_key is None:
        raise SettingsError("Only a demo signs tokens itself; a deployment's come from its sign-in provider.")
    return OKPKey.import_key(keyring.signing_key)


def _public_half(key: OKPKey) -> OKPKey:
    return OKPKey.import_key(key.as_dict(private=False))
