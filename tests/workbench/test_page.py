"""The page at /graphiql as HTTP sends it: who gets it, what it holds, what the browser is told to keep it from."""

import json
import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from httpx2 import ASGITransport, AsyncClient, Response
from sqlalchemy.exc import OperationalError
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import HTTPConnection, Request
from starlette.responses import FileResponse
from starlette.responses import Response as Answer

from api.auth import Admission
from api.perimeter import Perimeter
from api.workbench.bundle import Bundle
from api.workbench.page import ROLES, FindPlace, Workbench, masked
from api.workbench.tabs import TABS, requested, tabs_for
from models.actor import Actor
from models.ids import new_id
from models.rules.vocabulary import Role
from tests.api.edge import DriverError
from tests.clock import FixedClock

REVIEWER = Actor("acc_1", "Robin Reviewer", Role.ORG_REVIEWER, time_zone="Australia/Melbourne")
SCRIPT = "workbench-ABCD1234.js"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder as the build leaves it."""
    (tmp_path / "manifest.json").write_text(json.dumps({"script": SCRIPT, "style": "workbench-ABCD1234.css"}))
    (tmp_path / SCRIPT).write_text("plain")
    (tmp_path / f"{SCRIPT}.br").write_bytes(b"as brotli")
    (tmp_path / f"{SCRIPT}.gz").write_bytes(b"as gzip")
    (tmp_path / "codicon-ABCD1234.ttf").write_bytes(b"glyphs")
    return tmp_path


class SignedIn:
    """One browser, in front of which sits somebody, or nobody."""

    def __init__(self, actor: Actor | None) -> None:
        self._actor = actor

    async def admit(self, _connection: HTTPConnection) -> Admission | None:
        return Admission(self._actor, changed_secret="newer") if self._actor else None

    def keep(self, admission: Admission, response: Answer) -> None:
        response.set_cookie("session", str(admission.changed_secret))


def at(place: str) -> FindPlace:
    async def find_place(_actor: Actor) -> str:
        return place

    return find_place


IN_SOME_ORGANISATION = at("Harbour Freight")


async def get(
    path: str, folder: Path, actor: Actor | None = REVIEWER, find_place: FindPlace = IN_SOME_ORGANISATION
) -> Response:
    routes = Workbench(SignedIn(actor), find_place, FixedClock(), Bundle(folder)).routes
    app = Starlette(routes=routes, middleware=[Middleware(Perimeter, https=True)])
    async with AsyncClient(transport=ASGITransport(app=app), base_url="http://house.test") as client:
        return await client.get(path, headers={"accept-encoding": "br"})


def configuration_of(page: Response) -> dict[str, Any]:
    found = re.search(r'<script type="application/json" id="configuration">(.*?)</script>', page.text, re.DOTALL)
    assert found
    return dict(json.loads(found[1]))


async def test_whoever_is_not_signed_in_is_sent_to_sign_in_and_back_to_the_same_request(folder: Path) -> None:
    request_id = new_id("req")

    answer = await get(f"/graphiql?request={request_id}", folder, actor=None)

    assert answer.status_code == 303
    assert answer.headers["location"] == f"/sign-in?next=%2Fgraphiql%3Frequest%3D{request_id}"
    assert answer.headers["cache-control"] == "no-store"


async def test_a_mail_s_link_leads_to_its_request(folder: Path) -> None:
    request_id = new_id("req")
    for path, place in ((request_id, f"/graphiql?request={request_id}"), ("elsewhere", "/graphiql")):
        answer = await get(f"/requests/{path}", folder, actor=None)
        assert (answer.status_code, answer.headers["location"]) == (303, place)


@pytest.mark.parametrize("text", ["", "req_short", "cas_" + "a" * 22, "//elsewhere.example", "req_" + "a" * 21 + "<"])
async def test_what_is_no_id_of_a_request_goes_nowhere(text: str, folder: Path) -> None:
    assert requested(text) == ""
    away = await get("/graphiql", folder, actor=None)
    assert away.headers["location"] == "/sign-in?next=%2Fgraphiql"
    page = await get(f"/graphiql?request={text}", folder)
    assert "ReviewQueue" in configuration_of(page)["tabs"][0]["query"]
    assert not text or text not in page.text


async def test_a_machine_is_not_let_in_by_a_page(folder: Path) -> None:
    answer = await get("/graphiql", folder, actor=Actor("acc_2", "Payroll", Role.INTEGRATOR))

    assert answer.status_code == 303


@pytest.mark.parametrize(
    ("role", "place", "told"),
    [
        (Role.ORG_REVIEWER, "Harbour Freight", "reviewer for Harbour Freight"),
        (Role.CONSULTANT, "Quiet Rooms", "consultant at Quiet Rooms"),
        (Role.PRACTICE_MANAGER, "Quiet Rooms", "practice manager of Quiet Rooms"),
        (Role.CLINICAL_REVIEWER, "", "clinical reviewer"),
        (Role.PROVIDER_STAFF, "", "provider staff"),
    ],
)
async def test_the_page_says_who_is_signed_in_for_whom(role: Role, place: str, told: str, folder: Path) -> None:
    page = await get("/graphiql", folder, actor=Actor("acc_1", "Robin", role), find_place=at(place))

    assert f"<p>Signed in as <strong>Robin</strong>, {told}</p>" in page.text


async def test_the_page_says_what_is_masked_and_how_to_sign_out(folder: Path) -> None:
    page = await get("/graphiql", folder)

    assert "Whatever could tell who it is about is masked" in page.text
    assert '<form method="post" action="/sign-out"><button>Sign out</button></form>' in page.text


def test_each_role_that_signs_in_has_tabs_a_name_and_a_word_on_what_is_masked() -> None:
    people = set(Role) - {Role.INTEGRATOR, Role.SYSTEM}
    assert set(TABS) == set(ROLES) == people
    assert len({masked(Actor("acc_1", "Kim", role)) for role in people}) == 4
    assert "Clinical answers" in masked(Actor("acc_1", "Kim", Role.PROVIDER_STAFF))
    assert "Clinical answers" in masked(Actor("acc_1", "Kim", Role.PRACTICE_MANAGER))


async def test_the_mails_link_opens_its_request_first_with_the_id_filled_in(folder: Path) -> None:
    request_id = new_id("req")

    tabs = configuration_of(await get(f"/graphiql?request={request_id}", folder))["tabs"]

    assert "query OneRequest" in tabs[0]["query"]
    about_one = [each["variables"] for each in tabs if each["variables"]]
    assert len(about_one) == 6
    assert all(f'"{request_id}"' in each for each in about_one)


def test_each_mutation_of_each_page_has_a_key_of_its_own() -> None:
    pages = [tabs_for(Role.ORG_REVIEWER, "", date(2026, 11, 23)) for _ in range(2)]
    keys = [re.findall(r'"idempotencyKey": "([^"]+)"', each.variables) for page in pages for each in page]
    found = [key for each in keys for key in each]
    assert len(found) == len(set(found)) == 8


def test_a_calendar_begins_today_and_shows_a_week() -> None:
    [calendar, *_] = tabs_for(Role.CONSULTANT, "", date(2026, 11, 23))
    assert json.loads(calendar.variables) == {"from": "2026-11-23", "to": "2026-11-29"}


async def test_html_in_a_name_stays_text(folder: Path) -> None:
    reviewer = Actor("acc_1", "</script><img src=x>", Role.ORG_REVIEWER)
    page = await get("/graphiql", folder, actor=reviewer, find_place=at("</script><img src=y>"))

    assert "<img" not in page.text
    assert "&lt;img src=x&gt;" in page.text
    assert "&lt;img src=y&gt;" in page.text


async def test_the_browser_is_told_to_load_nothing_from_elsewhere_and_to_keep_nothing(folder: Path) -> None:
    first, second = await get("/graphiql", folder), await get("/graphiql", folder)

    policy = dict(each.strip().split(" ", 1) for each in first.headers["content-security-policy"].split(";"))
    assert policy["default-src"] == policy["base-uri"] == policy["frame-ancestors"] == "'none'"
    assert policy["script-src"] == policy["connect-src"] == policy["worker-src"] == policy["form-action"] == "'self'"
    nonce = policy["style-src-elem"].removeprefix("'self' 'nonce-").removesuffix("'")
    assert f'nonce="{nonce}"' in first.text
    assert nonce not in second.text
    assert first.headers["cache-control"] == "no-store"
    assert first.headers["referrer-policy"] == "same-origin"
    assert first.headers["set-cookie"].startswith("session=newer;")
    assert not re.search(r"<style|\son\w+=|style=|<script(?![^>]*(src=|application/json))", first.text)


async def test_while_the_data_can_t_be_reached_a_page_says_so_and_leads_back_to_the_same_request(folder: Path) -> None:
    async def away(_actor: Actor) -> str:
        raise OperationalError("SELECT name FROM organisation", {}, DriverError("no connection"))

    request_id = new_id("req")
    answer = await get(f"/graphiql?request={request_id}", folder, find_place=away)

    assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
    assert f'href="/graphiql?request={request_id}"' in answer.text
    assert answer.headers["set-cookie"].startswith("session=newer;"), "the secret before it is good for a minute"
    assert "SELECT" not in answer.text


async def test_where_nothing_is_built_the_page_says_how_and_needs_no_restart(tmp_path: Path, folder: Path) -> None:
    (folder / "manifest.json").rename(tmp_path / "kept")
    before = await get("/graphiql", folder)
    (tmp_path / "kept").rename(folder / "manifest.json")
    after = await get("/graphiql", folder)

    assert before.status_code == 503
    assert "Nothing is lost" in before.text
    assert "make workbench" in before.text
    assert after.status_code == 200


@pytest.mark.parametrize(
    ("accepted", "encoding", "body"),
    [
        ("gzip, deflate, br", "br", "as brotli"),
        ("gzip;q=1", "gzip", "as gzip"),
        ("gzip;q=0.1, br; q=0", "gzip", "as gzip"),
        ("", None, "plain"),
    ],
)
async def test_a_file_is_sent_as_small_as_the_caller_takes_it_and_kept_for_good(
    accepted: str, encoding: str | None, body: str, folder: Path
) -> None:
    headers = [(b"accept-encoding", accepted.encode())]
    asked = Request({"type": "http", "headers": headers, "path_params": {"name": SCRIPT}})
    answer = await Bundle(folder).answer(asked)

    assert isinstance(answer, FileResponse)
    assert answer.headers.get("content-encoding") == encoding
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["content-type"].startswith("text/javascript")
    assert Path(answer.path).read_text() == body


@pytest.mark.parametrize(
    "name", ["manifest.json", "..%2fmanifest.json", "other-ABCD1234.js", f"{SCRIPT}.br", "sources.txt"]
)
async def test_no_other_file_is_sent(name: str, folder: Path) -> None:
    assert (await get(f"/graphiql/assets/{name}", folder)).status_code == 404


async def test_a_font_is_sent_as_it_is(folder: Path) -> None:
    answer = await get("/graphiql/assets/codicon-ABCD1234.ttf", folder)

    assert (answer.content, answer.headers["content-type"]) == (b"glyphs", "font/ttf")
