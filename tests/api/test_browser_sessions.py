"""The cookie of somebody who is signed in with a browser: what it opens, for whose pages, and when no longer."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from httpx2 import AsyncClient
from starlette.requests import HTTPConnection
from starlette.responses import Response
from websockets.exceptions import InvalidStatus

from api.app import create_app
from api.browser_sessions import BrowserSessions
from api.credentials import Credentials, OwnPages
from api.errors import HttpRefusal
from api.settings import Settings
from models.clock import SystemClock
from models.database import Database
from models.operations.begin_browser_session import BeginBrowserSession, begin_browser_session
from models.operations.end_browser_session import EndBrowserSession, end_browser_session
from models.operations.sign_out_account import SignOutAccount, sign_out_account
from models.rules.browser_sessions import SessionLimits
from models.rules.vocabulary import Role
from tests import engines
from tests.api.house import House
from tests.api.live import PORTAL, Peer, Served, served
from tests.api.test_access_watch import REVOKED, an_account, opened
from tests.clock import FixedClock
from tests.rows import building

HOME = "https://sessions.example.org"
OURS = {"graphql-require-preflight": "1", "origin": "http://127.0.0.1:8000", "sec-fetch-site": "same-origin"}
BY_COOKIE = Credentials(secret="secret")
NAME = {"query": "{ viewer { name } }"}


def a_request(cookie: str | None = "secret", path: str = "/", **headers: str) -> HTTPConnection:
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    if cookie is not None:
        given["cookie"] = f"__Host-session={cookie}; other=1"
    raw = [(name.encode(), value.encode()) for name, value in given.items()]
    return HTTPConnection({"type": "http", "path": path, "headers": raw})


@pytest.mark.parametrize(
    ("headers", "brought"),
    [
        ({"graphql_require_preflight": "1"}, BY_COOKIE),
        ({"graphql_require_preflight": "1", "origin": HOME}, BY_COOKIE),
        (
            {"graphql_require_preflight": "1", "origin": HOME, "sec_fetch_site": "same-origin"},
            Credentials(None, "secret"),
        ),
        ({"authorization": "Bearer x"}, Credentials("Bearer x")),
        ({"authorization": "Bearer x", "origin": "https://elsewhere.example"}, Credentials("Bearer x")),
    ],
)
def test_a_cookie_counts_where_a_page_of_ours_sent_it(headers: dict[str, str], brought: Credentials) -> None:
    assert OwnPages(HOME).of_request(a_request(**headers)) == brought


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"origin": HOME},
        {"sec_fetch_site": "same-origin"},
        {"graphql_require_preflight": "1", "origin": "https://elsewhere.example"},
        {"graphql_require_preflight": "1", "origin": "https://portal.example.org"},
        {"graphql_require_preflight": "1", "origin": "http://sessions.example.org"},
        {"graphql_require_preflight": "1", "origin": "null"},
        {"graphql_require_preflight": "1", "origin": HOME, "sec_fetch_site": "cross-site"},
        {"graphql_require_preflight": "1", "sec_fetch_site": "same-site"},
        {"graphql_require_preflight": "1", "sec_fetch_site": "none"},
    ],
)
def test_a_cookie_that_another_page_may_have_sent_is_refused(headers: dict[str, str]) -> None:
    with pytest.raises(HttpRefusal) as refusal:
        OwnPages(HOME).of_request(a_request(**headers))
    assert refusal.value.status == 403


def test_on_one_s_own_machine_it_counts_by_each_of_its_names() -> None:
    pages = OwnPages("http://127.0.0.1:8000")
    for origin, counts in (
        ("http://localhost:8000", True),
        ("http://[::1]:8000", True),
        ("http://localhost:8001", False),
        ("https://localhost:8000", False),
        ("http://localhost.example.org:8000", False),
    ):
        asked = HTTPConnection({"type": "http", "headers": [(b"origin", origin.encode()), (b"cookie", b"session=x")]})
        assert (pages.of_socket(asked).secret is not None) == counts


@pytest.mark.parametrize(
    ("origin", "counts"),
    [(HOME, True), (None, False), ("https://portal.example.org", False), ("null", False), (f"{HOME}:8443", False)],
)
def test_on_a_socket_it_counts_for_our_own_origin_alone(origin: str | None, *, counts: bool) -> None:
    headers = {} if origin is None else {"origin": origin}
    assert OwnPages(HOME).of_socket(a_request(**headers)).secret == ("secret" if counts else None)


@pytest.mark.parametrize("before", [b"\xa0", b"\x85", b"\x1f", b"\xc2\xa0", b"\xe2\x80\x83", b"=", b"__secure-"])
def test_a_cookie_that_is_only_nearly_called_so_does_not_count(before: bytes) -> None:
    """Chromium lets a sibling host set the first two, and Starlette reads them as the name that it must not set."""
    names = before + b"__Host-session=planted"
    for cookie, secret in (
        (names, None),
        (names + b"; __Host-session=own", "own"),
        (b"a=1;\t__Host-session=own", "own"),
    ):
        asked = HTTPConnection({"type": "http", "headers": [(b"cookie", cookie)]})
        assert OwnPages(HOME).secret_of(asked) == secret


@asynccontextmanager
async def signed_in(house: House, **headers: str) -> AsyncIterator[tuple[AsyncClient, str]]:
    """Give a browser that is signed in, and its secret."""
    async with house.database() as database:
        command = BeginBrowserSession(account_id=house.account_id, limits=SessionLimits())
        secret = await begin_browser_session(command, database=database, clock=house.clock)
    assert secret is not None
    async with house.client() as client:
        del client.headers["authorization"]
        client.headers.update({"cookie": f"session={secret}", **OURS, **headers})
        yield client, secret


async def test_graphql_answers_who_is_signed_in(house: House) -> None:
    async with signed_in(house) as (client, _):
        answer = await client.post("/graphql", json=NAME)
        assert answer.json() == {"data": {"viewer": {"name": "Sam Staff"}}}
        assert "set-cookie" not in answer.headers

        house.clock.advance(timedelta(minutes=29))
        assert (await client.post("/graphql", json=NAME)).status_code == 200
        house.clock.advance(timedelta(minutes=29))
        assert (await client.post("/graphql", json=NAME)).status_code == 200, "use has kept it"
        house.clock.advance(timedelta(minutes=31))
        over = await client.post("/graphql", json=NAME)

    assert over.status_code == 401
    assert over.json()["errors"][0]["extensions"] == {"code": "UNAUTHENTICATED"}


@pytest.mark.parametrize("cookie", ["session=", "session=x", f"session={'x' * 5000}", "other=1"])
async def test_any_other_cookie_opens_nothing(house: House, cookie: str) -> None:
    async with signed_in(house) as (client, _):
        answer = await client.post("/graphql", json=NAME, headers={"cookie": cookie})
    assert answer.status_code == 401


async def test_pages_elsewhere_can_post_no_form_and_get_nothing(house: House) -> None:
    """What a browser can send for another page without asking: forms, images, links; the cookie may go along."""
    elsewhere = {"origin": "https://elsewhere.example", "sec-fetch-site": "cross-site"}
    async with signed_in(house) as (client, _):
        for name in OURS:
            del client.headers[name]
        for kind in ("application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain"):
            headers = {**elsewhere, "content-type": kind}
            answer = await client.post("/graphql", content=b'{"query":"{ viewer { name } }"}', headers=headers)
            assert (answer.status_code, b"Sam" in answer.content) == (415, False)
        for query in ("/graphql?query={viewer{name}}", "/sign-out"):
            answer = await client.get(query, headers=elsewhere)
            assert (answer.status_code, b"Sam" in answer.content) == (405, False)
        asked = await client.post("/graphql", json=NAME, headers=elsewhere)
        preflight = await client.options("/graphql", headers={**elsewhere, "access-control-request-method": "POST"})
        for headers in (elsewhere, {}, {"origin": "null"}):
            assert (await client.post("/sign-out", headers=headers)).status_code == 403
        still = await client.post("/graphql", json=NAME, headers=OURS)

    assert asked.status_code == 403
    assert "access-control-allow-origin" not in preflight.headers
    assert still.status_code == 200, "nobody was signed out"


async def test_a_stolen_cookie_opens_nothing_after_signing_out(house: House) -> None:
    async with signed_in(house) as (client, secret):
        answer = await client.post("/sign-out", follow_redirects=False)
        assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?signed-out")
        assert answer.headers["clear-site-data"] == '"cache", "storage"'
        assert answer.headers["set-cookie"].startswith('session=""; ')
        stolen = await client.post("/graphql", json=NAME, headers={"cookie": f"session={secret}"})
    assert stolen.status_code == 401


async def begun(sessions: BrowserSessions, account_id: str, earlier: str | None = None) -> tuple[str, set[str]]:
    """Sign in; return the cookie's secret and attributes."""
    response = Response()
    assert await sessions.begin(a_request(earlier), account_id, response)
    name, _, rest = response.headers["set-cookie"].partition("=")
    secret, _, attributes = rest.partition("; ")
    assert name == "__Host-session"
    return secret, set(attributes.lower().split("; "))


