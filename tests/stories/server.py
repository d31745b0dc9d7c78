"""The product as it is really run: processes of its own on a port of this machine, started, stopped or killed."""

import asyncio
import random
import signal
import socket
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

from httpx2 import AsyncClient, HTTPError
from sqlalchemy import make_url

from api.auth import sign_demo_token
from api.keys import open_keyring
from api.settings import Settings
from models.actor import Actor
from models.clock import SystemClock
from models.database import Database

ROOT = Path(__file__).parents[2]
_MAIL = {"smtp_host": "127.0.0.1", "smtp_security": "none", "mail_return_path": "bounces@eap.example"}
_LONG_ENOUGH_TO_READ = 4_000
_AT_WORK = "worker takes jobs"
"""What a worker's log says once it is there; until then SIGTERM ends it as it ends any program."""


class Deployment:
    """One server with its data in ``folder``; beside it workers, where the database is not embedded.

    It is in demo mode if nothing else is ``chosen``, as any setting may be. The demo set is imported only into an empty
    database: a test that adds an account first saves that time. Without a mail server of this machine, by its port,
    mail goes to a Maildir. ``authority`` is the file of those whose certificates are trusted.
    """

    def __init__(
        self,
        folder: Path,
        database_url: str = "",
        *,
        servers: int = 1,
        workers: int = 1,
        smtp_port: int = 0,
        smtp_timeout: int = 30,
        authority: Path | None = None,
        **chosen: Any,
    ) -> None:
        mail: Any = {**_MAIL, "smtp_port": smtp_port, "smtp_timeout": smtp_timeout} if smtp_port else {}
        chosen = {"mode": "demo", **chosen}
        self.settings = Settings(data_dir=folder, database_url=database_url, port=free_port(), **mail, **chosen)
        self._chosen = tuple(chosen)
        self._authority = authority
        self.keyring = open_keyring(self.settings)
        self.servers = servers
        self.workers = 0 if self.is_embedded else workers
        self._log = folder / "output.txt"
        self._processes: dict[str, asyncio.subprocess.Process] = {}

    @property
    def url(self) -> str:
        return f"http://{self.settings.host}:{self.settings.port}"

    @property
    def is_embedded(self) -> bool:
        return make_url(self.settings.database_url).get_backend_name() == "sqlite"

    @property
    def output(self) -> str:
        """What all of its processes have written so far, those that were killed too."""
        return self._log.read_text(errors="replace") if self._log.exists() else ""

    @asynccontextmanager
    async def database(self) -> AsyncIterator[Database]:
        """Open the database from this side, with the same keys."""
        database = Database.open(self.settings.database_url, self.keyring)
        try:
            yield database
        finally:
            await database.close()

    def client(self, actor: Actor) -> AsyncClient:
        """Return an HTTP client that is signed in as this actor. Use it as a context manager."""
        token = sign_demo_token(self.keyring, str(actor.account_id), SystemClock(), timedelta(hours=1))
        return AsyncClient(base_url=self.url, headers={"authorization": f"Bearer {token}"}, timeout=30)

    @property
    def names(self) -> list[str]:
        """What runs, when all does: ``serve``, and each worker by its number."""
        return ["serve", *(f"worker {number}" for number in range(1, self.workers + 1))]

    def process(self, name: str) -> asyncio.subprocess.Process:
        return self._processes[name]

    async def launch(self) -> list[str]:
        """Begin to start whatever does not run, do not wait for it, and return its names."""
        missing = [name for name in self.names if name not in self._processes]
        with self._log.open("ab") as log:
            for name in missing:
                command = ("serve", "--workers", str(self.servers)) if name == "serve" else ("worker",)
                self._processes[name] = await asyncio.create_subprocess_exec(
                    *(sys.executable, "-m", "api", *command), cwd=ROOT, env=self._environment(), stdout=log, stderr=log
                )
        return missing

    async def start(self, *, within: float = 60) -> None:
        """Start, and wait until it is ready for requests, and each worker that is new for jobs."""
        at_work = self.output.count(_AT_WORK)
        at_work += sum(name != "serve" for name in await self.launch())
        async with asyncio.timeout(within), AsyncClient(base_url=self.url) as client:
            while self.output.count(_AT_WORK) < at_work or not await is_ready(client):
                assert all(each.returncode is None for each in self._processes.values()), self._end_of_output()
                await asyncio.sleep(0.02)

    async def run(self, *words: str) -> str:
        """Run a command as the server's operator; return what it said."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "api", *words), cwd=ROOT, env=self._environment(), stdout=PIPE
        )
        said, _ = await process.communicate()
        return said.decode()

    async def stop(self, *, within: float = 30) -> None:
        """Ask all processes to stop, and see that each does so in an orderly way."""
        async with asyncio.timeout(within):
            codes = await self._end(signal.SIGTERM, list(self._processes))
        assert set(codes) <= {0}, self._end_of_output()

    async def kill(self, *names: str) -> None:
        """End these processes, or all at once, as a machine that loses its power does."""
        await self._end(signal.SIGKILL, list(names) or list(self._processes))

    async def _end(self, number: signal.Signals, names: list[str]) -> list[int]:
        ending = [self._processes.pop(name) for name in names if name in self._processes]
        for process in ending:
            if process.returncode is None:
                process.send_signal(number)
        return [await process.wait() for process in ending]

    def _environment(self) -> dict[str, str]:
        named = ("data_dir", "database_url", "key_store_url", "port", "smtp_port", "smtp_timeout", *_MAIL)
        chosen = {name: getattr(self.settings, name) for name in (*named, *self._chosen)}
        trusted = {"SSL_CERT_FILE": str(self._authority)} if self._authority else {}
        return trusted | {f"EXTRA_SESSIONS_{name.upper()}": str(value) for name, value in chosen.items()}

    def _end_of_output(self) -> str:
        return self.output[-_LONG_ENOUGH_TO_READ:]


@asynccontextmanager
async def deployed(folder: Path, database_url: str = "", **options: Any) -> AsyncIterator[Deployment]:
    """Give a deployment that is not started yet; whatever then runs of it is killed in the end."""
    deployment = Deployment(folder, database_url, **options)
    try:
        yield deployment
    finally:
        await deployment.kill()


async def ask(client: AsyncClient, document: str, **variables: Any) -> dict[str, Any]:
    """Send one operation and return its data; top-level errors fail the test."""
    response = await client.post("/graphql", json={"query": document, "variables": variables})
    answer = response.json()
    assert response.status_code == 200, answer
    assert "errors" not in answer, answer
    return cast("dict[str, Any]", answer["data"])


async def is_ready(client: AsyncClient) -> bool:
    try:
        return (await client.get("/readyz")).status_code == 200
    except HTTPError:
        return False


def free_port() -> int:
    """Choose below the ports that outgoing connections get: one of those could take it while the server is down."""
    while True:
        port = random.randint(20_000, 30_000)
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
