"""Signs people in by the sign-in provider: OpenID Connect, the authorization code flow with PKCE.

What the provider says of anybody beyond the one claim that accounts are found by is not believed, nor kept.
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from typing import Any, Final, NamedTuple
from urllib.parse import quote_plus, urlencode

import structlog

from api.sign_in import transaction as attempts
from api.sign_in.client import Client
from api.sign_in.discovery import Discovery, Published
from api.sign_in.id_token import Expected, IdTokenRefused, signed_in_by
from api.sign_in.next_page import local_path
from api.sign_in.provider_line import ProviderAway, ProviderLine
from api.sign_in.public_keys import Keys
from api.sign_in.transaction import Transaction
from api.signed_tokens import header_of
from models.clock import Clock
from models.sealing import Vault

_MOST_PARAMETER: Final = 4_096
_OK: Final = 200

_log = structlog.get_logger()


class SignInFailed(Exception):
    """Nobody was signed in. The text is for the person: what happened and what to do, nothing that helps to guess."""

    def __init__(self, text: str, status: int = 400, *, retry_after: int | None = None) -> None:
        super().__init__(text)
        self.status = status
        self.retry_after = retry_after
        self.next = ""
        """Where the person wanted to go, where that is known: the next attempt leads there too."""


class Begun(NamedTuple):
    url: str
    """Where the browser goes now."""
    transaction: str
    """What it must bring back with it."""
    attempt: str
    """Tells the attempts of one browser apart; the state that comes back begins with it."""


class Finished(NamedTuple):
    name: str
    """The sign-in name, as the provider says it."""
    next: str


class SignInProvider:
    """Keeps nothing of anybody between the two: an attempt is in the browser, and a process is as good as another."""

    def __init__(
        self, client: Client, keys: Keys, vault: Vault, clock: Clock, line: ProviderLine | None = None
    ) -> None:
        self._client = client
        self._keys = keys
        self._vault = vault
        self._clock = clock
        self._line = line or ProviderLine()
        self._discovery = Discovery(client.issuer, self._line)

    async def begin(self, next_page: str) -> Begun:
        """Make an attempt. Raises SignInFailed where the provider can't be found."""
        published = await self._addresses()
        attempt = attempts.begin(local_path(next_page), self._now())
        asked = {
            "response_type": "code",
            "client_id": self._client.client_id,
            "redirect_uri": self._client.redirect_uri,
            "scope": self._client.scope,
            "state": attempt.state,
            "nonce": attempt.nonce,
            "code_challenge": _text(hashlib.sha256(attempt.verifier.encode()).digest()),
            "code_challenge_method": "S256",
        }
        url = _with(published.authorization, asked)
        return Begun(url, attempts.sealed(self._vault, attempt), attempt_of(attempt.state))

    async def finish(self, params: Mapping[str, str], transaction: str | None) -> Finished:
        """Return who has signed in. Raises SignInFailed for whatever is not as it must be, and writes down what."""
        attempt = attempts.opened(self._vault, transaction, self._now()) if transaction else None
        if attempt is None or not hmac.compare_digest(params.get("state", "").encode(), attempt.state.encode()):
            raise _refused("another attempt", "This attempt to sign in is over, or was not begun in this browser.")
        try:
            return Finished(await self._judged(params, attempt), attempt.next)
        except SignInFailed as failed:
            failed.next = attempt.next
            raise

    async def _judged(self, params: Mapping[str, str], attempt: Transaction) -> str:
        published = await self._addresses()
        self._check_sender(params, published)
        if "error" in params:
            raise _refused("the provider's own", "The sign-in provider did not let you in, or you stopped there.", 403)
        try:
            answer = await self._exchange(params.get("code", ""), attempt, published)
            return await self._name(answer, attempt)
        except ProviderAway as away:
            raise _away(away) from None
        except IdTokenRefused as refused:
            raise _refused(f"ID token: {refused}", _UNUSABLE) from None

    def _check_sender(self, params: Mapping[str, str], published: Published) -> None:
        """See that the answer is of the provider that was asked, and not of another one (RFC 9207)."""
        named = params.get("iss")
        if named != self._client.issuer and (named is not None or published.names_itself):
            raise _refused("another issuer answers", _UNUSABLE)

    async def _exchange(self, code: str, attempt: Transaction, published: Published) -> dict[str, Any]:
        if not 0 < len(code) <= _MOST_PARAMETER:
            raise _refused("no code", _UNUSABLE)
        fields = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._client.redirect_uri,
            "code_verifier": attempt.verifier,
        }
        own_fields, headers = self._credentials(published)
        status, document = await self._line.post_form(published.token, fields | own_fields, headers)
        if status != _OK:
            raise _refused(f"code not exchanged: {_known_error(document)}", _UNUSABLE)
        return document

    def _credentials(self, published: Published) -> tuple[dict[str, str], dict[str, str]]:
        """Return what says who we are, as fields and as headers; each part of these as in a form (RFC 6749, 2.3.1)."""
        client_id, secret = self._client.client_id, self._client.secret
        if secret is None:
            return {"client_id": client_id}, {}
        if published.secret_in_form:
            return {"client_id": client_id, "client_secret": secret}, {}
        both = f"{quote_plus(client_id)}:{quote_plus(secret)}"
        return {}, {"authorization": f"Basic {base64.b64encode(both.encode()).decode()}"}

    async def _name(self, answer: dict[str, Any], attempt: Transaction) -> str:
        token, now = answer.get("id_token"), self._now()
        header = header_of(token) if isinstance(token, str) and len(token) <= 4 * _MOST_PARAMETER else None
        if header is None:
            raise IdTokenRefused("none, or of no kind that is believed")
        await self._keys.prepare(header.get("kid"), now)
        expected = Expected(
            issuer=self._client.issuer,
            client_id=self._client.client_id,
            nonce=attempt.nonce,
            access_token=answer.get("access_token"),
            name_claim=self._client.name_claim,
        )
        return signed_in_by(str(token), self._keys.current(now), expected, int(now))

    async def sign_out_url(self) -> str:
        """Return where people sign out at the provider too; nothing where it has no such page, or is away."""
        try:
            published = await self._discovery.published(self._now())
        except ProviderAway:
            return ""
        return _with(published.end_session, {"client_id": self._client.client_id}) if published.end_session else ""

    async def _addresses(self) -> Published:
        """Return the provider's addresses. Raises SignInFailed where they are not known."""
        try:
            published = await self._discovery.published(self._now())
        except ProviderAway as away:
            raise _away(away) from None
        if not published.authorization or not published.token:
            raise _away(ProviderAway("Its discovery document lacks addresses for signing in that are safe."))
        return published

    def _now(self) -> float:
        return self._clock.now().timestamp()


def _with(url: str, params: Mapping[str, str]) -> str:
    return f"{url}{'&' if '?' in url else '?'}{urlencode(params)}"


def attempt_of(state: str) -> str:
    """Return what tells this attempt from others of the same browser."""
    return state[:12]


_UNUSABLE: Final = "The sign-in provider's answer could not be used, so nobody was signed in."
_KNOWN_ERRORS: Final = frozenset(
    {"invalid_request", "invalid_client", "invalid_grant", "unauthorized_client", "unsupported_grant_type"}
)


def _known_error(document: dict[str, Any]) -> str:
    """Return OAuth's word for it; no other text of the provider's is written down."""
    found = document.get("error")
    return found if isinstance(found, str) and found in _KNOWN_ERRORS else "another error"


def _refused(reason: str, text: str, status: int = 400) -> SignInFailed:
    _log.warning("sign-in refused", reason=reason)
    return SignInFailed(text, status)


def _away(away: ProviderAway) -> SignInFailed:
    _log.warning("sign-in provider away", reason=str(away))
    return SignInFailed(
        "The sign-in provider does not answer right now. Try again in a few minutes.", 503, retry_after=60
    )


def _text(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")
