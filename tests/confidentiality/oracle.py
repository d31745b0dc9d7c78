"""Judges the tokens themselves: random, unlinkable, in no order, and with nothing inside."""

import base64
import binascii
import math
import re
from collections.abc import Callable, Collection, Iterator
from itertools import pairwise

from models.database import Database
from tests.confidentiality.findings import Finding
from tests.confidentiality.transcript import Transcript

_LETTERS = {"reference": 32, "mark": 16}
_SLACK = 4
"""Characters beyond the prefix that chance alone would give the closest pair: 64^4 to one against."""
_NUMBER = re.compile(r"\d{8,}", re.ASCII)
"""As many digits in a row as chance puts into one cursor of a thousand million."""
_DRAWS = 400
_MOST_CORRELATION = 0.25
"""Of 400 draws in random order the rank correlation's standard deviation is 0.05."""


class Oracle:
    """Remembers the tokens of all runs, as none may appear in two."""

    def __init__(self) -> None:
        self._known: set[str] = set()

    def judge(self, transcript: Transcript, contents: Collection[str]) -> Iterator[Finding]:
        """Yield what one world's tokens give away; ``contents`` are values that none of them may hold."""
        for kind, tokens in transcript.tokens.items():
            for token in tokens:
                if token in self._known:
                    yield Finding("shared token", kind, f"  {token} was seen in another run")
                yield from _opened(kind, token, contents)
            self._known.update(tokens)
            yield from close_pairs(kind, tokens)
        for token in transcript.tokens.get("cursor", []):
            if len(transcript.appeared[token]) > 1:
                yield Finding("linkable cursor", "cursor", f"  {token} was given out twice")


def close_pairs(kind: str, tokens: Collection[str]) -> Iterator[Finding]:
    """Yield tokens that begin alike for longer than chance explains."""
    bare = sorted(token.removeprefix(f"{kind}_").removeprefix("R-") for token in tokens)
    by_chance = math.log(max(2, len(bare)) ** 2) / math.log(_LETTERS.get(kind, 64))
    for one, other in pairwise(bare):
        alike = next((at for at, pair in enumerate(zip(one, other, strict=False)) if pair[0] != pair[1]), len(one))
        if alike > by_chance + _SLACK:
            yield Finding("token prefix", kind, f"  {one} and {other} begin alike")


def _opened(kind: str, token: str, contents: Collection[str]) -> Iterator[Finding]:
    for text in decodings(token.removeprefix(f"{kind}_")):
        for content in contents:
            if content in text:
                yield Finding("token content", kind, f"  {token} holds {content}")
        if number := _NUMBER.search(text):
            yield Finding("token content", kind, f"  {token} holds the number {number[0]}")


def decodings(token: str) -> Iterator[str]:
    """Yield what a token says in base64 and in hexadecimal, where it says anything."""
    for decode in (_base64, bytes.fromhex):
        try:
            yield decode(token).decode("utf-8", "replace")
        except (ValueError, binascii.Error):
            continue


def _base64(token: str) -> bytes:
    return base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))


def draws_in_order(kind: str, draw: Callable[[], str]) -> Iterator[Finding]:
    """Yield whether tokens drawn one after another stand in that order, or begin alike."""
    tokens = [draw() for _ in range(_DRAWS)]
    ranks = {token: rank for rank, token in enumerate(sorted(tokens))}
    distance = sum((ranks[token] - place) ** 2 for place, token in enumerate(tokens))
    correlation = 1 - 6 * distance / (_DRAWS * (_DRAWS**2 - 1))
    if abs(correlation) > _MOST_CORRELATION:
        yield Finding("token order", kind, f"  rank correlation with the order of making: {correlation:.2f}")
    yield from close_pairs(kind, tokens)


def judge_draws(database: Database) -> Iterator[Finding]:
    """Yield what the product's own draws give away: ids, references, and cursors of one content."""
    from models import ids  # noqa: PLC0415 - looked up at the call, so that a leak put there is met

    yield from draws_in_order("req", lambda: ids.new_id("req"))
    yield from draws_in_order("reference", ids.new_reference)
    yield from draws_in_order("cursor", lambda: database.vault.seal_cursor("list|acc", b'["2026-11-23","req_1"]'))
