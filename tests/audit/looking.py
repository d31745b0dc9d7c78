"""A process that is meant to be killed: readers look at one case, hour after hour, and each answered look is told.

``python -m tests.audit.looking URL KEYS CASE ACCOUNT...``. A line is written only once the answer has left.
"""

import asyncio
import os
import sys
from datetime import timedelta
from pathlib import Path

from models.actor import Actor
from models.database import Database
from models.keyring import Keyring
from models.queries.accounts import actor_of
from models.queries.cases import case_by_id
from models.queries.reading import reading_as
from models.views.want import asking
from tests.clock import MONDAY_MORNING

NAME = asking("id", client=asking("display_name"))


async def look_on(database: Database, case_id: str, by: Actor) -> None:
    hour = MONDAY_MORNING.replace(minute=0)
    while True:
        async with reading_as(by, database=database, at=hour) as reading:
            assert await case_by_id(reading, case_id, NAME) is not None
        os.write(1, f"{by.account_id} {hour.isoformat()}\n".encode())
        hour += timedelta(hours=1)


async def main(url: str, keys: str, case_id: str, accounts: list[str]) -> None:
    database = Database.open(url, Keyring.load(Path(keys)))
    async with database.snapshot() as source:
        actors = [await actor_of(source, account) for account in accounts]
    await asyncio.gather(*(look_on(database, case_id, by) for by in actors if by is not None))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4:]))
