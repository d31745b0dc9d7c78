"""Seals a request's clinical answers under its client's own key, and opens them to be revised."""

from dataclasses import dataclass
from typing import Any

from models.queries.reading import Reading
from models.queries.request_rows import clinical_place


@dataclass(frozen=True, slots=True)
class Sealed:
    key_version: int
    content: bytes


async def seal_answers(reading: Reading, request_id: str, client_id: str, answers: dict[str, Any]) -> Sealed:
    """Seal ``statement``, ``kind`` and ``detail`` for this one request, under the client's newest key."""
    key = (await reading.client_keys([client_id])).newest(client_id)
    return Sealed(key.version, reading.vault.seal(key, clinical_place(request_id), answers))


async def open_answers(reading: Reading, request_id: str, client_id: str, sealed: Sealed) -> dict[str, Any]:
    """Open a request's answers; the caller notes who is shown them."""
    key = (await reading.client_keys([client_id])).of(client_id, sealed.key_version)
    return reading.vault.unseal(key, clinical_place(request_id), sealed.content)
