"""Looks the whole deployment over, and says what to do about what is not well."""

import asyncio
import sys
import textwrap
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

import click
import orjson
import structlog

from api.doctor.findings import Finding, Level, ok, problem
from api.doctor.machine import (
    look_at_folder,
    look_at_graphiql,
    look_at_keys,
    look_at_secrets,
    look_at_settings,
    look_at_sqlite,
)
from api.doctor.mail import look_at_mail_server
from api.doctor.sign_in import look_at_sign_in
from api.doctor.storage import look_at_storage
from api.settings import Settings, SettingsError, read_settings
from api.workbench.bundle import Bundle
from models.clock import SystemClock
from models.keyring import Keyring

_COLOURS: Final = {Level.OK: "green", Level.WARNING: "yellow", Level.PROBLEM: "red"}
_WIDTH: Final = 100
_INDENT: Final = 25


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object, for a program.")
@click.pass_context
def doctor(context: click.Context, *, as_json: bool) -> None:
    """Look over settings, keys, database, mail server, waiting work and GraphiQL.

    Says for each whether it is well, and what to do where it is not. Nothing is changed, and a server may run
    meanwhile. The exit code is 1 if there is a problem; a warning alone leaves it 0.
    """
    with _logs_aside():
        findings = _findings()
    if as_json:
        click.echo(orjson.dumps({"findings": findings}, option=orjson.OPT_INDENT_2).decode())
    else:
        _show(findings)
    context.exit(1 if any(finding.level is Level.PROBLEM for finding in findings) else 0)


@contextmanager
def _logs_aside() -> Iterator[None]:
    """Have what is looked at write its lines where they are no part of the answer."""
    before = structlog.get_config()
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    try:
        yield
    finally:
        structlog.configure(**before)


def _findings() -> list[Finding]:
    try:
        settings = read_settings()
    except SettingsError as error:
        return [problem("settings", str(error), "Without its settings nothing else can be looked at.")]
    return list(_looked(settings))


def _looked(settings: Settings) -> Iterator[Finding]:
    yield from look_at_settings(settings)
    keyring, findings = look_at_keys(settings)
    yield from findings
    if keyring is not None:
        yield from asyncio.run(_sign_in(settings, keyring))
    yield from look_at_secrets(settings)
    yield from look_at_folder(settings)
    yield from look_at_sqlite(settings)
    yield from look_at_graphiql(settings, Bundle())
    yield from asyncio.run(look_at_storage(settings, keyring, SystemClock()))
    yield from _mail(settings)


async def _sign_in(settings: Settings, keyring: Keyring) -> list[Finding]:
    return [finding async for finding in look_at_sign_in(settings, keyring, SystemClock())]


def _mail(settings: Settings) -> Iterator[Finding]:
    if not settings.smtp_host:
        yield ok("mail server", f"None is set: e-mails stay in {settings.data_dir.absolute() / 'mail'}.")
    yield from look_at_mail_server(settings.smtp_host, settings.smtp_port, security=settings.smtp_security)


def _show(findings: Sequence[Finding]) -> None:
    for finding in findings:
        label = click.style(f"{finding.level.value:<9}", fg=_COLOURS[finding.level], bold=finding.level is not Level.OK)
        first, *rest = textwrap.wrap(finding.found, _WIDTH - _INDENT) or [""]
        click.echo(f"{label} {finding.check:<14} {first}")
        advice = textwrap.wrap(finding.advice, _WIDTH - _INDENT - 2, break_long_words=False, break_on_hyphens=False)
        for line in (*rest, *(f"{'  ' if number else '→ '}{line}" for number, line in enumerate(advice))):
            click.echo(f"{'':<{_INDENT}}{line}")
    found = {level: sum(finding.level is level for finding in findings) for level in Level}
    click.echo(f"Problems: {found[Level.PROBLEM]}, warnings: {found[Level.WARNING]}, well: {found[Level.OK]}.")