async def test_a_page_changes_the_secret_and_has_the_browser_keep_it(database: Database, clock: FixedClock) -> None:
    async with building(database, clock) as build:
        actor = await build.account(Role.PROVIDER_STAFF)
    sessions = BrowserSessions(database, clock, SessionLimits(), OwnPages(HOME))
    secret, attributes = await begun(sessions, str(actor.account_id))
    assert attributes == {"httponly", "path=/", "samesite=lax", "secure"}

    young = await sessions.admit(a_request(secret))
    assert young is not None
    assert young.changed_secret is None
    clock.advance(timedelta(minutes=15))
    changed = await sessions.admit(a_request(secret))
    assert changed is not None
    response = Response()
    sessions.keep(changed, response)
    newer = response.headers["set-cookie"].partition("=")[2].partition(";")[0]
    assert newer == changed.changed_secret != secret

    for each, opens in ((secret, True), (newer, True)):
        assert (await sessions.admit(a_request(each)) is not None) == opens
    clock.advance(timedelta(minutes=2))
    for each, opens in ((secret, False), (newer, True)):
        assert (await sessions.admit(a_request(each)) is not None) == opens


async def test_signing_in_ends_what_the_browser_had_and_lets_nobody_in_who_is_not_there(
    database: Database, clock: FixedClock
) -> None:
    async with building(database, clock) as build:
        account_id = str((await build.account(Role.PROVIDER_STAFF)).account_id)
    sessions = BrowserSessions(database, clock, SessionLimits(), OwnPages(HOME))
    planted, _ = await begun(sessions, account_id)

    secret, _ = await begun(sessions, account_id, planted)

    assert await sessions.admit(a_request(planted)) is None
    assert await sessions.admit(a_request(secret)) is not None
    assert not await sessions.begin(a_request(None), "acc_unknown", Response())


