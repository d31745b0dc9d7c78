"""Fills a document's holes with what one world has: ids, cursors, what exists here alone, what exists nowhere."""

from typing import Any

import orjson

from models.ids import new_id, new_reference
from tests.confidentiality.arguments import PLACE, Hole
from tests.confidentiality.transcript import Transcript
from tests.confidentiality.walk import Document
from tests.confidentiality.worlds import World

_FORGERY = 9
"""Where a forged cursor differs: not at its end, where a character may carry no bit."""


def filled(document: Document, world: World, transcript: Transcript, viewer: str) -> bytes:
    """Fill a document's holes with what this world has."""
    filler = Filler(world, transcript, viewer)
    text = document.text
    for position, hole in enumerate(document.inline):
        text = text.replace(f"«{position}»", filler.fill(hole))
    variables = filler.fill_all(document.variables)
    return orjson.dumps({"query": text, "variables": variables})


class Filler:
    """Turns what a step names into what it is in one world."""

    def __init__(self, world: World, transcript: Transcript, viewer: str) -> None:
        self._world = world
        self._viewer = viewer
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
        places = self._transcript.places.get(self._viewer, [])
        if hole.of == PLACE and places:
            cursor: str | None = places[hole.index % len(places)]
        else:
            cursor = self._transcript.seen("cursor", hole.index)
        if cursor is None or hole.kind == "cursor":
            return cursor or "nothing"
        return forged(cursor)


def _unknown(hole: Hole) -> str:
    if hole.of == "reference":
        return new_reference()
    return "ASST-999999" if hole.of == "number" else new_id(hole.of or "req")


def forged(cursor: str) -> str:
    other = "A" if cursor[_FORGERY] != "A" else "B"
    return f"{cursor[:_FORGERY]}{other}{cursor[_FORGERY + 1 :]}"
