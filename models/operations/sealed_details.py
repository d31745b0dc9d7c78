"""Seals one round of further details: the reviewer's note and the consultant's answers, as one document."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from models.queries.clinical_reviews import details_place
from models.queries.reading import Reading
from models.rules.confidentiality import Sensitivity
from models.tables import AssistCase, FurtherDetails


async def open_round(session: AsyncSession, request_id: str) -> FurtherDetails:
    """Return the round that a request in AWAITING_DETAILS waits on: its last one."""
    unanswered = select(FurtherDetails).where(
        FurtherDetails.request_id == request_id, FurtherDetails.answered_at.is_(None)
    )
    return (await session.execute(unanswered)).scalar_one()


async def seal_note(reading: Reading, details: FurtherDetails, case_id: str, note: str | None) -> None:
    """Seal the note of a round that was just asked; where there is none, nothing."""
    if note is None:
        return
    client_id = await _client_of(reading, case_id)
    key = (await reading.client_keys([client_id])).newest(client_id)
    details.key_version = key.version
    details.sealed = reading.vault.seal(key, details_place(details.id), {"note": note, "answers": {}})


async def seal_details(reading: Reading, details: FurtherDetails, case_id: str, answers: dict[str, str]) -> None:
    """Seal a round's answers under the client's newest key, and the note that stands there with them.

    Nobody is shown the note here: read as SYSTEM, for a manager who answers may not.
    """
    client_id = await _client_of(reading, case_id)
    keys = await reading.client_keys([client_id])
    note = None
    if details.sealed is not None and details.key_version is not None:
        reading.note(Sensitivity.CLINICAL, {case_id})
        old = keys.of(client_id, details.key_version)
        note = reading.vault.unseal(old, details_place(details.id), details.sealed)["note"]
    key = keys.newest(client_id)
    details.key_version = key.version
    details.sealed = reading.vault.seal(key, details_place(details.id), {"note": note, "answers": answers})


async def _client_of(reading: Reading, case_id: str) -> str:
    (row,) = await reading.rows(select(AssistCase.client_id).where(AssistCase.id == case_id))
    return str(row.client_id)
