"""GraphiQL in a real browser: a reviewer comes by a mail's link, decides, follows live, and leaves nothing behind."""

import asyncio
import json
import re

import pytest
from playwright.async_api import Browser, Request, WebSocket
from sqlalchemy import update

from models.tables import Account, Consultant, Organisation, Practice
from tests.builders import released
from tests.operations.acting import approve
from tests.stories.server import ROOT
from tests.workbench.stage import MODEL, Stage, Visitor, visiting

AXE = ROOT / ".venv/axe.min.js"
GRAVE = {"serious", "critical"}
FOCUSED_LINE = """(editor => editor.getModel().getLineContent(editor.getPosition().lineNumber))(
    __MONACO.editor.getEditors().find(each => each.hasTextFocus()))"""


async def arrive(visitor: Visitor, request_id: str) -> None:
    """Come by the link of a mail, and wait for what it opens."""
    await visitor.open(f"/graphiql?request={request_id}")
    await visitor.outcome("Answered. Request R-")


async def test_a_reviewer_approves_fewer_by_the_keyboard_alone(stage: Stage, browser: Browser) -> None:
    request_id = await released(stage.world)
    async with visiting(stage, browser, "reviewer") as visitor:
        await arrive(visitor, request_id)
        await visitor.go_to_tab("Approve fewer")
        await visitor.press_until("Tab", "document.activeElement.ariaLabel?.startsWith('Variables: press Enter')")
        await visitor.page.keyboard.press("Enter")
        inside = await visitor.page.evaluate("document.activeElement.ariaLabel")
        await visitor.press_until("ArrowDown", f"{FOCUSED_LINE}.includes('sessionsGranted')")
        for key in ("End", "ArrowLeft", "Backspace", "1"):
            await visitor.page.keyboard.press(key)
        await visitor.page.keyboard.press("Escape")
        await visitor.press_until("Shift+Tab", "document.activeElement.ariaLabel?.startsWith('Execute query')")
        await visitor.page.keyboard.press("Control+Enter")
        told = await visitor.outcome("Done.")

    assert inside == "Variables"
    assert told.endswith(": approved (sessions: 3 requested, 1 granted).")
    assert visitor.complaints == []


async def test_a_second_decision_is_refused_in_words(stage: Stage, browser: Browser) -> None:
    request_id = await released(stage.world)
    async with visiting(stage, browser, "second_reviewer") as visitor:
        await arrive(visitor, request_id)
        await approve(stage.world, request_id)
        await visitor.page.get_by_role("tab", name="Decline").click()
        await visitor.fill_variable('"reason": ""', '"reason": "BUDGET"')
        await visitor.page.get_by_role("button", name="Execute query").click()
        refusal = await visitor.outcome("Not done:")

    assert "approved" in refusal.lower()
    assert visitor.complaints == []


async def test_a_call_without_an_answer_is_repeated_and_the_next_after_it_is_another_one(
    stage: Stage, browser: Browser
) -> None:
    request_id = await released(stage.world)
    keys: list[str] = []

    def note(request: Request) -> None:
        keys.extend(re.findall(r'"idempotencyKey":"([^"]+)"', request.post_data or ""))

    async with visiting(stage, browser, "reviewer") as visitor:
        await arrive(visitor, request_id)
        await visitor.page.get_by_role("tab", name="Approve as requested").click()
        visitor.page.on("request", note)
        await visitor.page.route("**/graphql", lambda route: route.abort(), times=1)
        for told in ("The server can", "Done.", "Not done:"):
            await visitor.page.get_by_role("button", name="Execute query").click()
            await visitor.outcome(told)

    unanswered, repeated, another = keys
    assert unanswered == repeated != another


async def test_what_is_followed_live_is_shown_as_it_comes(stage: Stage, browser: Browser) -> None:
    request_id = await released(stage.world)
    async with visiting(stage, browser, "reviewer") as visitor:
        await arrive(visitor, request_id)
        await visitor.page.get_by_role("tab", name="Follow live").click()
        await visitor.page.get_by_role("button", name="Execute query").click()
        before = await visitor.outcome("Following. Request R-")
        await approve(stage.world, request_id)
        await visitor.page.wait_for_function("() => outcome.textContent.includes('approved')")
        await visitor.page.get_by_role("button", name="Stop query").click()
        await visitor.outcome("No longer following.")

    assert "organisation review" in before
    assert visitor.complaints == []


