"""The pages that people sign in by, as a browser meets them: cookies, headers, texts, limits. On both databases."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
import structlog
from httpx2 import ASGITransport, AsyncClient, Response
from joserfc.jwk import KeySet
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import HTTPConnection
from starlette.responses import Response as Answer

from api.browser_sessions import BrowserSessions
from api.credentials import OwnPages
from api.perimeter import Perimeter
from api.settings import Settings
from api.sign_in.opening import open_pages
from api.sign_in.provider_keys import keys_of
from api.sign_in.public_keys import FixedKeys
from models.database import Database
from models.rules.browser_sessions import SessionLimits
from models.rules.vocabulary import Role
from models.tables import Account, Organisation
from tests.clock import FixedClock
from tests.sign_in.provider import CLIENT, Provider

HOME = "https://sessions.example.org"
HERE = "http://127.0.0.1:8000"
EVIL = "<script>alert(1)</script>\"' onload=x&amp;"
ORIGIN = {"origin": HERE}


class Sessions(BrowserSessions):
    """The product's own; notes who has one."""

    def __init__(self, database: Database, clock: FixedClock) -> None:
        super().__init__(database, clock, SessionLimits(), OwnPages(HOME))
        self.of: list[str] = []

    async def begin(self, connection: HTTPConnection, account_id: str, response: Answer) -> bool:
        begun = await super().begin(connection, account_id, response)
        self.of += [account_id] if begun else []
        return begun


@pytest.fixture
def sessions(database: Database, clock: FixedClock) -> Sessions:
    return Sessions(database, clock)


async def someone(database: Database, sign_in_name: str, clock: FixedClock, **facts: Any) -> str:
    """Make an account; return its id."""
    given = {"id": f"acc_{sign_in_name}", "name": "Sam Staff", "role": Role.PROVIDER_STAFF} | facts
    async with database.transaction() as session:
        account = Account(
            external_id=sign_in_name,
            email="sam@eap.example",
            time_zone="Australia/Melbourne",
            created_at=clock.now(),
            **given,
        )
        session.add(account)
    return str(account.id)


@asynccontextmanager
async def browser(
    settings: Settings, database: Database, clock: FixedClock, sessions: Sessions, provider: Provider | None = None
) -> AsyncIterator[AsyncClient]:
    keys = keys_of(provider.issuer) if provider else FixedKeys(KeySet([]))
    pages = open_pages(settings, database, clock, keys, sessions.begin)
    perimeter = Middleware(Perimeter, https=settings.public_url.startswith("https://"))
    app = Starlette(routes=list(pages.routes()), middleware=[perimeter])
    transport = ASGITransport(app=app, client=("192.0.2.1", 1))
    async with AsyncClient(transport=transport, base_url=settings.public_url) as client:
        yield client


def production(provider: Provider, **more: Any) -> Settings:
    given = {"token_issuer": provider.issuer, "public_url": HOME, "oidc_client_id": CLIENT}
    return Settings.model_validate(given | more)


@pytest.fixture
async def client(
    provider: Provider, database: Database, clock: FixedClock, sessions: Sessions
) -> AsyncIterator[AsyncClient]:
    async with browser(production(provider), database, clock, sessions, provider) as client:
        yield client


@pytest.fixture
async def demo(database: Database, clock: FixedClock, sessions: Sessions) -> AsyncIterator[AsyncClient]:
    async with browser(Settings(mode="demo"), database, clock, sessions) as client:
        yield client


def is_safe(page: Response) -> bool:
    policy = page.headers["content-security-policy"]
    return (
        policy.startswith("default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action ")
        and page.headers["x-frame-options"] == "DENY"
        and page.headers["cache-control"] == "no-store"
        and not re.search(r"<script|<style|style=|\son\w+=", page.text)
    )


