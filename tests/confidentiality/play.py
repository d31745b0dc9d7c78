"""Plays a program in one world and keeps what its viewers got."""

import asyncio
import hashlib
import json
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import date, timedelta
from email.message import EmailMessage
from typing import Any

import orjson
from httpx2 import Response

from models.ids import new_id, new_reference
from tests.confidentiality.arguments import Hole
from tests.confidentiality.backstage import do, hide
from tests.confidentiality.breaking import broken
from tests.confidentiality.plots import CALENDAR, ZONE, local
from tests.confidentiality.programs import Ask, Batch, Break, Do, Hide, Say, Step, Wait
from tests.confidentiality.stage import GRAPHQL, Stage, overhearing
from tests.confidentiality.transcript import Entry, Transcript, canonical_order
from tests.confidentiality.walk import Document, visited
from tests.confidentiality.worlds import World
from tests.schema.widest import fields_of

_FORGERY = 9
"""Where a forged cursor differs: not at its end, where a character may carry no bit."""


async def play(stage: Stage, world: World, program: list[Step]) -> Transcript:
    """Play every step in turn. The transcript has one entry for each question, and one for each batch of mails."""
    transcript = Transcript()
    tokens = {name: stage.token_of(actor) for name, actor in world.viewers.items()}
    for position, step in enumerate(program):
        match step:
            case Ask() | Say():
                async with stage.at_fault() if isinstance(step, Say) and step.faulty else nullcontext():
                    await _ask(stage, world, transcript, (position, step, tokens[step.viewer]))
            case Break():
                label = f"{position}: {step.viewer} sends {step.how}"
                method, headers, content = broken(step.how, tokens[step.viewer])
                await _send(stage, transcript, label, Sent(content, headers, method))
            case Hide():
                await hide(stage, world, step)
            case Do():
                await do(stage, world, step)
            case Batch():
                await _batch(stage, world, transcript, position)
            case Wait():
                stage.clock.advance(timedelta(hours=step.hours))
    return transcript


@dataclass(frozen=True, slots=True)
class Sent:
    """What goes over the wire."""

    content: bytes
    headers: dict[str, str]
    method: str = "POST"


async def _ask(stage: Stage, world: World, transcript: Transcript, asked: tuple[int, Ask | Say, str]) -> None:
    position, step, token = asked
    document = step.document()
    content = filled(document, world, transcript)
    label = f"{position}: {step.viewer} asks {document.operation}"
    sent = Sent(content, {**GRAPHQL, "authorization": f"Bearer {token}"})
    answer = await _send(stage, transcript, label, sent)
    transcript.operations.add(document.operation)
    transcript.documents.add(hashlib.sha256(document.text.encode()).hexdigest()[:12])
    for parent, name, value in _reached(document, answer.json()):
        transcript.fields.add(f"{parent}.{name}")
        if name == "code":
            transcript.codes.add(f"{parent}.{value}")


def _reached(document: Document, answer: Any) -> Iterator[tuple[str, str, Any]]:
    """Yield each field that an answer holds, with its type and its value; a root field also where it is refused."""
    kind, name = document.operation.split(".")
    if any(error.get("path") == [name] for error in answer.get("errors") or ()):
        yield kind, name, None
    if not document.root:
        yield from fields_of(answer.get("data"))
    for picked, value in visited(document.root, answer.get("data")):
        yield picked.parent, picked.name, value


async def try_forgeries(stage: Stage, world: World, transcript: Transcript) -> list[str]:
    """Return the cursors that are taken although a character was changed: of the last ones that a viewer got."""
    headers = {**GRAPHQL, "authorization": f"Bearer {stage.token_of(world.viewers[world.plot.opener])}"}
    taken = []
    for cursor in transcript.tokens.get("cursor", [])[-2:]:
        for name in ("requests", "reviewQueue"):
            query = f"query ($after: String) {{ {name}(after: $after) {{ pageInfo {{ hasNextPage }} }} }}"
            content = orjson.dumps({"query": query, "variables": {"after": forged(cursor)}})
            if codes_of(await stage.post(content, headers)) != {"BAD_USER_INPUT"}:
                taken.append(cursor)
    return taken


def forged(cursor: str) -> str:
    other = "A" if cursor[_FORGERY] != "A" else "B"
    return f"{cursor[:_FORGERY]}{other}{cursor[_FORGERY + 1 :]}"


