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

from tests.confidentiality.backstage import do, hide
from tests.confidentiality.breaking import broken
from tests.confidentiality.filling import filled, forged
from tests.confidentiality.following import ENDED, PRODUCT, Followed
from tests.confidentiality.hooked import WEBHOOK
from tests.confidentiality.plots import CALENDAR, ZONE, local
from tests.confidentiality.programs import Ask, Batch, Break, Do, Follow, Hide, Say, Step, Wait
from tests.confidentiality.stage import GRAPHQL, Stage, overhearing
from tests.confidentiality.transcript import Entry, Transcript, canonical_order
from tests.confidentiality.walk import Document, visited
from tests.confidentiality.worlds import World
from tests.schema.widest import fields_of

Look = Ask | Say | Follow | Break
"""What a viewer does."""
_MOST_STREAMS = 7
"""A viewer's streams that are open at a time, and no more: the oldest one is left for the newest."""


async def play(stage: Stage, world: World, program: list[Step]) -> Transcript:
    """Play every step in turn. The transcript has one entry for each question, and one for each batch of mails."""
    transcript = Transcript()
    tokens = {name: stage.token_of(actor) for name, actor in world.viewers.items()}
    for position, step in enumerate(program):
        if isinstance(step, Ask | Say | Follow | Break):
            await _look(stage, world, transcript, (position, step, tokens[step.viewer]))
        else:
            await _happen(stage, world, transcript, (position, step))
        if not isinstance(step, Hide) or step.apart:
            await _collect(stage, transcript, position, beat=isinstance(step, Wait))
            await _post(stage, transcript, position)
    await stage.streams.close()
    return transcript


async def _look(stage: Stage, world: World, transcript: Transcript, looked: tuple[int, Look, str]) -> None:
    """Do what a viewer does."""
    position, step, token = looked
    match step:
        case Ask() | Say():
            async with stage.at_fault() if isinstance(step, Say) and step.faulty else nullcontext():
                await _ask(stage, world, transcript, (position, step, token))
        case Follow():
            await _follow(stage, world, transcript, (position, step))
        case Break():
            label = f"{position}: {step.viewer} sends {step.how}"
            method, headers, content = broken(step.how, token)
            await _send(stage, transcript, label, Sent(content, headers, method))


async def _happen(
    stage: Stage, world: World, transcript: Transcript, happened: tuple[int, Hide | Do | Batch | Wait]
) -> None:
    """Let happen what nobody asks for."""
    position, step = happened
    match step:
        case Hide():
            await hide(stage, world, step)
        case Do():
            await do(stage, world, step)
        case Batch():
            await _batch(stage, world, transcript, position)
        case Wait():
            stage.clock.advance(timedelta(hours=step.hours))


@dataclass(frozen=True, slots=True)
class Sent:
    """What goes over the wire."""

    content: bytes
    headers: dict[str, str]
    method: str = "POST"


async def _follow(stage: Stage, world: World, transcript: Transcript, asked: tuple[int, Follow]) -> None:
    """Open a subscription, a second after whatever was before; what it sends is collected behind the step."""
    position, step = asked
    document = step.document()
    content = filled(document, world, transcript, step.viewer)
    stage.clock.advance(timedelta(seconds=1))
    await stage.streams.close(_MOST_STREAMS - 1)
    stage.streams.open(step.viewer, world.viewers[step.viewer], content, document)
    others = [by for _, by in world.elsewhere]
    if others and stage.streams.has_room_for_bystanders:
        stage.streams.open("somebody else", others[0], content, document, bystander=True)
    _note(transcript, document)
    transcript.add(Entry(f"{position}: {step.viewer} follows {document.operation}", content.decode(), kind="stream"))


async def _collect(stage: Stage, transcript: Transcript, position: int, *, beat: bool) -> None:
    """Let every open stream tell what has happened: how much it says, in which order, and what was read for it."""
    streams = stage.streams
    if not streams.followed:
        return
    with overhearing() as heard, overhearing(PRODUCT) as looks:
        await streams.drain(beat=beat)
    transcript.looks |= {statement for statement, _ in looks}
    said = []
    for each in streams.followed:
        for payload in each.sent:
            said.append(f"{each.name}: ".encode() + payload)
            _note_answer(transcript, each, payload)
        each.sent.clear()
    transcript.sent += len(said)
    # Which stream of those that were told at once reads first is nobody's to say.
    statements = tuple(sorted(heard))
    transcript.add(Entry(f"{position}: what streams send", said=b"\n".join(said), statements=statements, kind="stream"))