async def test_whoever_is_signed_out_while_following_is_told_and_nothing_asks_again(
    stage: Stage, browser: Browser
) -> None:
    request_id = await released(stage.world)
    sockets: list[WebSocket] = []
    async with visiting(stage, browser, "reviewer") as visitor:
        page = visitor.page
        page.on("websocket", lambda each: sockets.append(each))  # noqa: PLW0108 - Playwright wants to mark what it calls
        await page.clock.install()
        await arrive(visitor, request_id)
        await page.get_by_role("tab", name="Follow live").click()
        await page.get_by_role("button", name="Execute query").click()
        await visitor.outcome("Following. Request R-")
        [cookie] = await visitor.context.cookies()
        await stage.sign_out(cookie)
        told = await visitor.outcome("You are signed out")
        place = await page.get_by_role("link", name="Sign in again").get_attribute("href")
        await page.get_by_role("button", name="Execute query").wait_for()
        result = await page.evaluate(f"{MODEL % 'response.json'}.getValue()")
        for _ in range(10):
            await page.clock.fast_forward("01:00")
        still = await visitor.outcome("You are signed out")

    assert told == still == "You are signed out: nothing is followed. Sign in again"
    assert place == f"/sign-in?next=%2Fgraphiql%3Frequest%3D{request_id}"
    assert json.loads(result) == {"errors": [{"message": f"{told}: the link is above."}]}, "and no stack"
    assert len(sockets) == 1
    assert visitor.complaints == []


async def test_a_proxy_s_own_page_is_no_answer(stage: Stage, browser: Browser) -> None:
    async with visiting(stage, browser, "reviewer") as visitor:
        await visitor.open()
        await visitor.outcome("Answered.")
        await visitor.page.route("**/graphql", lambda route: route.fulfill(status=502, body="<h1>Bad gateway</h1>"))
        await visitor.page.get_by_role("button", name="Execute query").click()
        told = await visitor.outcome("The server")

    assert told.endswith(" be reached. Nothing is lost: run it again in a moment.")


@pytest.mark.parametrize("person", ["reviewer", "clinical_reviewer", "staff", "consultant", "manager"])
async def test_each_role_finds_its_first_tab_answered(person: str, stage: Stage, browser: Browser) -> None:
    async with visiting(stage, browser, person) as visitor:
        await visitor.open()
        await visitor.outcome("Answered.")

    assert visitor.complaints == []


async def test_nothing_is_kept_in_the_browser(stage: Stage, browser: Browser) -> None:
    request_id = await released(stage.world)
    async with visiting(stage, browser, "reviewer") as visitor:
        await arrive(visitor, request_id)
        await visitor.go_to_tab("Review queue")
        await visitor.page.keyboard.press("Control+Enter")
        queue = await visitor.outcome("Answered. 1 of 1 shown.")
        before = await visitor.kept()
        await visitor.page.get_by_role("button", name="Sign out").click()
        await visitor.page.wait_for_url("**/sign-in?signed-out")
        after = await visitor.kept()
        cookies = await visitor.context.cookies()

    assert " The first is due on " in queue
    assert before == after == {"local": 0, "session": 0, "databases": 0, "caches": 0}
    assert cookies == []


async def test_html_in_an_answer_stays_text(stage: Stage, browser: Browser) -> None:
    html = "<img src=/x onerror=alert(1)><style>*{color:red}</style><a href=//elsewhere.example>Return to work</a>"
    request_id = await released(stage.world, goal_statement=html, pathway_detail=html)
    async with stage.world.database.transaction() as session:
        for table in (Organisation, Practice, Consultant, Account):
            await session.execute(update(table).values(name=html))
    async with visiting(stage, browser, "consultant") as visitor:
        await arrive(visitor, request_id)
        await visitor.page.wait_for_function(
            "() => document.querySelector('.result-window').innerText.includes('<img')"
        )
        result = await visitor.page.evaluate(f"{MODEL % 'response.json'}.getValue()")
        made = await visitor.page.locator("img, a[href*=elsewhere], .result-window style").count()
        at_a_practice = await visitor.page.locator(".banner p").first.inner_text()
    async with visiting(stage, browser, "reviewer") as other:
        await other.open()
        of_an_organisation = await other.page.locator(".banner p").first.inner_text()
        made += await other.page.locator("img, a[href*=elsewhere], .banner style").count()

    assert result.count(html) >= 5, "in the goal, the pathway and three names"
    assert made == 0
    assert at_a_practice == f"Signed in as {html}, consultant at {html}"
    assert of_an_organisation == f"Signed in as {html}, reviewer for {html}"
    assert visitor.complaints == other.complaints == []


