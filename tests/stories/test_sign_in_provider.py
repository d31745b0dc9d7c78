"""Signing in as production does: by a certified provider of somebody else's, over TLS, in a browser."""

import asyncio
import json
import os
import secrets
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from httpx2 import AsyncClient, HTTPError
from playwright.async_api import Browser
from sqlalchemy import update

from api.sign_in.client import CALLBACK
from models.clock import SystemClock
from models.keyring import Keyring
from models.tables import Account
from tests.builders import World, a_world
from tests.clock import FixedClock
from tests.jobs.post_office import certificate
from tests.jobs.workshop import until
from tests.stories.server import ROOT, Deployment, deployed, free_port
from tests.stories.test_clients import install
from tests.stories.test_reverse_proxy import NGINX, proxied
from tests.workbench.stage import Visitor, browsing, build

FOLDER = ROOT / "tests/stories/provider"
WHO = {"query": "{ viewer { name } }"}
REVIEWER, MACHINE, STRANGER = "robin", "calendar", "mallory"
SECRET_OF_THE_BROWSERS, SECRET_OF_THE_MACHINES = "a secret: +/%&=?~ !$*", secrets.token_urlsafe(16)
CLIENT = "extra sessions"
AS_OUR_PAGES_DO = {"graphql-require-preflight": "1"}
NEXT_READING = 35
"""Seconds after which a token with a key that is not known makes the server look again, and some more."""


class Provider:
    """The other side: its own process, on a site of its own, with a certificate of a private authority."""

    def __init__(self, folder: Path, public_url: str) -> None:
        self._port = free_port()
        self._folder = folder
        self._certificate = folder / "provider.pem"
        self.authority = certificate(folder / "authority.pem")
        certificate(self._certificate, address="localhost", by=self.authority)
        self.issuer = f"https://localhost:{self._port}"
        self.audience = f"{public_url}/graphql"
        self._home = public_url + CALLBACK

    @asynccontextmanager
    async def signing_by(self, algorithm: str) -> AsyncIterator[AsyncClient]:
        """Run it with keys that are new."""
        browsers = {
            "client_id": "extra sessions",
            "client_secret": SECRET_OF_THE_BROWSERS,
            "redirect_uris": [self._home],
        }
        settings = {
            "algorithm": algorithm,
            "audience": self.audience,
            "browsers": browsers,
            "certificate": str(self._certificate),
            "issuer": self.issuer,
            "machines": [{"client_id": name, "client_secret": SECRET_OF_THE_MACHINES} for name in (MACHINE, REVIEWER)],
            "port": self._port,
        }
        with (self._folder / "provider.txt").open("ab") as log:
            process = await asyncio.create_subprocess_exec(
                *("node", "provider.mjs", json.dumps(settings)),
                cwd=FOLDER,
                env=dict(os.environ),  # noqa: TID251 - node needs the PATH of this machine
                stdout=log,
                stderr=log,
            )
        try:
            async with AsyncClient(base_url=self.issuer, verify=self.authority.trusting()) as client:
                await until(lambda: serves(client))
                yield client
        finally:
            process.kill()
            await process.wait()

    async def token(self, client: AsyncClient, name: str) -> str:
        """Have a bearer token made for the API, in a program's own name."""
        form = {"grant_type": "client_credentials", "resource": self.audience}
        answer = await client.post("/token", data=form, auth=(name, SECRET_OF_THE_MACHINES))
        return str(answer.json()["access_token"])


async def serves(client: AsyncClient) -> bool:
    try:
        return (await client.get("/.well-known/openid-configuration")).is_success
    except HTTPError:
        return False


@dataclass(frozen=True)
class Site:
    """Ours, as browsers and machines find it."""

    url: str
    trusting: ssl.SSLContext
    provider: Provider

    async def ask(self, **headers: str) -> Any:
        async with AsyncClient(base_url=self.url, verify=self.trusting, headers=headers) as client:
            answer = await client.post("/graphql", json=WHO)
            return answer.json()["data"]["viewer"]["name"] if answer.is_success else answer.status_code

    async def ask_by(self, token: str) -> Any:
        return await self.ask(authorization=f"Bearer {token}")

    @asynccontextmanager
    async def visited(self, browser: Browser) -> AsyncIterator[Visitor]:
        """Give a fresh browser, which takes our certificate and the provider's as they are."""
        context = await browser.new_context(ignore_https_errors=True)
        try:
            yield Visitor(self, context, await context.new_page())
        finally:
            await context.close()


async def sign_in(visitor: Visitor, name: str) -> None:
    """Go where GraphiQL is, and do what the provider's pages ask for."""
    page = visitor.page
    await page.goto(f"{visitor.stage.url}/graphiql")
    await page.fill("[name=login]", name)
    await page.fill("[name=password]", "correct horse")
    await page.get_by_role("button", name="Sign-in").click()
    await page.get_by_role("button", name="Continue").click()
    await page.wait_for_url(f"{visitor.stage.url}/**")


async def cookies_of(visitor: Visitor) -> dict[str, Any]:
    return {each["name"]: each for each in await visitor.context.cookies(visitor.stage.url + "/sign-in")}


