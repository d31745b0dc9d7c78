"""As whom this server is known to the sign-in provider, where people sign in by browser."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from api.setting_kinds import is_guarded
from api.settings import Settings, SettingsError

CALLBACK: Final = "/sign-in/callback"


@dataclass(frozen=True, slots=True)
class Client:
    issuer: str
    client_id: str
    redirect_uri: str
    secret: str | None = field(default=None, repr=False)
    """A public client has none."""
    scope: str = "openid"
    name_claim: str = "sub"
    """Which claim of an ID token is the sign-in name of an account."""


def client_of(settings: Settings) -> Client | None:
    """Return it; None where browsers don't sign in. Raises SettingsError for what is set up by halves."""
    if not settings.oidc_client_id:
        if settings.oidc_client_secret_file is not None:
            raise SettingsError("EXTRA_SESSIONS_OIDC_CLIENT_SECRET_FILE is of no use without _OIDC_CLIENT_ID.")
        return None
    settings.require("token_issuer", "public_url")
    if not is_guarded(settings.token_issuer):
        raise SettingsError(
            "EXTRA_SESSIONS_TOKEN_ISSUER is no https URL: browsers sign in only where the provider can be found by it."
        )
    if not is_guarded(settings.public_url):
        raise SettingsError(
            "EXTRA_SESSIONS_PUBLIC_URL is no https URL: nobody must read a browser's cookie on its way."
        )
    secret = _secret(settings.oidc_client_secret_file) if settings.oidc_client_secret_file else None
    return Client(
        issuer=settings.token_issuer,
        client_id=settings.oidc_client_id,
        redirect_uri=settings.public_url + CALLBACK,
        secret=secret,
        scope=settings.oidc_scope,
        name_claim=settings.token_name_claim,
    )


def _secret(path: Path) -> str:
    try:
        secret = path.read_text().strip("\r\n")
    except (OSError, UnicodeDecodeError):
        secret = ""
    if not secret:
        raise SettingsError(f"EXTRA_SESSIONS_OIDC_CLIENT_SECRET_FILE: {path} holds no secret.")
    return secret