async def _post(stage: Stage, transcript: Transcript, position: int) -> None:
    """Send every webhook what it is owed."""
    with overhearing(WEBHOOK) as heard:
        said = await stage.hooks.send()
    transcript.posted += len(said)
    transcript.tokens["msg"] = stage.hooks.posted.ids
    transcript.owed |= {statement for statement, _ in heard}
    transcript.add(Entry(f"{position}: what webhooks send", said=b"\n=====\n".join(said), kind="webhook"))


def _note_answer(transcript: Transcript, followed: Followed, payload: bytes) -> None:
    if payload == ENDED:
        return
    answer = json.loads(payload)
    transcript.codes |= {error["extensions"]["code"] for error in answer.get("errors") or ()}
    if answer.get("data"):
        answer["data"]["__typename"] = "Subscription"
    _note_reached(transcript, followed.viewer, followed.document, answer)


async def _ask(stage: Stage, world: World, transcript: Transcript, asked: tuple[int, Ask | Say, str]) -> None:
    position, step, token = asked
    document = step.document()
    content = filled(document, world, transcript, step.viewer)
    label = f"{position}: {step.viewer} asks {document.operation}"
    sent = Sent(content, {**GRAPHQL, "authorization": f"Bearer {token}"})
    answer = await _send(stage, transcript, label, sent)
    _note(transcript, document)
    _note_reached(transcript, step.viewer, document, answer.json())


def _note(transcript: Transcript, document: Document) -> None:
    transcript.operations.add(document.operation)
    transcript.documents.add(hashlib.sha256(document.text.encode()).hexdigest()[:12])


def _note_reached(transcript: Transcript, viewer: str, document: Document, answer: Any) -> None:
    of_log = document.operation in {"Query.events", "Subscription.events"}
    for parent, name, value in _reached(document, answer):
        transcript.fields.add(f"{parent}.{name}")
        if name == "code":
            transcript.codes.add(f"{parent}.{value}")
        if of_log and value and name in {"cursor", "endCursor", "startCursor"}:
            transcript.note_place(viewer, value)


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
    for cursor in transcript.tokens.get("cursor", [])[-2:] + transcript.places.get(world.plot.opener, [])[-1:]:
        for name in ("requests", "reviewQueue", "events"):
            query = f"query ($after: String) {{ {name}(after: $after) {{ pageInfo {{ hasNextPage }} }} }}"
            content = orjson.dumps({"query": query, "variables": {"after": forged(cursor)}})
            if codes_of(await stage.post(content, headers)) != {"BAD_USER_INPUT"}:
                taken.append(cursor)
    return taken


async def _send(stage: Stage, transcript: Transcript, label: str, sent: Sent) -> Response:
    before = asyncio.all_tasks()
    with overhearing() as heard:
        answer = await stage.post(sent.content, sent.headers, sent.method)
        await _settled(before)
    transcript.codes |= codes_of(answer)
    transcript.add(Entry(label, sent.content.decode("utf-8", "replace"), _written(answer), tuple(heard)))
    return answer


async def _settled(before: set["asyncio.Task[Any]"]) -> None:
    """Wait for what an answer has left running: a field whose sibling failed goes on for a moment."""
    left = asyncio.all_tasks() - before
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
    sent = await stage.run_jobs(world.requests)
    theirs = [_whole(message) for message in sent if message["To"] in world.addresses]
    said = b"\n=====\n".join(canonical_order(theirs))
    transcript.add(Entry(f"{position}: mails of the batch", said=said, kind="mail"))


def _whole(message: EmailMessage) -> bytes:
    """Return a mail's bytes, with its lines' lengths; soft breaks are joined, as one may stand within an id."""
    content = message.as_bytes()
    lengths = ",".join(str(len(line)) for line in content.splitlines())
    return content.replace(b"=\r\n", b"").replace(b"=\n", b"") + f"\nlines of {lengths}".encode()


def pretty(content: str) -> str:
    """Write what was sent so that a person can read it."""
    try:
        body = json.loads(content)
        return f"{body['query']}\n  variables: {json.dumps(body['variables'])}"
    except (ValueError, KeyError, TypeError):
        return content
