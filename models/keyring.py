"""The secrets of one deployment, made at set-up and never committed."""

import base64
import json
import os
import secrets
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from joserfc.jwk import OKPKey


class KeyringError(Exception):
    """The key file is missing, unreadable or not of this form; the text says which and what to do."""


@dataclass(frozen=True, slots=True, repr=False)
class Keyring:
    """Master keys by version (the highest wraps new client keys), a root for derived keys, the demo's signing key."""

    masters: dict[int, bytes]
    root: bytes
    signing_key: dict[str, Any] | None = None
    """A private Ed25519 JWK that signs the demo's bearer tokens; a production key file has none."""
    path: Path | None = None
    """The file that it was loaded from."""

    @property
    def demo(self) -> bool:
        return self.signing_key is not None

    @property
    def newest_master(self) -> int:
        return max(self.masters)

    def derived(self, purpose: str) -> bytes:
        """Return 32 bytes for one purpose; two purposes' keys tell nothing about each other."""
        return HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose.encode()).derive(self.root)

    @classmethod
    def generate(cls, *, demo: bool = False) -> "Keyring":
        signing_key = OKPKey.generate_key("Ed25519", private=True).as_dict(private=True) if demo else None
        return cls(masters={1: secrets.token_bytes(32)}, root=secrets.token_bytes(32), signing_key=signing_key)

    def save(self, path: Path) -> None:
        """Write the key file, readable by its owner alone. Raises FileExistsError: a key file is never overwritten."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self._write(path)

    def replace(self) -> None:
        """Put this keyring into the place of the file that it was loaded from: the whole of it, or nothing."""
        assert self.path is not None  # noqa: S101 - only what was loaded is changed
        beside = self.path.with_name(f".{self.path.name}.{secrets.token_hex(8)}")
        self._write(beside)
        beside.replace(self.path)
        _settle(self.path.parent)

    def with_new_master(self) -> "Keyring":
        """Return these keys with one more master key, which wraps from now on."""
        return replace(self, masters={**self.masters, self.newest_master + 1: secrets.token_bytes(32)})

    def without_master(self, version: int) -> "Keyring":
        return replace(self, masters={each: key for each, key in self.masters.items() if each != version})

    def reread(self) -> "Keyring":
        """Return what the file says now; these keys where there is no file, or none that can be read."""
        if self.path is not None:
            with suppress(KeyringError):
                return Keyring.load(self.path)
        return self

    def _write(self, path: Path) -> None:
        document = {
            "demo": self.demo,
            "masters": {str(version): _text(key) for version, key in self.masters.items()},
            "root": _text(self.root),
            "signing_key": self.signing_key,
        }
        with open(path, "x", opener=_private) as file:
            json.dump(document, file, indent=2)
            file.flush()
            os.fsync(file.fileno())

    @classmethod
    def load(cls, path: Path) -> "Keyring":
        """Read a key file. Raises KeyringError with a text for the operator, which never shows key material."""
        try:
            document = json.loads(path.read_text())
            masters = {int(version): _key(key) for version, key in document["masters"].items()}
            root, signing_key = _key(document["root"]), document.get("signing_key")
            keyring = cls(masters=masters, root=root, signing_key=signing_key, path=path)
            if keyring.demo == document["demo"]:  # else somebody has edited one of the two
                return keyring
            msg = f"{path} says of itself both that it is a demo's and that it is not."
        except FileNotFoundError:
            msg = f"There is no key file at {path}."
        except (OSError, ValueError, KeyError, AttributeError, TypeError):
            msg = f"{path} is not a key file of Extra Sessions; restore it from its backup."
        raise KeyringError(msg)


def _text(key: bytes) -> str:
    return base64.b64encode(key).decode()


def _key(text: str) -> bytes:
    key = base64.b64decode(text, validate=True)
    if len(key) != 32:  # noqa: PLR2004 - AES-256
        raise ValueError
    return key


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _settle(folder: Path) -> None:
    """Have the disk keep a file's new name."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
