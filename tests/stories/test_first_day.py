"""An operator's first day, as the commands themselves tell it: keys, settings, migrated, served, in production mode."""

import asyncio
import json
import os
import shlex
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from httpx2 import AsyncClient
from joserfc import jwt
from joserfc.jwk import OKPKey

from models.clock import SystemClock
from tests.stories.server import ROOT, free_port, is_ready

ISSUER, AUDIENCE = "https://sign-in.eap.example", "extra-sessions"


@dataclass(frozen=True, slots=True)
class FirstDay:
    folder: Path
    key: OKPKey
    port: int

    @property
    def configuration(self) -> Path:
        return self.folder / "extra-sessions.env"

    def fill_in(self) -> None:
        """Write what the operator knows into the blanks; the port is what this machine has free."""
        keys = self.folder / "sign-in.json"
        keys.write_text(json.dumps({"keys": [self.key.as_dict(private=False)]}))
        text = self.configuration.read_text()
        for name, value in {
            "TOKEN_ISSUER": ISSUER,
            "TOKEN_AUDIENCE": AUDIENCE,
            "PROVIDER": "Harbour & Sons EAP",
            "MAIL_FROM": "no-reply@eap.example",
            "PUBLIC_URL": "https://sessions.eap.example",
        }.items():
            blank = f'\nEXTRA_SESSIONS_{name}=""'
            assert blank in text
            text = text.replace(blank, f'\nEXTRA_SESSIONS_{name}="{value}"')
        chosen = {"PORT": self.port, "TOKEN_JWKS_FILE": keys, "TRUSTED_PROXIES": "127.0.0.1, 10.0.3.0/24"}
        self.configuration.write_text(text + "".join(f'EXTRA_SESSIONS_{k}="{v}"\n' for k, v in chosen.items()))

    def signed(self, sign_in_name: str) -> dict[str, str]:
        """Return the header of somebody whom the sign-in provider has let in."""
        ends = int(SystemClock().now().timestamp()) + 600
        claims = {"iss": ISSUER, "aud": AUDIENCE, "sub": sign_in_name, "exp": ends}
        token = jwt.encode({"alg": "Ed25519", "kid": "1"}, claims, self.key, algorithms=["Ed25519"])
        return {"authorization": f"Bearer {token}"}

    async def run(self, *words: str) -> tuple[int, str]:
        """Run a command as a shell does that has read the configuration; return how it ended and what it said."""
        process = await self._start(*words)
        said, _ = await process.communicate()
        assert process.returncode is not None
        return process.returncode, said.decode()

    async def succeed(self, *words: str) -> str:
        code, said = await self.run(*words)
        assert code == 0, said
        return said

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[AsyncClient]:
        process = await self._start("serve")
        try:
            async with asyncio.timeout(60), AsyncClient(base_url=f"http://127.0.0.1:{self.port}") as client:
                while not await is_ready(client):
                    assert process.returncode is None, (await process.communicate())[0].decode()
                    await asyncio.sleep(0.05)
                yield client
        finally:
            process.send_signal(signal.SIGTERM)
            await process.communicate()

    async def _start(self, *words: str) -> asyncio.subprocess.Process:
        command = shlex.join([sys.executable, "-m", "api", *words])
        clean = {name: value for name, value in os.environ.items() if not name.startswith("EXTRA_SESSIONS_")}  # noqa: TID251 - as a login shell has it
        return await asyncio.create_subprocess_exec(
            *("sh", "-c", f"set -a; . {shlex.quote(str(self.configuration))}; set +a; exec {command}"),
            cwd=ROOT,
            env=clean,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )


@pytest.fixture
async def day(tmp_path: Path) -> FirstDay:
    day = FirstDay(tmp_path / "eap", OKPKey.generate_key("Ed25519", {"kid": "1"}), free_port())
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "api", "init", str(day.folder), cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    await process.communicate()
    assert process.returncode == 0
    return day


async def test_with_the_blanks_filled_in_it_migrates_and_serves_in_production(day: FirstDay) -> None:
    code, said = await day.run("serve")
    assert code == 1
    assert "Outside demo mode this needs EXTRA_SESSIONS_" in said, "blanks are named, not guessed"

    day.fill_in()
    assert "newest schema" in await day.succeed("migrate")
    async with day.serving() as client:
        assert (await client.get("/readyz")).json()["status"] == "ready"
        assert (await client.post("/graphql", json={"query": "{ viewer { name } }"})).status_code == 401


async def test_people_sign_in_by_their_name_machines_by_a_token_and_the_disabled_not_at_all(day: FirstDay) -> None:
    day.fill_in()
    await day.succeed("migrate")
    zone = ("--time-zone", "Australia/Melbourne")
    staff = ("--role", "PROVIDER_STAFF", "--name", "Sam Staff", "--email", "sam@eap.example", *zone)
    await day.succeed("account", "add", "sam", *staff)
    machine = ("--role", "INTEGRATOR", "--name", "Calendar", "--email", "it@eap.example", *zone)
    await day.succeed("account", "add", "calendar", *machine)
    async with day.serving() as client:
        first = await new_token(day)
        assert await viewer(client, day.signed("sam")) == (200, "Sam Staff")
        assert await viewer(client, first) == (200, "Calendar")
        second = await new_token(day)
        assert await viewer(client, second) == (200, "Calendar")
        refused = await client.post("/graphql", json=VIEWER, headers=first)
        assert refused.status_code == 401

        for name in ("sam", "calendar"):
            await day.succeed("account", "disable", name)
        for header in (day.signed("sam"), second, {"authorization": "Bearer xs1_unknown"}, day.signed("nobody")):
            answer = await client.post("/graphql", json=VIEWER, headers=header)
            assert (answer.status_code, answer.content) == (401, refused.content), "nobody can tell one from another"
            assert answer.headers["www-authenticate"] == refused.headers["www-authenticate"]


VIEWER = {"query": "{ viewer { name } }"}


async def new_token(day: FirstDay) -> dict[str, str]:
    said = await day.succeed("account", "rotate-token", "calendar")
    return {"authorization": f"Bearer {next(line for line in said.splitlines() if line.startswith('xs1_'))}"}


async def viewer(client: AsyncClient, header: dict[str, str]) -> tuple[int, str]:
    answer = await client.post("/graphql", json=VIEWER, headers=header)
    return answer.status_code, answer.json()["data"]["viewer"]["name"]