async def signs_in_and_out(site: Site, browser: Browser, name: str) -> None:
    async with site.visited(browser) as visitor:
        await sign_in(visitor, REVIEWER)
        await visitor.outcome("Answered.")
        assert name in await visitor.page.inner_text("header")
        ours = {key: each for key, each in (await cookies_of(visitor)).items() if key.startswith("__")}
        assert list(ours) == ["__Host-session"], "what the attempt needed is gone"
        session = ours["__Host-session"]
        assert (session["secure"], session["httpOnly"], session["sameSite"]) == (True, True, "Lax")
        cookie = f"__Host-session={session['value']}"
        assert await site.ask(cookie=cookie, **AS_OUR_PAGES_DO) == name
        await visitor.page.get_by_role("button", name="Sign out").click()
        await visitor.page.wait_for_url("**/sign-in?signed-out")
        assert "You are signed out" in await visitor.page.inner_text("body")
        assert "__Host-session" not in await cookies_of(visitor)
        assert await site.ask(cookie=cookie, **AS_OUR_PAGES_DO) == 401
        await is_asked_again_after_signing_out_there_too(visitor)
    assert set(visitor.complaints) == {f"asked {site.provider.issuer.removeprefix('https://')}"}


async def is_asked_again_after_signing_out_there_too(visitor: Visitor) -> None:
    page = visitor.page
    await page.get_by_role("link", name="Sign out at the sign-in provider").click()
    await page.get_by_role("button", name="Yes, sign me out").click()
    await page.wait_for_url("https://localhost:*/session/end/success*")
    await page.goto(f"{visitor.stage.url}/graphiql")
    await page.wait_for_selector("[name=login]")


async def is_let_in_there_and_not_here(site: Site, browser: Browser) -> None:
    async with site.visited(browser) as visitor:
        await sign_in(visitor, STRANGER)
        text = await visitor.page.inner_text("body")
        assert "There is no account here that is open to you." in text
        assert STRANGER not in text
        assert not [key for key in await cookies_of(visitor) if key.startswith("__")]
        await visitor.page.goto(f"{site.url}/graphiql")
        assert "There is no account here that is open to you." in await visitor.page.inner_text("body")


async def named(server: Deployment) -> World:
    """Make a world in which two accounts are called as the provider calls them."""
    async with server.database() as database:
        world = await a_world(database, FixedClock(SystemClock().now()))
        async with database.transaction() as session:
            for actor, name in ((world.reviewer, REVIEWER), (world.integrator, MACHINE)):
                await session.execute(update(Account).where(Account.id == actor.account_id).values(external_id=name))
    return world


def production(folder: Path, provider: Provider, public_url: str) -> dict[str, Any]:
    """Return the settings of a deployment that signs people in by this provider."""
    folder.mkdir()
    Keyring.generate().save(folder / "keys.json")
    (folder / "secret.txt").write_text(f"{SECRET_OF_THE_BROWSERS}\n")
    return {
        "mode": "production",
        "key_file": folder / "keys.json",
        "provider": "Harbour EAP",
        "mail_from": "no-reply@eap.example",
        "public_url": public_url,
        "trusted_proxies": "127.0.0.1",
        "token_issuer": provider.issuer,
        "token_audience": provider.audience,
        "oidc_client_id": CLIENT,
        "oidc_client_secret_file": folder / "secret.txt",
        "authority": provider.authority.path,
    }


async def is_found_well(server: Deployment, provider: Provider) -> None:
    findings = json.loads(await server.run("doctor", "--json"))["findings"]
    found = {each["check"]: each["found"] for each in findings if each["level"] == "ok"}
    assert found["sign-in"] == f"Tokens of {provider.issuer} are believed, by 2 public keys."
    assert (
        found["browsers"] == f"Browsers sign in as {CLIENT}; they come back to {server.settings.public_url}{CALLBACK}."
    )


async def follows_the_keys(site: Site, name: str, before: str, after: str) -> None:
    """See that a token by a key that is new is believed before long, and one by a key that is gone no more."""
    assert await site.ask_by(before) == name, "nobody has said yet that its key is withdrawn"

    async def is_believed() -> bool:
        return bool(await site.ask_by(after) == name)

    await until(is_believed, seconds=NEXT_READING)
    assert await site.ask_by(before) == 401


@pytest.mark.skipif(NGINX is None, reason="nginx is not installed here")
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_people_and_machines_are_let_in_by_a_certified_provider(database_url: str, tmp_path: Path) -> None:
    """In the end it signs by other keys, of which this server was told nothing."""
    await install(FOLDER)
    build()
    port = free_port()
    url = f"https://127.0.0.1:{port}"
    provider = Provider(tmp_path, url)
    async with (
        browsing() as browser,
        deployed(tmp_path / "data", database_url, **production(tmp_path / "data", provider, url)) as server,
        proxied(tmp_path / "proxy", server.settings.port, port) as (_, trusting),
    ):
        world = await named(server)
        site = Site(url, trusting, provider)
        async with provider.signing_by("RS256") as client:
            await server.start()
            before = await provider.token(client, MACHINE)
            assert await site.ask_by(before) == world.integrator.name
            assert await site.ask_by(await provider.token(client, REVIEWER)) == 401, "a program is not the reviewer"
            await signs_in_and_out(site, browser, world.reviewer.name)
            await is_let_in_there_and_not_here(site, browser)
            await is_found_well(server, provider)
        async with provider.signing_by("ES256") as client:
            await follows_the_keys(site, world.integrator.name, before, await provider.token(client, MACHINE))
            await signs_in_and_out(site, browser, world.reviewer.name)
        await server.stop()

    for secret in (SECRET_OF_THE_BROWSERS, SECRET_OF_THE_MACHINES, before, REVIEWER, STRANGER):
        assert secret not in server.output
    assert "Traceback" not in server.output
