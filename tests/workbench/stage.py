"""The whole web process with a story's world behind it, and a browser in front in which somebody has signed in."""

import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Browser, BrowserContext, Page, async_playwright
from starlette.applications import Starlette

from api.app import create_app
from api.keys import open_keyring
from api.settings import Settings
from models.actor import Actor
from models.clock import Clock, SystemClock
from models.database import Database
from models.operations.begin_browser_session import BeginBrowserSession, begin_browser_session
from models.operations.end_browser_session import EndBrowserSession, end_browser_session
from models.rules.browser_sessions import SessionLimits
from tests.api.live import served
from tests.builders import World, a_world
from tests.clock import FixedClock
from tests.stories.server import ROOT, free_port

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
_FLAGS = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--disable-background-networking"]
"""It runs as root where tests do, in little shared memory, and asks nobody about itself."""
MODEL = "__MONACO.editor.getModels().find(each => each.uri.path.endsWith('%s'))"


def build() -> None:
    """Build GraphiQL where its sources have changed; skip the test where that can't be done."""
    done = subprocess.run([sys.executable, ROOT / ".ci/workbench.py"], check=False, capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"GraphiQL could not be built, so nobody looked at it: {done.stdout.splitlines()[-1]}")


class Site(Protocol):
    """Where somebody goes with a browser."""

    @property
    def url(self) -> str: ...


class Stage:
    """A served deployment. ``people`` are those who can sign in."""

    def __init__(self, settings: Settings, database: Database, world: World, clock: Clock) -> None:
        self.settings = settings
        self.world = world
        self.people: dict[str, Actor] = {
            name: getattr(world, name)
            for name in ("reviewer", "second_reviewer", "consultant", "manager", "clinical_reviewer", "staff")
        }
        self.url = settings.public_url
        self.app: Starlette = create_app(settings, clock=clock)
        self._clock = clock
        self._database = database

    async def cookie_of(self, person: str) -> Any:
        """Sign somebody in; return what their browser keeps."""
        command = BeginBrowserSession(account_id=str(self.people[person].account_id), limits=SessionLimits())
        secret = await begin_browser_session(command, database=self._database, clock=self._clock)
        return {"name": "session", "value": str(secret), "url": self.url, "httpOnly": True, "sameSite": "Lax"}

    async def sign_out(self, cookie: Any) -> None:
        """End what a cookie opens, as signing out in another window does."""
        await end_browser_session(EndBrowserSession(secret=cookie["value"]), database=self._database)


async def nothing(_world: World) -> None:
    """Happens before most stories."""


@asynccontextmanager
async def staged(
    folder: Path,
    database_url: str,
    clock: FixedClock | None = None,
    before: Callable[[World], Awaitable[object]] = nothing,
) -> AsyncIterator[Stage]:
    """Serve a world of its own on this machine, by its own time or by a clock, after what happens ``before``."""
    port = free_port()
    settings = Settings(
        mode="demo", data_dir=folder, database_url=database_url, port=port, public_url=f"http://127.0.0.1:{port}"
    )
    database = Database.open(database_url, open_keyring(settings))
    try:
        world = await a_world(database, clock or FixedClock(SystemClock().now()), consultant_zone="UTC")
        await before(world)
        stage = Stage(settings, database, world, clock or SystemClock())
        async with served(stage.app, settings, port=port):
            yield stage
    finally:
        await database.close()


class Visitor:
    """Somebody in front of a browser. What the page complains of, and each request to elsewhere, is kept."""

    def __init__(self, stage: Site, context: BrowserContext, page: Page) -> None:
        self.stage = stage
        self.context = context
        self.page = page
        self.complaints: list[str] = []
        page.set_default_timeout(30_000)
        page.on("console", lambda message: self._complain(message.type, message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("websocket", lambda socket: self._check(socket.url))
        context.on("request", lambda request: self._check(request.url))

    def _complain(self, kind: str, text: str) -> None:
        if kind in {"error", "warning"}:
            self.complaints.append(text)

    def _check(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in {"data", "blob"} and parts.netloc != urlsplit(self.stage.url).netloc:
            self.complaints.append(f"asked {parts.netloc}")

    async def open(self, path: str = "/graphiql") -> None:
        await self.page.goto(self.stage.url + path)
        await self.page.wait_for_selector(".graphiql-query-editor .view-line")

    async def outcome(self, beginning: str) -> str:
        """Wait until the page says something that begins like this, and return all that it says."""
        await self.page.wait_for_function(
            "text => document.getElementById('outcome').textContent.startsWith(text)", arg=beginning
        )
        return await self.page.inner_text("#outcome")

    async def go_to_tab(self, name: str) -> None:
        """Press Tab until a tab has the focus, then an arrow until it is this one."""
        await self.press_until("Tab", "document.activeElement.role === 'tab'")
        await self.press_until("ArrowRight", f"document.activeElement.textContent === {name!r}")

    async def press_until(self, key: str, reached: str) -> None:
        """Press a key as often as it takes, within reason."""
        for _ in range(40):
            if await self.page.evaluate(reached):
                return
            await self.page.keyboard.press(key)
        pytest.fail(f"{key} does not lead there: {reached}")

    async def fill_variable(self, old: str, new: str) -> None:
        """Replace a part of the variables."""
        model = MODEL % "variables.json"
        await self.page.evaluate(f"pair => {model}.setValue({model}.getValue().replace(...pair))", [old, new])

    async def variables(self) -> str:
        return str(await self.page.evaluate(f"{MODEL % 'variables.json'}.getValue()"))

    async def kept(self) -> dict[str, int]:
        """Count what the browser keeps for this site beyond the page."""
        counted = await self.page.evaluate("""async () => ({
            local: localStorage.length,
            session: sessionStorage.length,
            databases: (await indexedDB.databases()).length,
            caches: (await globalThis.caches?.keys() ?? []).length,
        })""")
        return dict(counted)


@asynccontextmanager
async def browsing() -> AsyncIterator[Browser]:
    """Start Debian's Chromium; nothing is downloaded. Skip the test where there is none."""
    if CHROMIUM is None:
        pytest.skip("Chromium is not on this machine: GraphiQL was not looked at in a browser")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=_FLAGS)
        try:
            yield browser
        finally:
            await browser.close()


@asynccontextmanager
async def visiting(stage: Stage, browser: Browser, person: str = "", **options: Any) -> AsyncIterator[Visitor]:
    """Give a fresh browser, signed in as this person, or as nobody."""
    context = await browser.new_context(**options)
    if person:
        await context.add_cookies([await stage.cookie_of(person)])
    try:
        yield Visitor(stage, context, await context.new_page())
    finally:
        await context.close()
