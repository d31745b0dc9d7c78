"""Which keys this process may run with: its own in production, made-up ones in a demo, never one for the other."""

from contextlib import suppress
from pathlib import Path

from api.settings import Settings, SettingsError
from models.keyring import Keyring, KeyringError


def open_keyring(settings: Settings) -> Keyring:
    """Load the key file; a demo's is made on its first start, readable by its owner alone. Raises SettingsError."""
    keyring = _demo_keyring(settings) if settings.is_demo else _load(_production_file(settings))
    if keyring.demo and not settings.is_demo:
        raise SettingsError(f"{settings.key_file} holds demo keys, which guard nobody: make keys for this deployment.")
    if settings.is_demo and not keyring.demo:
        raise SettingsError(f"{settings.key_file} holds a deployment's own keys: a demo must not use them.")
    return keyring


def _production_file(settings: Settings) -> Path:
    if settings.key_file is None:
        raise SettingsError(
            "EXTRA_SESSIONS_KEY_FILE is not set. Outside demo mode the server needs keys of its own; "
            "to try it out, set EXTRA_SESSIONS_MODE=demo."
        )
    return settings.key_file


def _demo_keyring(settings: Settings) -> Keyring:
    path = settings.key_file or settings.data_dir / "demo-keys.json"
    if not path.exists():
        with suppress(FileExistsError):  # another process has just made it
            Keyring.generate(demo=True).save(path)
    return _load(path)


def _load(path: Path) -> Keyring:
    try:
        return Keyring.load(path)
    except KeyringError as error:
        raise SettingsError(str(error)) from None