async def _send(stage: Stage, transcript: Transcript, label: str, sent: Sent) -> Response:
    with overhearing() as heard:
        answer = await stage.post(sent.content, sent.headers, sent.method)
        await _settled()
    transcript.codes |= codes_of(answer)
    transcript.add(Entry(label, sent.content.decode("utf-8", "replace"), _written(answer), tuple(heard)))
    return answer


async def _settled() -> None:
    """Wait for what an answer has left running: a field whose sibling failed goes on for a moment."""
    left = asyncio.all_tasks() - {asyncio.current_task()}
    if left:
        await asyncio.wait(left)


def _written(answer: Response) -> bytes:
    """Return an answer as it crossed the wire."""
    lines = [f"HTTP {answer.status_code}"] + [f"{name}: {value}" for name, value in answer.headers.items()]
    return "\n".join([*lines, "", ""]).encode() + answer.content


def codes_of(answer: Response) -> set[str]:
    """Return the codes of an answer's top-level errors."""
    return {error["extensions"]["code"] for error in answer.json().get("errors") or ()}


async def _batch(stage: Stage, world: World, transcript: Transcript, position: int) -> None:
    """Move to 09:00 of the organisation's next business day and run what is due then."""
    today: date = stage.clock.now().astimezone(ZONE).date()
    stage.clock.set(local(CALENDAR.add_business_days(today, 1), 9) + timedelta(minutes=1))
    sent = await stage.run_jobs()
    theirs = [_whole(message) for message in sent if message["To"] in world.addresses]
    said = b"\n=====\n".join(canonical_order(theirs))
    transcript.add(Entry(f"{position}: mails of the batch", said=said, kind="mail"))


def _whole(message: EmailMessage) -> bytes:
    """Return a mail's bytes, with its lines' lengths; soft breaks are joined, as one may stand within an id."""
    content = message.as_bytes()
    lengths = ",".join(str(len(line)) for line in content.splitlines())
    return content.replace(b"=\r\n", b"").replace(b"=\n", b"") + f"\nlines of {lengths}".encode()


def filled(document: Document, world: World, transcript: Transcript) -> bytes:
    """Fill a document's holes with what this world has."""
    filler = Filler(world, transcript)
    text = document.text
    for position, hole in enumerate(document.inline):
        text = text.replace(f"«{position}»", filler.fill(hole))
    variables = filler.fill_all(document.variables)
    return orjson.dumps({"query": text, "variables": variables})


class Filler:
    """Turns what a step names into what it is in one world."""

    def __init__(self, world: World, transcript: Transcript) -> None:
        self._world = world
        self._transcript = transcript

    def fill_all(self, value: Any) -> Any:
        if isinstance(value, Hole):
            return self.fill(value)
        if isinstance(value, dict):
            return {name: self.fill_all(each) for name, each in value.items()}
        return [self.fill_all(each) for each in value] if isinstance(value, list) else value

    def fill(self, hole: Hole) -> str:
        unknown = _unknown(hole)
        match hole.kind:
            case "seen":
                return self._transcript.seen(hole.of, hole.index) or unknown
            case "cursor" | "forged":
                return self._cursor(hole)
            case "foreign" if self._world.first or not hole.twin:
                known = self._world.foreign.get(hole.of, [])
                return known[hole.index % len(known)] if known else unknown
            case "known":
                return self._world.requests[hole.index]
            case "soon" if hole.of == "req":
                pending = self._world.requests[len(self._world.plot.released) :]
                return pending[hole.index % len(pending)] if pending else unknown
            case _:
                return unknown

    def _cursor(self, hole: Hole) -> str:
        cursor = self._transcript.seen("cursor", hole.index)
        if cursor is None or hole.kind == "cursor":
            return cursor or "nothing"
        return forged(cursor)


def _unknown(hole: Hole) -> str:
    if hole.of == "reference":
        return new_reference()
    return "ASST-999999" if hole.of == "number" else new_id(hole.of or "req")


def pretty(content: str) -> str:
    """Write what was sent so that a person can read it."""
    try:
        body = json.loads(content)
        return f"{body['query']}\n  variables: {json.dumps(body['variables'])}"
    except (ValueError, KeyError, TypeError):
        return content
