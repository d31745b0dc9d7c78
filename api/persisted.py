"""Documents that are asked for by their hash: a client sends the text once, and from then on 64 characters.

It is the exchange that Apollo began and urql speaks too: ``extensions.persistedQuery`` with ``version`` and
``sha256Hash``. Any transport may use it, since it takes place where an operation begins.
"""

import hashlib
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any, Final

from graphql import GraphQLError

from api.errors import BAD_USER_INPUT

PERSISTED_QUERY_NOT_FOUND: Final = "PERSISTED_QUERY_NOT_FOUND"
_NAME: Final = "persistedQuery"
_VERSION: Final = 1
_MOST: Final = 1_000
_MOST_CHARACTERS: Final = 2_000_000


class PersistedDocuments:
    """Texts by their hash, the least used forgotten first; whoever asks for a forgotten one sends its text again.

    What one caller has sent, another may ask for: only the text is kept, and it is what every caller may send.
    """

    def __init__(self, *, most: int = _MOST, most_characters: int = _MOST_CHARACTERS) -> None:
        self._most = most
        self._most_characters = most_characters
        self._texts: OrderedDict[str, str] = OrderedDict()
        self._characters = 0

    def text_of(self, query: str | None, extensions: Mapping[str, Any] | None) -> str | None:
        """Return the document that is asked for. Raises GraphQLError for an unknown hash, and for another text's."""
        digest = _digest(extensions)
        if digest is None:
            return query
        if query:
            if hashlib.sha256(query.encode("utf-8", "replace")).hexdigest() != digest:
                raise _refusal("The hash in persistedQuery is not that of the query.")
            return query
        if digest not in self._texts:
            # Clients look for these very words, then send the text.
            raise GraphQLError("PersistedQueryNotFound", extensions={"code": PERSISTED_QUERY_NOT_FOUND})
        self._texts.move_to_end(digest)
        return self._texts[digest]

    def keep(self, query: str, extensions: Mapping[str, Any] | None) -> None:
        """Remember a valid document that was sent together with its hash."""
        digest = _digest(extensions)
        if digest is None or digest in self._texts:
            return
        self._texts[digest] = query
        self._characters += len(query)
        while len(self._texts) > self._most or self._characters > self._most_characters:
            _, forgotten = self._texts.popitem(last=False)
            self._characters -= len(forgotten)


def names_document(extensions: Mapping[str, Any] | None) -> bool:
    """Whether a request may leave its query out."""
    return bool(extensions) and _NAME in (extensions or {})


def _digest(extensions: Mapping[str, Any] | None) -> str | None:
    if not names_document(extensions):
        return None
    asked = (extensions or {})[_NAME]
    if not isinstance(asked, dict) or asked.get("version") != _VERSION or not isinstance(asked.get("sha256Hash"), str):
        raise _refusal("persistedQuery takes version 1 and a sha256Hash.")
    return str(asked["sha256Hash"]).lower()


def _refusal(message: str) -> GraphQLError:
    return GraphQLError(message, extensions={"code": BAD_USER_INPUT})
