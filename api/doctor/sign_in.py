"""Looks whether anybody could sign in: whose tokens are believed, and whether the keys for that can be had now."""

from collections.abc import AsyncIterator
from typing import Final

from api.auth import trusted_issuer
from api.doctor.findings import Finding, ok, problem, warning
from api.settings import Settings, SettingsError
from api.sign_in.client import client_of
from api.sign_in.discovery import Discovery
from api.sign_in.provider_line import ProviderAway, ProviderLine
from models.clock import Clock
from models.keyring import Keyring

_UNREACHED: Final = (
    "Try from this machine whether the provider answers (curl), and whether its name is written as it writes it. "
    "A running server believes the last keys for an hour, and then nobody's token."
)


async def look_at_sign_in(settings: Settings, keyring: Keyring, clock: Clock) -> AsyncIterator[Finding]:
    """Ask the provider for its keys where they are not in a file."""
    now = clock.now().timestamp()
    try:
        issuer = trusted_issuer(settings, keyring)
        await issuer.keys.prepare(None, now)
        keys = issuer.keys.current(now)
    except SettingsError as error:
        advice = "Set these to what the sign-in provider says of itself; its JWK set holds public keys alone."
        yield problem("sign-in", str(error), advice)
    except ProviderAway as away:
        yield problem("sign-in", f"The public keys of {settings.token_issuer} can't be had. {away}", _UNREACHED)
    else:
        yield ok("sign-in", f"Tokens of {issuer.name} are believed, by {len(keys.keys)} public keys.")
    if not settings.is_demo:
        yield await _look_at_browsers(settings, now)


async def _look_at_browsers(settings: Settings, now: float) -> Finding:
    try:
        client = client_of(settings)
        published = await Discovery(client.issuer, ProviderLine()).published(now) if client else None
    except SettingsError as error:
        return problem("browsers", str(error), "Set these as the sign-in provider has registered this server.")
    except ProviderAway as away:
        return problem("browsers", f"The sign-in provider's addresses can't be had. {away}", _UNREACHED)
    if client is None or published is None:
        return ok("browsers", "Nobody signs in by browser: EXTRA_SESSIONS_OIDC_CLIENT_ID is not set.")
    if not published.authorization or not published.token:
        found = "The sign-in provider names no addresses for signing in by browser, or unsafe ones."
        return problem("browsers", found, "Ask whoever runs it whether it speaks OpenID Connect, and by https.")
    if settings.token_audience == client.client_id:
        found = f"Bearer tokens must be made for {client.client_id}, and so are the ID tokens of whoever signs in."
        advice = "Have the provider name this server's API otherwise, and set EXTRA_SESSIONS_TOKEN_AUDIENCE to that."
        return warning("browsers", found, advice)
    return ok("browsers", f"Browsers sign in as {client.client_id}; they come back to {client.redirect_uri}.")
