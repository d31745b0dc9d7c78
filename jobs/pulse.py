"""What a worker lets be seen of itself: when it last took a job, and each run with how it ended."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

import structlog
from prometheus_client import Counter, Histogram

from models.job_queue import Claim

_log = structlog.get_logger()


class RunOutcome(StrEnum):
    DONE = "done"
    RETRIED = "retried"
    DEAD = "dead"
    HANDED_BACK = "handed_back"
    LOST = "lost"
    """It failed, and its lease had ended before: the job is another worker's, and this run changed nothing."""


RUNS: Final = Counter("extra_sessions_job_runs", "Runs of jobs, by how they ended.", ["actor", "outcome"])
RUN_SECONDS: Final = Histogram(
    "extra_sessions_job_run_seconds",
    "From a job's claim to its end.",
    ["actor"],
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 150),
)
MAILS: Final = Counter("extra_sessions_mails", "E-mails that came to an end, by kind.", ["kind", "outcome"])
WEBHOOK_SENDINGS: Final = Counter(
    "extra_sessions_webhook_sendings", "Events sent to webhooks, by what came of it.", ["outcome"]
)
WEBHOOKS_SWITCHED_OFF: Final = Counter(
    "extra_sessions_webhooks_switched_off", "Webhooks that were switched off because nothing could be sent."
)
UNKNOWN: Final = "unknown"
"""Stands for the actor of a job that only a newer worker knows: a label is a word of this version's own."""


@dataclass(slots=True)
class Pulse:
    """Written by the worker, read by whoever asks after it in the same process."""

    claimed_at: datetime | None = None
    """When the worker last took a job, or began, by the deployment's clock; None before that."""

    def beat(self, at: datetime) -> None:
        self.claimed_at = at


def report_run(claim: Claim, outcome: RunOutcome, *, seconds: float, known: bool) -> None:
    """Count one run and write its line: ids, words and figures."""
    actor = claim.actor if known else UNKNOWN
    RUNS.labels(actor, outcome.value).inc()
    RUN_SECONDS.labels(actor).observe(seconds)
    _log.info(
        "job",
        actor=claim.actor,
        job_id=claim.id,
        outcome=outcome.value,
        attempt=claim.attempts,
        milliseconds=round(seconds * 1000, 1),
    )
