"""How far back the event log can be replayed: a span of time that the deployment chooses, and nothing else decides."""

from datetime import datetime, timedelta

from models.rules.refusals import Refusal


class CursorExpired(Refusal):
    """Says what to do: whoever resumes has missed what can't be sent again, and must read the state anew."""

    code = "CURSOR_EXPIRED"

    def __init__(self, window: timedelta) -> None:
        super().__init__(
            f"This cursor is older than the {window.days} days for which events can be replayed. Read what you keep "
            "of requests anew, then start without `after`.",
            ("after",),
        )


def replayed_since(now: datetime, window: timedelta) -> datetime:
    """Return from when on events can be replayed."""
    return now - window


def check_replayable(at: datetime, *, now: datetime, window: timedelta) -> None:
    """Raise CursorExpired for a place in the log that is older than that."""
    if at < replayed_since(now, window):
        raise CursorExpired(window)
