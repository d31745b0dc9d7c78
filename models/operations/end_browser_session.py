"""Sign a browser out: its cookie opens nothing from this moment on, wherever else it may be."""

from dataclasses import dataclass

from sqlalchemy import delete

from models.database import Database
from models.queries.browser_sessions import has_had
from models.tables import BrowserSession


@dataclass(frozen=True, slots=True, kw_only=True)
class EndBrowserSession:
    secret: str
    """Of the cookie; the one before does as well, and nothing happens where it is unknown."""


async def end_browser_session(command: EndBrowserSession, *, database: Database) -> None:
    async with database.transaction() as session:
        await session.execute(delete(BrowserSession).where(has_had(command.secret)))
