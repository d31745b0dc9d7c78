"""Spans for OpenTelemetry, where a deployment names a collector; nothing at all where it does not."""

from contextlib import AbstractContextManager, nullcontext
from typing import Protocol

from api.settings import Settings, SettingsError
from api.tally import Tally
from models.database import Database
from models.job_queue import Claim


class Traces(Protocol):
    """What is told of one process's requests, jobs and statements."""

    def request(self, tally: Tally) -> AbstractContextManager[None]:
        """Tell of one GraphQL request, with what its tally says in the end."""
        ...

    def job(self, claim: Claim) -> AbstractContextManager[None]:
        """Tell of one run of a job."""
        ...

    def follow(self, database: Database) -> None:
        """Tell of each statement that a request or a job causes from now on, without its parameters."""
        ...

    def close(self) -> None:
        """Hand over what is not told yet. Blocking: for some seconds, where nobody listens."""
        ...


class NoTraces:
    """Tells nobody."""

    def request(self, tally: Tally) -> AbstractContextManager[None]:
        del tally
        return nullcontext()

    def job(self, claim: Claim) -> AbstractContextManager[None]:
        del claim
        return nullcontext()

    def follow(self, database: Database) -> None:
        pass

    def close(self) -> None:
        pass


def open_traces(settings: Settings) -> Traces:
    """Return traces to the collector that the settings name. Raises SettingsError where their packages are missing."""
    if not settings.traces_endpoint:
        return NoTraces()
    try:
        from api.otlp import traces_to  # noqa: PLC0415 - an optional group of packages
    except ImportError:
        raise SettingsError(
            "EXTRA_SESSIONS_TRACES_ENDPOINT (or OTEL_EXPORTER_OTLP_ENDPOINT) is set, and OpenTelemetry is not "
            'installed: `pip install "extra-sessions[traces]"`, or leave the variable out.'
        ) from None
    return traces_to(settings.traces_endpoint)
