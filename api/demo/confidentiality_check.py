"""Looks for everything that is held back in everything that the organisation was sent."""

import html
import re
import unicodedata
from base64 import urlsafe_b64decode
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from api.demo.held_back import Secret
from api.demo.mailbox import Letter

_LONG = 7
"""A shorter value counts only where it stands alone, as words do: two letters are in every random id."""
_TOKEN = re.compile(r"[A-Za-z0-9_-]{16,}")


@dataclass(frozen=True, slots=True)
class Finding:
    """How thorough the search was, and what it found."""

    values: int
    size: int
    """Bytes that the organisation was sent."""
    found: Sequence[str]


def search(secrets: Iterable[Secret], *, answers: Sequence[bytes], letters: Sequence[Letter], known: str) -> Finding:
    """Look for each value in each answer and each letter, as they were sent and decoded.

    ``known`` is what the organisation knows of its own: a name that its own reviewer has too proves nothing.
    """
    sent = [*answers, *(letter.raw for letter in letters)]
    readable = [*map(_readable_answer, answers), *map(_readable_letter, letters)]
    texts, tokens = [*map(_folded, readable)], [*map(_decoded_tokens, readable)]
    own = _folded(known)
    sought = {_folded(value): what for what, value in secrets if not _stands_in(_folded(value), own)}
    found = {
        f"{what}: {value}"
        for value, what in sought.items()
        if any(_stands_in(value, text) for text in texts)
        or (len(value) >= _LONG and any(value in token for token in tokens))
    }
    return Finding(len(sought), sum(map(len, sent)), sorted(found))


def _readable_answer(answer: bytes) -> str:
    """An answer as it came, and once more with its JSON escapes resolved."""
    text = answer.decode(errors="replace")
    _, _, body = text.partition("\n\n")
    return f"{text}\n{' '.join(map(str, _scalars(_parsed(body))))}"


def _readable_letter(letter: Letter) -> str:
    raw = letter.raw.decode(errors="replace")
    decoded = letter.decoded()
    return f"{raw}\n{decoded}\n{html.unescape(decoded)}"


def _parsed(body: str) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return body


def _scalars(value: Any) -> Iterator[Any]:
    held = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for each in held:
        yield from _scalars(each)
    if not isinstance(value, dict | list):
        yield value


def _decoded_tokens(text: str) -> str:
    """What ids and cursors say if they are only encoded."""
    decoded = []
    for token in _TOKEN.findall(text):
        for start in (token, token.partition("_")[2]):
            whole = start[: len(start) // 4 * 4].encode()
            decoded.append(urlsafe_b64decode(whole).decode("latin-1"))
    return _folded("\n".join(decoded))


def _stands_in(value: str, text: str) -> bool:
    if value not in text:
        return False
    return len(value) >= _LONG or re.search(rf"(?<![\w-]){re.escape(value)}(?![\w-])", text) is not None


def _folded(text: str) -> str:
    """One form for all spellings: compatible characters, no case, single spaces."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())