async def test_a_person_goes_to_the_provider_and_comes_back_signed_in(
    client: AsyncClient, provider: Provider, database: Database, clock: FixedClock, sessions: Sessions
) -> None:
    account_id = await someone(database, "sam", clock)

    leaving = await client.get("/sign-in?next=/graphiql?request=req_1")
    [kept] = client.cookies.jar
    back = await client.get("/sign-in/callback", params=provider.let_in(leaving.headers["location"]))

    assert (leaving.status_code, urlsplit(leaving.headers["location"]).path) == (303, "/authorize")
    assert kept.name.startswith("__Host-sign-in-"), "a name that no other host of this site can give"
    said = leaving.headers["set-cookie"].lower()
    assert "; path=/; " in said
    assert "; secure" in said
    assert "domain" not in said, "or no browser takes it under this name"
    assert "httponly" in said
    assert "samesite=lax" in said
    assert "max-age=600" in said
    assert (back.status_code, back.headers["location"]) == (303, "/graphiql?request=req_1")
    assert sessions.of == [account_id]
    assert [cookie.name for cookie in client.cookies.jar] == ["__Host-session"], "the attempt is over"


async def test_a_callback_without_an_attempt_of_this_browser_signs_nobody_in(
    client: AsyncClient, provider: Provider, database: Database, clock: FixedClock, sessions: Sessions
) -> None:
    await someone(database, "sam", clock)
    leaving = await client.get("/sign-in")
    brought = provider.let_in(leaving.headers["location"])
    client.cookies.clear()

    odd = {"state": "(" * 12, "code": EVIL}
    answers = [
        await client.get("/sign-in/callback", params=brought),
        await client.get("/sign-in/callback"),
        await client.get("/sign-in/callback", params={"state": "x\r\ny;é\0", "code": EVIL}),
        await client.get("/sign-in/callback", params=odd, headers={"cookie": f"__Host-sign-in-{'(' * 12}=x"}),
    ]

    assert [(answer.status_code, is_safe(answer)) for answer in answers] == [(400, True)] * 4
    assert all("not begun in this browser" in answer.text for answer in answers)
    assert all('href="/sign-in"' in answer.text for answer in answers)
    assert sessions.of == []
    assert provider.forms == []


async def test_a_browser_that_follows_where_it_is_sent_ends_where_it_wanted_to_go(
    provider: Provider, database: Database, clock: FixedClock, sessions: Sessions
) -> None:
    await someone(database, "sam", clock)
    async with browser(production(provider), database, clock, sessions, provider) as inner:
        ours = inner._transport  # noqa: SLF001 - a client in front of it reaches the provider's socket as well
        async with AsyncClient(mounts={HOME: ours}, follow_redirects=True) as client:
            page = await client.get(f"{HOME}/sign-in?next=/graphiql?request=req_1")

    assert str(page.url) == f"{HOME}/graphiql?request=req_1"
    assert [urlsplit(str(each.url)).path for each in page.history] == ["/sign-in", "/authorize", "/sign-in/callback"]
    assert len(sessions.of) == 1


async def test_whoever_tries_again_still_gets_where_they_wanted_to_go(client: AsyncClient, provider: Provider) -> None:
    leaving = await client.get("/sign-in?next=/graphiql?request=req_1")
    brought = provider.let_in(leaving.headers["location"])
    del brought["code"]

    page = await client.get("/sign-in/callback", params=brought | {"error": "access_denied"})

    assert page.status_code == 403
    assert 'href="/sign-in?next=%2Fgraphiql%3Frequest%3Dreq_1"' in page.text


async def test_two_pages_of_one_browser_can_sign_in_side_by_side(
    client: AsyncClient, provider: Provider, database: Database, clock: FixedClock
) -> None:
    await someone(database, "sam", clock)
    first, second = [await client.get("/sign-in", params={"next": path}) for path in ("/one", "/two")]

    ends = [
        (await client.get("/sign-in/callback", params=provider.let_in(leaving.headers["location"]))).headers["location"]
        for leaving in (first, second)
    ]

    assert ends == ["/one", "/two"]


@pytest.mark.parametrize("before", [b"\xa0", b"\x85", b"\x1f", b"__Secure-", b"__host-"])
async def test_an_attempt_that_another_host_of_the_site_had_the_browser_keep_signs_nobody_in(
    before: bytes, client: AsyncClient, provider: Provider, database: Database, clock: FixedClock
) -> None:
    """Else it could have its own account signed in, in somebody else's browser, and read what is written there."""
    await someone(database, "mallory", clock)
    leaving = await client.get("/sign-in")
    [kept] = client.cookies.jar
    name = kept.name[kept.name.index("sign-in-") :] if before.startswith(b"_") else kept.name
    client.cookies.clear()
    planted = {b"cookie": before + f"{name}={kept.value}".encode()}
    brought = provider.let_in(leaving.headers["location"], "mallory")

    page = await client.get("/sign-in/callback", params=brought, headers=list(planted.items()))

    assert page.status_code == 400
    assert not list(client.cookies.jar)


