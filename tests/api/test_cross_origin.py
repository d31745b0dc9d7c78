"""Pages of other hosts, as browsers ask on their behalf."""

import pytest

from api.settings import Settings, SettingsError, read_settings
from tests.api.live import PORTAL, live

ASKED = {"access-control-request-method": "POST", "access-control-request-headers": "authorization,content-type"}


async def test_a_page_of_an_allowed_origin_may_ask() -> None:
    async with live() as (_, server), server.client(origin=PORTAL) as client:
        preflight = await client.options("/graphql", headers=ASKED)
        answer = await client.post("/graphql", json={"query": "{ account }"})
        refused = await client.post("/graphql", json={"query": "{"}, headers={"authorization": "Bearer bad"})

    assert preflight.status_code == 200
    assert preflight.headers["access-control-allow-origin"] == PORTAL
    assert set(preflight.headers["access-control-allow-headers"].lower().split(", ")) >= {
        "authorization",
        "content-type",
    }
    for each in (answer, refused):
        assert each.headers["access-control-allow-origin"] == PORTAL
        assert "access-control-allow-credentials" not in each.headers
        assert "origin" in each.headers["vary"].lower()
    assert answer.json() == {"data": {"account": "acc_1"}}
    assert refused.status_code == 401


@pytest.mark.parametrize("origin", ["https://elsewhere.example", f"{PORTAL}.elsewhere.example", "null"])
async def test_a_page_of_any_other_origin_may_not(origin: str) -> None:
    async with live() as (_, server), server.client(origin=origin) as client:
        preflight = await client.options("/graphql", headers=ASKED)
        answer = await client.post("/graphql", json={"query": "{ account }"})

    assert preflight.status_code == 400
    for each in (preflight, answer):
        assert "access-control-allow-origin" not in each.headers


def test_origins_are_written_as_browsers_send_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EXTRA_SESSIONS_ALLOWED_ORIGINS", " https://a.example , http://b.example:8080,")
    assert read_settings().allowed_origins == "https://a.example,http://b.example:8080"
    assert Settings().allowed_origins == "https://a.example,http://b.example:8080"


@pytest.mark.parametrize(
    "written",
    [
        *("*", "https://a.example/", "https://a.example/path", "a.example", "https://", "null", "https://*.example"),
        *("https://A.example", "https://a.example:443", "https://u:p@a.example", "ftp://a.example", "http://a:x"),
    ],
)
def test_anything_else_is_no_origin(written: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EXTRA_SESSIONS_ALLOWED_ORIGINS", written)
    with pytest.raises(SettingsError, match="EXTRA_SESSIONS_ALLOWED_ORIGINS: expected origins"):
        read_settings()
