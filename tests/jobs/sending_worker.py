"""A worker process that sends webhooks' events, to be killed: ``python -m tests.jobs.sending_worker URL KEYS HOURS``.

It lives so many hours ahead, so that whatever a killed one held is free again.
"""

import asyncio
import sys
from dataclasses import replace
from pathlib import Path

from jobs.deliver_webhooks import deliver_webhooks
from jobs.webhook_line import Lines
from jobs.worker import embedded_worker
from models.database import Database
from models.keyring import Keyring
from tests.jobs.killable import LaterClock
from tests.jobs.workshop import surroundings


async def main(url: str, keys: str, hours: int) -> None:
    database = Database.open(url, Keyring.load(Path(keys)))
    context = replace(surroundings(database, LaterClock(hours)), webhooks=Lines(private=True))
    async with embedded_worker(context, actors=[deliver_webhooks]):
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