async def test_whoever_has_copied_a_cookie_and_had_it_changed_is_out_when_its_owner_signs_in_again(
    database: Database, clock: FixedClock
) -> None:
    async with building(database, clock) as build:
        account_id = str((await build.account(Role.PROVIDER_STAFF)).account_id)
    sessions = BrowserSessions(database, clock, SessionLimits(), OwnPages(HOME))
    copied, _ = await begun(sessions, account_id)
    clock.advance(timedelta(minutes=16))
    thief = await sessions.admit(a_request(copied))
    assert thief is not None
    clock.advance(timedelta(minutes=2))
    assert await sessions.admit(a_request(copied)) is None, "so its owner has to sign in"

    await begun(sessions, account_id, copied)

    assert await sessions.admit(a_request(thief.changed_secret)) is None


@asynccontextmanager
async def a_socket(server: Served, secret: str, origin: str = OURS["origin"]) -> AsyncIterator[Peer]:
    """Give a socket whose browser brought the cookie, and whose page says nothing of who it is."""
    async with server.connect(origin=origin, additional_headers={"cookie": f"session={secret}"}) as connection:
        peer = Peer(connection)
        await peer.say(type="connection_init")
        yield peer


async def a_secret(settings: Settings, account_id: str) -> str:
    async with opened(settings) as store:
        command = BeginBrowserSession(account_id=account_id, limits=SessionLimits())
        secret = await begin_browser_session(command, database=store, clock=SystemClock())
    assert secret is not None
    return secret