async def test_attempts_that_are_never_finished_do_not_pile_up_in_the_browser(
    client: AsyncClient, provider: Provider
) -> None:
    begun = [await client.get("/sign-in") for _ in range(12)]

    assert len(list(client.cookies.jar)) <= 4
    finished = await client.get("/sign-in/callback", params=provider.let_in(begun[-1].headers["location"], "nobody"))
    assert finished.status_code == 403


async def test_a_code_that_comes_again_is_refused(
    client: AsyncClient, provider: Provider, database: Database, clock: FixedClock, sessions: Sessions
) -> None:
    await someone(database, "sam", clock)
    leaving = await client.get("/sign-in")
    brought = provider.let_in(leaving.headers["location"])
    attempt = {"cookie": "; ".join(f"{cookie.name}={cookie.value}" for cookie in client.cookies.jar)}

    await client.get("/sign-in/callback", params=brought)
    again = await client.get("/sign-in/callback", params=brought)
    with_cookie = await client.get("/sign-in/callback", params=brought, headers=attempt)

    assert (again.status_code, with_cookie.status_code) == (400, 400)
    assert len(sessions.of) == 1


async def test_an_unknown_a_disabled_and_a_machine_s_account_look_the_same(
    client: AsyncClient, provider: Provider, database: Database, clock: FixedClock, sessions: Sessions
) -> None:
    await someone(database, "gone", clock, disabled_at=clock.now())
    await someone(database, "machine", clock, role=Role.INTEGRATOR)
    pages = []
    for name in ("nobody", "gone", "machine", "é\0'; --"):
        leaving = await client.get("/sign-in")
        answer = await client.get("/sign-in/callback", params=provider.let_in(leaving.headers["location"], name))
        pages.append((answer.status_code, answer.text, answer.headers["set-cookie"].partition("=")[2]))

    assert len(set(pages)) == 1
    assert pages[0][0] == 403
    assert "no account here that is open to you" in pages[0][1]
    assert sessions.of == []


async def test_nothing_of_an_attempt_is_logged(
    client: AsyncClient, provider: Provider, database: Database, clock: FixedClock
) -> None:
    await someone(database, "sam.surname", clock, id="acc_1")
    with structlog.testing.capture_logs() as lines:
        leaving = await client.get("/sign-in?next=/graphiql?request=req_1")
        brought = provider.let_in(leaving.headers["location"], "sam.surname")
        await client.get("/sign-in/callback", params=brought)
        await client.get("/sign-in/callback", params=brought)

    text = str([line for line in lines if line.get("logger") != "httpx2"])
    assert {line["event"] for line in lines} >= {"signed in", "sign-in refused", "request"}
    assert not [secret for secret in (brought["code"], brought["state"], "surname", "req_1", "Sam") if secret in text]


async def test_whoever_is_signed_out_is_told_where_the_provider_still_knows_them(
    client: AsyncClient, provider: Provider
) -> None:
    provider.says = {"end_session_endpoint": f"{provider.issuer}/leave?tenant=1"}

    page = await client.get("/sign-in?signed-out")

    assert "Your sign-in provider may still know you" in page.text
    assert f'href="{provider.issuer}/leave?tenant=1&amp;client_id={CLIENT}"' in page.text
    assert is_safe(page)


@pytest.mark.parametrize("unsafe", ["http://id.example/leave", "javascript:alert(1)", 7])
async def test_no_unsafe_address_to_sign_out_at_is_shown(client: AsyncClient, provider: Provider, unsafe: Any) -> None:
    provider.says = {"end_session_endpoint": unsafe}

    page = await client.get("/sign-in?signed-out")

    assert page.status_code == 200
    assert "Sign out at" not in page.text


async def test_whoever_is_signed_out_is_told_so_while_the_provider_is_away(
    client: AsyncClient, provider: Provider
) -> None:
    provider.says = {"issuer": "https://other.test"}

    page = await client.get("/sign-in?signed-out")

    assert (page.status_code, "You are signed out" in page.text, "Sign out at" in page.text) == (200, True, False)


