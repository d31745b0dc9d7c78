"""Plays pairs of worlds from an ordinary test: a theatre on either engine, and Hypothesis to draw what is played."""

import asyncio
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from models.keyring import Keyring
from models.migrations.run import upgrade
from tests import engines
from tests.confidentiality.findings import Finding
from tests.confidentiality.pairs import DrawnPair, Theatre, a_theatre, explained
from tests.confidentiality.plots import plots
from tests.confidentiality.programs import SEEDS, programs
from tests.confidentiality.stage import Reset
from tests.confidentiality.tallies import Tally

PAIRS = int(os.environ.get("TWO_WORLDS_PAIRS", "5000"))  # noqa: TID251 - a setting of the tests, not of the product
"""As many as the long proof plays."""


def drawn_pairs() -> st.SearchStrategy[DrawnPair]:
    return st.tuples(plots(), st.tuples(SEEDS, SEEDS), programs())


@dataclass(slots=True)
class Company:
    """A theatre with the loop that it belongs to."""

    runner: asyncio.Runner
    theatre: Theatre
    played: set[str] = field(default_factory=set)
    """The pairs that showed nothing: each shard draws the simplest one first, and once is enough."""

    def perform(self, drawn: DrawnPair) -> list[Finding]:
        return self.runner.run(self.theatre.perform(drawn))

    def prove(self, *, shard: int, pairs: int, drawn: st.SearchStrategy[DrawnPair] | None = None) -> Tally:
        """Draw and play so many pairs, the same for the same shard. Fails with the smallest pair that differs."""
        self.theatre.tally = tally = Tally()

        @seed(shard)
        @settings(
            max_examples=pairs,
            database=None,
            deadline=None,
            derandomize=False,
            suppress_health_check=list(HealthCheck),
            phases=(Phase.generate, Phase.shrink),
        )
        @given(drawn_pairs() if drawn is None else drawn)
        def play(pair: DrawnPair) -> None:
            if repr(pair) not in self.played:
                findings = self.perform(pair)
                assert not findings, explained(findings)
                self.played.add(repr(pair))

        play()
        return tally


@contextmanager
def a_company(urls: tuple[str, str], keyring: Keyring, resets: tuple[Reset, Reset]) -> Iterator[Company]:
    with asyncio.Runner() as runner:
        opened = a_theatre(urls, keyring, resets)
        theatre = runner.run(opened.__aenter__())
        try:
            yield Company(runner, theatre)
        finally:
            runner.run(_close(opened))


async def _close(opened: Any) -> None:
    await opened.__aexit__(None, None, None)


@contextmanager
def on_sqlite(migrated: Path, folder: Path, keyring: Keyring) -> Iterator[Company]:
    """Play in two files, each brought back from the migrated one by SQLite's own backup."""
    paths = folder / "one.db", folder / "other.db"
    with ExitStack() as stack:
        source = stack.enter_context(_connected(migrated))
        resets: list[Reset] = []
        for path in paths:
            engines.copy_sqlite(migrated, path)
            keys = stack.enter_context(_connected(engines.key_store_file(path)))
            resets.append(_backup(source, stack.enter_context(_connected(path)), keys))
        urls = engines.sqlite_url(paths[0]), engines.sqlite_url(paths[1])
        yield stack.enter_context(a_company(urls, keyring, (resets[0], resets[1])))


@contextmanager
def _connected(path: Path) -> Iterator[Any]:
    import sqlite3  # noqa: PLC0415 - by now it is the library that the product has chosen

    connection = sqlite3.connect(str(path))
    try:
        yield connection
    finally:
        connection.close()


def _backup(source: Any, target: Any, keys: Any) -> Callable[[], None]:
    def reset() -> None:
        source.backup(target)
        with keys:
            keys.execute("DELETE FROM client_key")

    return reset


@contextmanager
def on_postgres(server: str, name: str, keyring: Keyring) -> Iterator[Company]:
    """Play in two databases of one server."""
    with ExitStack() as stack:
        urls, resets = [], []
        for side in ("one", "other"):
            url = stack.enter_context(engines.postgres_database(server, f"{name}_{side}"))
            upgrade(url)
            reset = engines.PostgresReset(url)
            stack.callback(reset.close)
            urls.append(url)
            resets.append(reset)
        yield stack.enter_context(a_company((urls[0], urls[1]), keyring, (resets[0], resets[1])))
