"""What the page for integrators says about signatures is so: its own code verifies what is sent."""

import re
from pathlib import Path
from typing import Any

from models.clock import SystemClock
from models.database import Database
from tests.builders import a_world, submitted
from tests.clock import FixedClock
from tests.jobs.hooking import deliver, hooked
from tests.jobs.receiving import receiving
from tests.operations.hooking import rotate

PAGE = Path(__file__).parents[2] / "frontend-contract" / "webhooks.md"


async def test_the_check_by_hand_takes_what_is_sent_and_nothing_else(database: Database) -> None:
    found: dict[str, Any] = {}
    [code] = [each for each in re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL) if "def " in each]
    exec(code, found)  # noqa: S102 - the page's own code
    is_genuine = found["is_genuine"]
    world = await a_world(database, FixedClock(SystemClock().now()))
    async with receiving() as receiver:
        webhook_id, secret = await hooked(world, receiver)
        new = str((await rotate(world, webhook_id)).secret)
        later = str((await rotate(world, webhook_id)).secret)
        await submitted(world)
        await deliver(world, webhook_id)
    (request,) = receiver.received
    assert is_genuine(later, request.headers, request.body)
    assert is_genuine(new, request.headers, request.body)
    assert not is_genuine(secret, request.headers, request.body)
    assert not is_genuine(new, request.headers, request.body + b" ")
    for changed in ({"webhook-id": "msg_other"}, {"webhook-timestamp": "1795393801"}, {"webhook-timestamp": "x"}):
        assert not is_genuine(new, {**request.headers, **changed}, request.body)