async def test_a_socket_ends_when_its_session_does(database_url: str, tmp_path: Path) -> None:
    settings = Settings(mode="demo", data_dir=tmp_path, database_url=database_url)
    async with served(create_app(settings), settings) as server:
        one, _ = await an_account(settings)
        other, _ = await an_account(settings)
        ending, staying = [await a_secret(settings, other) for _ in range(2)]
        async with (
            a_socket(server, await a_secret(settings, one)) as signed_out_everywhere,
            a_socket(server, ending) as signed_out,
            a_socket(server, staying) as still_there,
        ):
            for peer in (signed_out_everywhere, signed_out, still_there):
                assert await peer.hears() == {"type": "connection_ack"}
                await peer.ask("1", "{ viewer { name } }")
                assert (await peer.hears())["payload"] == {"data": {"viewer": {"name": "Sam Staff"}}}
            async with opened(settings) as store:
                await sign_out_account(SignOutAccount(sign_in_name=one), database=store, clock=SystemClock())
                await end_browser_session(EndBrowserSession(secret=ending), database=store)
            async with asyncio.timeout(5):
                assert await signed_out_everywhere.closed() == await signed_out.closed() == REVOKED
            await still_there.hears()
            await still_there.ask("2", "{ viewer { name } }")
            assert (await still_there.hears())["type"] == "next"


async def test_a_bearer_token_s_socket_ends_when_its_account_is_signed_out(database_url: str, tmp_path: Path) -> None:
    settings = Settings(mode="demo", data_dir=tmp_path, database_url=database_url)
    async with served(create_app(settings), settings) as server:
        name, token = await an_account(settings)
        later = FixedClock(SystemClock().now() + timedelta(seconds=1))  # a token says its second, and no more
        async with server.socket(token) as peer:
            async with opened(settings) as store:
                await sign_out_account(SignOutAccount(sign_in_name=name), database=store, clock=later)
            async with asyncio.timeout(5):
                assert await peer.closed() == REVOKED
        answer = await server.post("{ viewer { name } }", accept="application/json", token=token)
    assert answer.status_code == 401


async def test_a_socket_of_another_page_is_not_let_in_by_the_cookie(migrated_sqlite: Path, tmp_path: Path) -> None:
    engines.copy_sqlite(migrated_sqlite, tmp_path / "extra-sessions.sqlite3")
    settings = Settings(mode="demo", data_dir=tmp_path, allowed_origins=PORTAL)
    async with served(create_app(settings), settings) as server:
        account_id, _ = await an_account(settings)
        secret = await a_secret(settings, account_id)
        async with a_socket(server, secret, PORTAL) as allowed:
            assert await allowed.closed() == (4401, "sign in")
        for origin in ("https://elsewhere.example", "http://127.0.0.1:8001", "null"):
            with pytest.raises(InvalidStatus) as refused:
                async with a_socket(server, secret, origin):
                    raise AssertionError
            assert refused.value.response.status_code == 403
