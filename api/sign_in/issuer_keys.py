"""Chooses where the keys come from that verify the sign-in provider's tokens."""

from api.setting_kinds import is_guarded
from api.settings import Settings, SettingsError
from api.sign_in.provider_keys import keys_at, keys_of
from api.sign_in.public_keys import Keys, read_key_file


def issuer_keys(settings: Settings) -> Keys:
    """Return where keys come from: the file, the address, or what the provider says of itself. Raises SettingsError."""
    if settings.token_jwks_file is not None and settings.token_jwks_url:
        raise SettingsError("EXTRA_SESSIONS_TOKEN_JWKS_FILE and EXTRA_SESSIONS_TOKEN_JWKS_URL: set one of them.")
    if settings.token_jwks_file is not None:
        return read_key_file(settings.token_jwks_file)
    if settings.token_jwks_url:
        return keys_at(settings.token_jwks_url)
    if not is_guarded(settings.token_issuer):
        raise SettingsError(
            "EXTRA_SESSIONS_TOKEN_ISSUER is no https URL, so nothing tells where its keys are: set "
            "EXTRA_SESSIONS_TOKEN_JWKS_URL or EXTRA_SESSIONS_TOKEN_JWKS_FILE."
        )
    return keys_of(settings.token_issuer)
