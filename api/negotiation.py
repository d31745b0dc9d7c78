"""Which of the two media types of GraphQL over HTTP an answer gets."""

from typing import Final

GRAPHQL_RESPONSE: Final = "application/graphql-response+json"
JSON: Final = "application/json"
EVENT_STREAM: Final = "text/event-stream"
_RANGES: Final = {
    GRAPHQL_RESPONSE: (GRAPHQL_RESPONSE,),
    # A range names JSON: old clients that send no exact type know no other.
    JSON: (JSON, "application/*", "*/*"),
}


def negotiate(accept: str | None) -> str | None:
    """Return the media type that the caller likes best, the newer one of equals; None where neither is accepted."""
    if not accept or not accept.strip():
        return JSON
    qualities = dict(_parse(item) for item in accept.split(","))
    liked = {media_type: _quality(ranges, qualities) for media_type, ranges in _RANGES.items()}
    best = max(liked, key=lambda media_type: liked[media_type])
    return best if liked[best] > 0 else None


def takes_event_stream(accept: str | None) -> bool:
    """Whether the caller names event streams; a range of types is what callers write who never heard of them."""
    return any(name == EVENT_STREAM and quality > 0 for name, quality in map(_parse, (accept or "").split(",")))


def is_json(content_type: str | None) -> bool:
    """Whether a request's body says that it is JSON in UTF-8."""
    media_type, *parameters = (part.strip().lower() for part in (content_type or "").split(";"))
    charsets = {part.partition("=")[2].strip('" ') for part in parameters if part.startswith("charset")}
    return media_type == JSON and charsets <= {"utf-8", "utf8"}


def _quality(ranges: tuple[str, ...], qualities: dict[str, float]) -> float:
    """Return what the most exact range that is there says."""
    return next((qualities[name] for name in ranges if name in qualities), 0.0)


def _parse(item: str) -> tuple[str, float]:
    media_range, *parameters = (part.strip().lower() for part in item.split(";"))
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                return media_range, min(1.0, max(0.0, float(value)))
            except ValueError:
                return media_range, 0.0
    return media_range, 1.0
