"""The web process as it is put together in production, in a folder of its own, with one member of staff."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from httpx2 import ASGITransport, AsyncClient
from starlette.applications import Starlette

from api.keys import open_keyring
from api.settings import Settings
from models.database import Database
from tests.clock import FixedClock


@dataclass(frozen=True, slots=True)
class House:
    """A demo deployment with one member of staff."""

    settings: Settings
    app: Starlette
    account_id: str
    token: str
    clock: FixedClock

    @asynccontextmanager
    async def client(self) -> AsyncIterator[AsyncClient]:
        headers = {"authorization": f"Bearer {self.token}"}
        transport = ASGITransport(app=self.app)
        async with (
            self.app.router.lifespan_context(self.app),
            AsyncClient(transport=transport, base_url="http://house.test", headers=headers) as client,
        ):
            yield client

    @asynccontextmanager
    async def database(self) -> AsyncIterator[Database]:
        database = Database.open(self.settings.database_url, open_keyring(self.settings))
        yield database
        await database.close()
