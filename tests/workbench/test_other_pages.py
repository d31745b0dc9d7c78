"""What a page of somebody else's can do in the browser of a reviewer who is signed in here: nothing at all."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from playwright.async_api import Browser
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route

from models.rules.vocabulary import RequestStatus
from models.tables import ExtraSessionsRequest
from tests.api.live import served
from tests.builders import released
from tests.operations.ledger import rows
from tests.workbench.stage import Stage, visiting

MUTATION = """
mutation { approveExtraSessionsRequest(input: {requestId: "%s", sessionsGranted: 1}) { userErrors { message } } }"""
_PAGE = """<!doctype html><title>elsewhere</title>
<iframe name="framed" src="%(home)s/graphiql"></iframe>
<form id="graphql" method="post" enctype="text/plain" action="%(home)s/graphql">
<input name='%(begin)s' value='%(end)s'></form>
<form id="out" method="post" action="%(home)s/sign-out"></form>"""
_ASK = """async ([home, query, headers]) => {
  try {
    const mode = Object.keys(headers).length ? 'cors' : 'no-cors';
    const body = JSON.stringify({ query });
    const answer = await fetch(home + '/graphql', { method: 'POST', credentials: 'include', mode, headers, body });
    return `${answer.type} ${await answer.text()}`;
  } catch (error) {
    return error.name;
  }
}"""
_SOCKET = """home => new Promise(done => {
  const socket = new WebSocket(home.replace('http', 'ws') + '/graphql', 'graphql-transport-ws');
  socket.onopen = () => socket.send('{"type":"connection_init"}');
  socket.onmessage = message => done(message.data);
  socket.onclose = end => done(`closed ${end.code}`);
})"""


@asynccontextmanager
async def elsewhere(stage: Stage, request_id: str) -> AsyncIterator[int]:
    """Serve a page of somebody else's; give its port."""
    begin, _, end = json.dumps({"query": MUTATION % request_id, "x": "="}).partition("=")
    facts = {"home": stage.url, "begin": begin, "end": end}

    async def page(_request: Request) -> HTMLResponse:
        return HTMLResponse(_PAGE % facts)

    async with served(Starlette(routes=[Route("/", page)])) as server:
        yield int(server.url.rpartition(":")[2])


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
async def test_another_page_can_neither_ask_nor_act_nor_look(host: str, stage: Stage, browser: Browser) -> None:
    """From another site the cookie stays at home; from another port of this host it goes along, for nothing."""
    request_id = await released(stage.world)
    async with (
        elsewhere(stage, request_id) as port,
        visiting(stage, browser, "reviewer") as visitor,
    ):
        page = visitor.page
        await page.goto(f"http://{host}:{port}/")
        preflighted = {"content-type": "application/json", "graphql-require-preflight": "1"}
        told: list[Any] = [
            await page.evaluate(_ASK, [stage.url, MUTATION % request_id, headers])
            for headers in ({}, {"content-type": "text/plain"}, preflighted)
        ]
        told.append(await page.evaluate(_SOCKET, stage.url))
        framed = page.frame("framed")
        shown = await framed.evaluate("document.body?.innerText ?? ''") if framed else None
        for form in ("graphql", "out"):
            await page.goto(f"http://{host}:{port}/")
            async with page.expect_navigation() as posted:
                await page.evaluate("form => document.getElementById(form).submit()", form)
            answer = await posted.value
            told.append(answer.status)
        await visitor.open("/graphiql")

    assert told[:3] == ["TypeError", "TypeError", "TypeError"], "not even that there was an answer"
    assert told[3] == "closed 1006"
    assert told[4:] == [415, 403]
    assert shown is not None
    assert "Extra Sessions" not in shown
    [request] = await rows(stage.world.database, ExtraSessionsRequest)
    assert request.status is RequestStatus.ORGANISATION_REVIEW
