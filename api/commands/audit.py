"""Whether the logs of what happened and of who looked are whole, for somebody who need not trust the database."""

import asyncio
import re
import sys
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import ExitStack

import click
from sqlalchemy.exc import DBAPIError

from api.settings import Settings, read_settings
from api.storage import open_database
from models.queries.audit import Finding, Log, Mark, length
from models.queries.audit import verify as verify_log

_MARK = re.compile(r"(events|access):([0-9]{1,18}):([0-9a-f]{64})")
Noted = tuple[Log, Mark]


class _NotedDown(click.ParamType[Noted]):
    name = "LOG:NUMBER:HASH"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Noted:
        found = _MARK.fullmatch(str(value).lower())
        if found is None:
            self.fail("Write it as this command prints it, such as events:120: and 64 hexadecimal digits.", param, ctx)
        return Log(found[1]), Mark(int(found[2]), bytes.fromhex(found[3]))


@click.group()
def audit() -> None:
    """Check the logs of what happened and of who looked."""


@audit.command()
@click.option(
    "--expect", "expected", type=_NotedDown(), multiple=True, help="A head that was noted down; may be repeated."
)
@click.pass_context
def verify(context: click.Context, expected: Sequence[Noted]) -> None:
    """Recompute the hash chains of both logs, from the first row to the head.

    Prints each log's head: note it down outside this database, and give it back another day with --expect. A history
    that was rewritten in whole has another hash there. The exit code is 1 if a chain does not hold; the first number
    at which it does not is named.
    """
    try:
        findings = asyncio.run(_verify(read_settings(), expected))
    except DBAPIError as error:
        msg = f"The database can't be read ({type(error.orig).__name__}). Is it migrated, and reachable?"
        raise click.ClickException(msg) from None
    for log, finding in findings.items():
        click.echo(_told(log, finding))
    context.exit(1 if any(finding.broken for finding in findings.values()) else 0)


async def _verify(settings: Settings, expected: Sequence[Noted]) -> dict[Log, Finding]:
    noted: dict[Log, list[Mark]] = defaultdict(list)
    for log, mark in expected:
        noted[log].append(mark)
    database = open_database(settings)
    findings = {}
    try:
        for log in Log:
            async with database.snapshot() as source:
                with ExitStack() as shown:
                    advanced = _progress(shown, log, await length(source, log))
                    findings[log] = await verify_log(source, log, noted=noted[log], advanced=advanced)
    finally:
        await database.close()
    return findings


def _progress(shown: ExitStack, log: Log, rows: int) -> Callable[[int], None]:
    """Draw a bar where somebody is looking."""
    if not sys.stderr.isatty():
        return lambda _: None
    bar = shown.enter_context(click.progressbar(length=max(1, rows), label=f"{log.value:<8}", file=sys.stderr))
    return bar.update


def _told(log: Log, finding: Finding) -> str:
    mark = f"{log.value}:{finding.last.seq}:{finding.last.hash.hex()}"
    if finding.broken is None:
        cleaned = f" Rows up to {finding.cleaned:,} were cleaned away." if finding.cleaned else ""
        return f"{log.value:<8}{finding.rows:>12,} rows hold. Head: {mark}{cleaned}"
    broken = f"{log.value} number {finding.broken.seq} {finding.broken.fault.value}"
    return f"{log.value:<8}BROKEN: {broken}. The last that holds: {mark}"
