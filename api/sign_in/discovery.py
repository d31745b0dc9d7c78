"""What the sign-in provider publishes about itself, by its name alone: OpenID Connect Discovery 1.0."""

from typing import Final, NamedTuple

from api.setting_kinds import is_guarded
from api.sign_in.provider_line import ProviderAway, ProviderLine

_WELL_KNOWN: Final = "/.well-known/openid-configuration"
_LONGEST_URL: Final = 2_000


class Published(NamedTuple):
    """The addresses of one provider; one that is missing or unsafe is empty."""

    keys: str
    authorization: str
    token: str
    names_itself: bool
    """Whether it promises to say who it is where it sends people back (RFC 9207)."""


async def discover(issuer: str, line: ProviderLine) -> Published:
    """Ask for it. Raises ProviderAway, for a provider that calls itself otherwise as well."""
    document = await line.get(issuer.rstrip("/") + _WELL_KNOWN)
    if document.get("issuer") != issuer:
        raise ProviderAway("Its discovery document names another issuer than EXTRA_SESSIONS_TOKEN_ISSUER.")
    return Published(
        keys=_address(document.get("jwks_uri")),
        authorization=_address(document.get("authorization_endpoint")),
        token=_address(document.get("token_endpoint")),
        names_itself=document.get("authorization_response_iss_parameter_supported") is True,
    )


def _address(found: object) -> str:
    return found if isinstance(found, str) and len(found) <= _LONGEST_URL and is_guarded(found) else ""
