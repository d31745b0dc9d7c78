"""A reviewer's whole way: the e-mail, its link, signing in, the request in GraphiQL, a decision, and its outcome."""

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser
from sqlalchemy import select

from api.demo.mailbox import Letter, Mailbox
from models.tables import Account, Consultant
from tests.builders import released
from tests.clock import MONDAY_MORNING, FixedClock
from tests.workbench.stage import Stage, Visitor, staged, visiting


@pytest.fixture
async def stage(own_database: str, tmp_path: Path) -> AsyncIterator[Stage]:
    """The request is released before the worker begins, which would hear of it only by its next look, in 5 seconds."""
    async with staged(tmp_path, own_database, clock=FixedClock(MONDAY_MORNING), before=released) as stage:
        yield stage


async def letter(stage: Stage, table: type[Account | Consultant], row_id: str | None, saying: str) -> Letter:
    """Wait for an e-mail to this account or consultant."""
    async with stage.world.database.snapshot() as source:
        address = (await source.execute(select(table.email).where(table.id == row_id))).scalar_one()

    def belongs(found: Letter) -> bool:
        return address in found.to and saying in found.text

    box = Mailbox(stage.settings.data_dir / "mail")
    return await asyncio.to_thread(box.wait_for, belongs, otherwise=f"no mail that says {saying}", ever=True)


async def follow_the_link_and_sign_in(visitor: Visitor, link: str, name: str) -> None:
    """Choose somebody on the page that a mail's link leads to, and arrive where it was meant to lead."""
    await visitor.page.goto(link)
    await visitor.page.get_by_role("button", name=name).click()
    await visitor.page.wait_for_selector(".graphiql-query-editor .view-line")
    await visitor.outcome("Answered. Request R-")


async def test_a_reviewer_decides_by_the_link_of_the_mail_and_a_second_one_is_told(
    stage: Stage, browser: Browser
) -> None:
    world = stage.world
    invitation = await letter(stage, Account, world.reviewer.account_id, "/requests/")
    [link] = set(re.findall(r"http://\S+/requests/\S+", invitation.text))

    async with visiting(stage, browser) as first, visiting(stage, browser) as second:
        await asyncio.gather(
            follow_the_link_and_sign_in(first, link, world.reviewer.name),
            follow_the_link_and_sign_in(second, link, world.second_reviewer.name),
        )
        await first.page.get_by_role("tab", name="Approve fewer").click()
        await first.page.get_by_role("button", name="Execute query").click()
        unread = await first.outcome("Not done:")
        await first.fill_variable('"sessionsGranted": 0', '"sessionsGranted": 1')
        await first.page.get_by_role("button", name="Execute query").click()
        done = await first.outcome("Done.")
        await second.page.get_by_role("tab", name="Approve as requested").click()
        await second.page.get_by_role("button", name="Execute query").click()
        refusal = await second.outcome("Not done:")
        cookies = await first.context.cookies()

    assert unread == "Not done: It takes 1 session at least.", "nobody approves a number that they did not choose"
    assert done.endswith(": approved (sessions: 3 requested, 1 granted).")
    assert "approved" in refusal
    assert [(cookie["name"], cookie["httpOnly"], cookie["sameSite"]) for cookie in cookies] == [
        ("session", True, "Lax")
    ]
    assert first.complaints == second.complaints == []
    outcome = await letter(stage, Consultant, world.consultant.consultant_id, "approved")
    assert re.search(r"\b(1|one) (extra )?(counselling )?session\b", outcome.text), outcome.text