async def test_whoever_is_signed_out_is_not_sent_to_the_provider_at_once(client: AsyncClient) -> None:
    page = await client.get("/sign-in?signed-out")

    assert (page.status_code, is_safe(page)) == (200, True)
    assert "You are signed out" in page.text
    assert 'href="/sign-in"' in page.text


async def test_a_provider_that_is_away_is_said_to_be(
    provider: Provider, database: Database, clock: FixedClock, sessions: Sessions
) -> None:
    provider.says = {"issuer": "https://other.test"}
    async with browser(production(provider), database, clock, sessions, provider) as client:
        page = await client.get(f"/sign-in?next=/graphiql?request={EVIL}")

    assert (page.status_code, page.headers["retry-after"], is_safe(page)) == (503, "60", True)
    assert "other.test" not in page.text


async def test_guessing_is_bounded_and_a_person_is_told_when_to_come_again(
    client: AsyncClient, clock: FixedClock
) -> None:
    answers = [await client.get("/sign-in/callback?state=x&code=y") for _ in range(40)]

    assert [answer.status_code for answer in answers] == [400] * 30 + [429] * 10
    wait = int(answers[-1].headers["retry-after"])
    assert is_safe(answers[-1])
    assert "Wait a minute" in answers[-1].text
    clock.advance(timedelta(seconds=wait))
    assert (await client.get("/sign-in")).status_code == 303


async def test_what_another_page_loads_from_here_counts_for_nobody(client: AsyncClient) -> None:
    for place in ("/sign-in", "/sign-in/callback?state=x&code=y"):
        for kind in ("image", "iframe", "empty"):
            answers = [await client.get(place, headers={"sec-fetch-dest": kind}) for _ in range(12)]
            assert {answer.status_code for answer in answers} == {403}
            assert not list(client.cookies.jar)

    assert (await client.get("/sign-in", headers={"sec-fetch-dest": "document"})).status_code == 303


async def test_nobody_posts_a_choice_outside_a_demo(client: AsyncClient, sessions: Sessions) -> None:
    answer = await client.post("/sign-in", data={"account": "acc_sam"}, headers={"origin": HOME})

    assert answer.status_code == 405
    assert sessions.of == []


async def test_production_without_a_client_says_that_browsers_do_not_sign_in(
    provider: Provider, database: Database, clock: FixedClock, sessions: Sessions
) -> None:
    async with browser(production(provider, oidc_client_id=""), database, clock, sessions, provider) as client:
        page, callback = await client.get("/sign-in"), await client.get("/sign-in/callback")

    assert (page.status_code, is_safe(page), callback.status_code) == (404, True, 404)


async def test_a_demo_lists_everybody_by_role_in_plain_words(
    demo: AsyncClient, database: Database, clock: FixedClock
) -> None:
    async with database.transaction() as session:
        session.add(Organisation(id="org_1", external_id="1", name="Saltbush <b>Logistics</b>"))
    await someone(database, "rev", clock, name="Noor Reviewer", role=Role.ORG_REVIEWER, organisation_id="org_1")
    await someone(database, "con", clock, name="Cleo Consultant", role=Role.CONSULTANT)
    await someone(database, "gone", clock, name="Gone Consultant", role=Role.CONSULTANT, disabled_at=clock.now())
    await someone(database, "bot", clock, name="Calendar", role=Role.INTEGRATOR)

    page = await demo.get("/sign-in?next=/graphiql?request=req_1")

    assert (page.status_code, is_safe(page)) == (200, True)
    assert re.findall(r"<h2[^>]*>(.*?)</h2>", page.text) == ["Reviewers at organisations", "Consultants"]
    assert re.findall(r'<button name="account" value="(.*?)">(.*?) <small>(.*?)</small></button>', page.text) == [
        ("acc_rev", "Noor Reviewer", "Saltbush &lt;b&gt;Logistics&lt;/b&gt;"),
        ("acc_con", "Cleo Consultant", "the whole provider"),
    ]
    assert '<input type="hidden" name="next" value="/graphiql?request=req_1">' in page.text


