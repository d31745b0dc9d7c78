"""Looks whether anybody could sign in: whose tokens are believed, and whether the keys for that can be had now."""

from collections.abc import AsyncIterator
from typing import Final

from api.auth import trusted_issuer
from api.doctor.findings import Finding, ok, problem
from api.settings import Settings, SettingsError
from api.sign_in.provider_line import ProviderAway
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
