"""The messages of graphql-transport-ws: what may come in, and how what goes out is written."""

from collections.abc import Mapping
from typing import Any, Final

import orjson

from api.connections import Ending

ACKNOWLEDGED: Final = '{"type":"connection_ack"}'
PING: Final = '{"type":"ping"}'
_LONGEST_ID: Final = 255


class Violation(Exception):
    """The peer does not keep to the protocol, which ends the socket."""

    def __init__(self, ending: Ending, reason: str = "") -> None:
        super().__init__(reason)
        self.ending = ending
        self.reason = reason


def read_message(event: Mapping[str, Any]) -> dict[str, Any]:
    """Return one message. Raises Violation for anything else than a JSON object in a text frame."""
    text = event.get("text")
    if text is None:
        raise Violation(Ending.MALFORMED, "messages are text, not binary")
    try:
        message = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise Violation(Ending.MALFORMED, "a message is not JSON") from None
    if not isinstance(message, dict) or not isinstance(message.get("type"), str):
        raise Violation(Ending.MALFORMED, "a message is an object with a type")
    return message


def payload_of(message: Mapping[str, Any], *, needed: bool = False) -> dict[str, Any]:
    """Return the message's payload. Raises Violation where it is no object, or where one is needed and missing."""
    payload = message.get("payload")
    if payload is None and not needed:
        return {}
    if not isinstance(payload, dict):
        raise Violation(Ending.MALFORMED, f"the payload of {message['type']} is an object")
    return payload


def id_of(message: Mapping[str, Any]) -> str:
    """Return the id of the operation that a message is about. Raises Violation where there is none."""
    given = message.get("id")
    if not isinstance(given, str) or not 0 < len(given) <= _LONGEST_ID:
        raise Violation(Ending.MALFORMED, f"an id is a text of 1 to {_LONGEST_ID} characters")
    return given


def pong(payload: Mapping[str, Any]) -> str:
    """Return the answer to a ping, with what came along with it."""
    return orjson.dumps({"type": "pong", "payload": payload} if payload else {"type": "pong"}).decode()


def about(operation_id: str, kind: str, payload: bytes = b"") -> str:
    """Return a message about one operation; the payload is JSON already."""
    begin = b'{"id":%b,"type":"%b"' % (orjson.dumps(operation_id), kind.encode())
    return (begin + (b',"payload":' + payload if payload else b"") + b"}").decode()