async def test_whoever_is_chosen_is_signed_in(
    demo: AsyncClient, database: Database, clock: FixedClock, sessions: Sessions
) -> None:
    account_id = await someone(database, "sam", clock)
    form = {"account": account_id, "next": "/graphiql?request=req_1"}

    own = [
        ORIGIN,
        ORIGIN | {"sec-fetch-site": "same-origin"},
        {"origin": "http://localhost:8000", "host": "localhost:8000"},
    ]
    answers = [await demo.post("/sign-in", data=form, headers=headers) for headers in own]

    assert [(each.status_code, each.headers["location"]) for each in answers] == [(303, form["next"])] * 3
    assert sessions.of == [account_id] * 3
    assert "__Host-session=" in answers[0].headers["set-cookie"]


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"origin": "null"},
        {"origin": "https://evil.example"},
        {"origin": "http://127.0.0.1:9000"},
        {"origin": "http://evil.example", "host": "evil.example"},
        ORIGIN | {"sec-fetch-site": "cross-site"},
        ORIGIN | {"sec-fetch-site": "same-site"},
        ORIGIN | {"sec-fetch-site": "none"},
    ],
    ids=["none", "null", "another", "another port", "a rebound name", "cross-site", "same-site", "by hand"],
)
async def test_a_page_of_somebody_else_s_signs_nobody_in(
    headers: dict[str, str], demo: AsyncClient, database: Database, clock: FixedClock, sessions: Sessions
) -> None:
    account_id = await someone(database, "sam", clock)

    answer = await demo.post("/sign-in", data={"account": account_id}, headers=headers)

    assert (answer.status_code, is_safe(answer)) == (403, True)
    assert "set-cookie" not in answer.headers
    assert sessions.of == []


@pytest.mark.parametrize(
    "next_page", ["https://evil.example", "//evil.example", "/\\evil.example", "/\t/evil.example", EVIL]
)
async def test_nobody_is_led_away_after_signing_in(
    next_page: str, demo: AsyncClient, database: Database, clock: FixedClock
) -> None:
    account_id = await someone(database, "sam", clock)

    page = await demo.get("/sign-in", params={"next": next_page})
    answer = await demo.post("/sign-in", data={"account": account_id, "next": next_page}, headers=ORIGIN)

    assert 'name="next" value="/graphiql"' in page.text
    assert answer.headers["location"] == "/graphiql"


async def test_html_in_a_name_is_shown_as_it_is_written(
    demo: AsyncClient, database: Database, clock: FixedClock
) -> None:
    await someone(database, "sam", clock, name=EVIL)

    page = await demo.get("/sign-in")

    assert "<script" not in page.text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;&#34;&#39; onload=x&amp;amp; <small>" in page.text


async def test_an_empty_demo_says_how_to_fill_it(demo: AsyncClient) -> None:
    assert "There are no accounts yet" in (await demo.get("/sign-in")).text


async def test_what_is_no_choice_signs_nobody_in(
    demo: AsyncClient, database: Database, clock: FixedClock, sessions: Sessions
) -> None:
    await someone(database, "bot", clock, role=Role.INTEGRATOR)
    await someone(database, "gone", clock, disabled_at=clock.now())
    chosen = ["", "acc_nobody", "acc_bot", "acc_gone", "\0", "é", "x" * 3_000]
    forms = [await demo.post("/sign-in", data={"account": each}, headers=ORIGIN) for each in chosen]
    huge = await demo.post("/sign-in", data={"account": "x" * 5_000}, headers=ORIGIN)
    json = await demo.post("/sign-in", json={"account": "acc_bot"}, headers=ORIGIN)

    assert len({(each.status_code, each.text) for each in forms}) == 1
    assert [each.status_code for each in (forms[0], huge, json)] == [403, 413, 415]
    assert sessions.of == []


async def test_choosing_is_bounded_too(demo: AsyncClient) -> None:
    answers = [await demo.post("/sign-in", data={"account": "acc_x"}, headers=ORIGIN) for _ in range(31)]

    assert (answers[29].status_code, answers[30].status_code) == (403, 429)
    assert (await demo.get("/sign-in")).status_code == 200, "the page itself can be read"


async def test_the_style_is_served_from_here(demo: AsyncClient, client: AsyncClient) -> None:
    for each in (demo, client):
        style = await each.get("/sign-in/style.css")
        assert style.headers["content-type"].startswith("text/css")
        assert "prefers-color-scheme: dark" in style.text
        assert not re.search(r"url\(|@import|https?:", style.text)
