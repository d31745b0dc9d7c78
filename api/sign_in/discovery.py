"""What the sign-in provider publishes about itself, by its name alone: OpenID Connect Discovery 1.0."""

import asyncio
import math
from typing import Final, NamedTuple

from api.setting_kinds import is_guarded
from api.sign_in.provider_line import ProviderAway, ProviderLine

_WELL_KNOWN: Final = "/.well-known/openid-configuration"
_LONGEST_URL: Final = 2_000
_FRESH: Final = 600.0
_AGAIN: Final = 30.0
"""Seconds until a provider that was away is asked again: nobody else waits for it meanwhile."""


class Published(NamedTuple):
    """The addresses of one provider; one that is missing or unsafe is empty."""

    keys: str
    authorization: str
    token: str
    end_session: str
    """Where people sign out of the provider itself (OpenID Connect RP-Initiated Logout)."""
    secret_in_form: bool
    """Whether it wants a client's secret in the form alone, and not by HTTP's own way, which is the usual one."""
    names_itself: bool
    """Whether it promises to say who it is where it sends people back (RFC 9207)."""


class Discovery:
    """One provider's addresses, remembered for ten minutes; for longer while it does not answer: they seldom move."""

    def __init__(self, issuer: str, line: ProviderLine) -> None:
        self._issuer = issuer
        self._line = line
        self._published: Published | None = None
        self._failed: str | None = None
        self._asked_at = -math.inf
        self._asking = asyncio.Lock()

    async def published(self, now: float) -> Published:
        """Return them. Raises ProviderAway where they were never had."""
        async with self._asking:
            if not 0 <= now - self._asked_at < (_FRESH if self._failed is None else _AGAIN):
                self._asked_at = now
                await self._ask()
        if self._published is None:
            raise ProviderAway(self._failed)
        return self._published

    async def _ask(self) -> None:
        try:
            self._published, self._failed = await discover(self._issuer, self._line), None
        except ProviderAway as away:
            self._failed = str(away)


async def discover(issuer: str, line: ProviderLine) -> Published:
    """Ask for it. Raises ProviderAway, for a provider that calls itself otherwise as well."""
    document = await line.get(issuer.rstrip("/") + _WELL_KNOWN)
    if document.get("issuer") != issuer:
        raise ProviderAway("Its discovery document names another issuer than EXTRA_SESSIONS_TOKEN_ISSUER.")
    return Published(
        keys=_address(document.get("jwks_uri"), issuer),
        authorization=_address(document.get("authorization_endpoint"), issuer),
        token=_address(document.get("token_endpoint"), issuer),
        end_session=_address(document.get("end_session_endpoint"), issuer),
        secret_in_form=_takes_form_alone(document.get("token_endpoint_auth_methods_supported")),
        names_itself=document.get("authorization_response_iss_parameter_supported") is True,
    )


def _address(found: object, issuer: str) -> str:
    """Return it where it can be trusted: a provider elsewhere has no business with what listens on this machine."""
    if not isinstance(found, str) or len(found) > _LONGEST_URL or not is_guarded(found):
        return ""
    return found if found.startswith("https:") or issuer.startswith("http:") else ""


def _takes_form_alone(methods: object) -> bool:
    return isinstance(methods, list) and "client_secret_basic" not in methods and "client_secret_post" in methods