async def test_whoever_is_signed_out_is_led_back_to_the_same_place(stage: Stage, browser: Browser) -> None:
    request_id = await released(stage.world)
    async with visiting(stage, browser, "reviewer") as visitor:
        await arrive(visitor, request_id)
        await visitor.context.clear_cookies()
        execute = visitor.page.get_by_role("button", name="Execute query")
        await execute.click()
        over_http = await visitor.outcome("You are signed out:")
        link = await visitor.page.get_by_role("link", name="Sign in again").get_attribute("href")
        await visitor.page.get_by_role("tab", name="Follow live").click()
        await visitor.page.evaluate("outcome.replaceChildren()")
        await execute.click()
        on_a_socket = await visitor.outcome("You are signed out:")

    assert over_http == "You are signed out: nothing was done. Sign in again"
    assert on_a_socket == "You are signed out: nothing is followed. Sign in again"
    assert link == f"/sign-in?next=%2Fgraphiql%3Frequest%3D{request_id}"


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_axe_finds_nothing_serious(scheme: str, stage: Stage, browser: Browser) -> None:
    request_id = await released(stage.world)
    axe = await asyncio.to_thread(AXE.read_text)
    async with visiting(stage, browser, "reviewer", color_scheme=scheme) as visitor:
        await arrive(visitor, request_id)
        await visitor.page.get_by_role("button", name="Show Documentation Explorer").click()
        await visitor.page.wait_for_selector(".graphiql-doc-explorer-content")
        await visitor.page.evaluate(axe)
        found = await visitor.page.evaluate("axe.run({ preload: false, resultTypes: ['violations'] })")

    assert [(each["id"], each["nodes"][0]["html"]) for each in found["violations"] if each["impact"] in GRAVE] == []
    assert len(found["passes"]) > 20


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_axe_finds_nothing_serious_where_people_sign_in(scheme: str, stage: Stage, browser: Browser) -> None:
    axe = await asyncio.to_thread(AXE.read_text)
    async with visiting(stage, browser, color_scheme=scheme, viewport={"width": 390, "height": 844}) as visitor:
        await visitor.page.goto(f"{stage.url}/sign-in?signed-out")
        await visitor.page.evaluate(axe)
        found = await visitor.page.evaluate("axe.run({ preload: false, resultTypes: ['violations'] })")

    assert [each["id"] for each in found["violations"] if each["impact"] in GRAVE] == []
    assert visitor.complaints == []


async def test_a_narrow_screen_shows_everything_below_one_another(stage: Stage, browser: Browser) -> None:
    request_id = await released(stage.world)
    async with visiting(stage, browser, "reviewer", viewport={"width": 390, "height": 844}) as visitor:
        await arrive(visitor, request_id)
        parts = [
            await visitor.page.locator(place).bounding_box()
            for place in (".banner", "#outcome", ".graphiql-query-editor", ".graphiql-editor-tool", ".result-window")
        ]
        width = await visitor.page.evaluate("document.documentElement.scrollWidth")
        below = await visitor.page.evaluate("document.documentElement.scrollHeight - document.body.scrollHeight")

    assert (width, below) == (390, 0)
    assert all(part and part["width"] > 300 and part["height"] > 20 for part in parts)
    tops = [part["y"] for part in parts if part]
    assert tops == sorted(tops)


async def test_what_is_not_filled_in_is_not_sent(stage: Stage, browser: Browser) -> None:
    async with visiting(stage, browser, "reviewer") as visitor:
        await visitor.open()
        await visitor.outcome("Answered. The list is empty.")
        await visitor.page.get_by_role("tab", name="Ask a question").click()
        asked: list[str] = []
        visitor.page.on("request", lambda request: asked.append(request.url))
        await visitor.page.get_by_role("button", name="Execute query").click()
        told = await visitor.outcome("Not sent:")

    assert told == "Not sent: fill in topic and requestId, between the quotation marks in the variables."
    assert not [url for url in asked if url.endswith("/graphql")]
