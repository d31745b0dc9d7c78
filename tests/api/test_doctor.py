"""The command `extra-sessions doctor`, and what it finds on this machine, each finding provoked."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from api.__main__ import main
from api.doctor.findings import Finding, Level
from api.doctor.machine import (
    judge_room,
    judge_sqlite,
    look_at_folder,
    look_at_graphiql,
    look_at_keys,
    look_at_secrets,
    look_at_settings,
)
from api.doctor.mail import look_at_mail_server
from api.doctor.sign_in import look_at_sign_in
from api.keys import open_keyring
from api.settings import Settings
from api.workbench.bundle import Bundle
from models.keyring import Keyring
from tests import engines
from tests.clock import FixedClock

HOST = "127.0.0.1"


@pytest.fixture
def settings(tmp_path: Path, migrated_sqlite: Path) -> Settings:
    """A sound deployment: a demo's, as it makes its keys itself."""
    folder = tmp_path / "data"
    folder.mkdir(mode=0o700)
    engines.copy_sqlite(migrated_sqlite, folder / "extra-sessions.sqlite3")
    settings = Settings(mode="demo", data_dir=folder)
    open_keyring(settings)
    return settings


def run(settings: Settings, *options: str, **more: str) -> Result:
    environment = {"EXTRA_SESSIONS_MODE": "demo", "EXTRA_SESSIONS_DATA_DIR": str(settings.data_dir), **more}
    return CliRunner(env=environment).invoke(main, ["doctor", *options])


def only(findings: Iterator[Finding] | list[Finding], check: str) -> Finding:
    [finding] = [each for each in findings if each.check == check]
    assert finding.advice or finding.level is Level.OK, "it says what to do"
    return finding


def test_a_sound_deployment_is_well(settings: Settings) -> None:
    result = run(settings)
    built = Bundle().entry() is not None  # not where there was no network to build it

    assert result.exit_code == 0, result.output
    assert result.output.endswith(f"\nProblems: 0, warnings: {int(not built)}, well: {16 + built}.\n")


def test_a_problem_is_shown_with_what_to_do_and_ends_with_1(settings: Settings) -> None:
    (settings.data_dir / "demo-keys.json").chmod(0o644)

    result = run(settings)

    assert result.exit_code == 1
    assert "problem   key file" in result.output
    assert f"→ chmod 600 {settings.data_dir / 'demo-keys.json'}" in " ".join(result.output.split())


def test_a_warning_alone_ends_with_0(settings: Settings) -> None:
    settings.data_dir.chmod(0o755)

    result = run(settings)

    assert (result.exit_code, "warning   data folder" in result.output) == (0, True)


def test_a_program_gets_the_same_as_json(settings: Settings) -> None:
    findings = json.loads(run(settings, "--json").output)["findings"]

    assert {tuple(finding) for finding in findings} == {("check", "level", "found", "advice")}
    assert {finding["level"] for finding in findings if finding["check"] != "GraphiQL"} == {"ok"}
    assert {"mail server", "GraphiQL"} <= {finding["check"] for finding in findings}


def test_what_is_logged_meanwhile_is_no_part_of_it(settings: Settings) -> None:
    Keyring.generate().save(settings.data_dir / "keys.json")
    production = {
        "MODE": "production",
        "KEY_FILE": str(settings.data_dir / "keys.json"),
        "TOKEN_ISSUER": "https://sign-in.eap.example",
        "TOKEN_AUDIENCE": "extra-sessions",
        "TOKEN_JWKS_URL": "http://127.0.0.1:1/keys",
    }

    result = run(settings, "--json", **{f"EXTRA_SESSIONS_{name}": value for name, value in production.items()})

    assert "can't be had" in only([Finding(**each) for each in json.loads(result.stdout)["findings"]], "sign-in").found
    assert "keys not read" in result.stderr


def test_a_setting_that_nobody_knows_is_the_first_problem(settings: Settings) -> None:
    result = run(settings, EXTRA_SESSIONS_PROVIDR="Harbour EAP")

    assert result.exit_code == 1
    assert "EXTRA_SESSIONS_PROVIDR is not a setting" in " ".join(result.output.split())
    assert result.output.endswith("\nProblems: 1, warnings: 0, well: 0.\n")


def test_production_is_told_what_is_missing(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, public_url="http://eap.example")

    assert "MAIL_FROM" in only(look_at_settings(settings), "settings").found
    assert only(look_at_settings(settings), "public URL").level is Level.PROBLEM
    keyring, findings = look_at_keys(settings)
    assert keyring is None
    assert "KEY_FILE is not set" in only(findings, "key file").found


def test_production_with_all_of_it_is_well(tmp_path: Path) -> None:
    settings = Settings(
        data_dir=tmp_path,
        provider="Harbour EAP",
        mail_from="a@eap.example",
        public_url="https://e.test",
        trusted_proxies="127.0.0.1",
    )

    assert {finding.level for finding in look_at_settings(settings)} == {Level.OK}


def test_a_proxy_that_nobody_named_is_told(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, public_url="https://e.test")

    finding = only(look_at_settings(settings), "proxy")

    assert (finding.level, "TRUSTED_PROXIES" in finding.advice) == (Level.WARNING, True)


@pytest.mark.parametrize("setting", ["oidc_client_secret_file", "smtp_password_file"])
def test_a_secret_is_its_owner_s_alone(tmp_path: Path, setting: str) -> None:
    path = tmp_path / "secret.txt"
    settings = Settings.model_validate({"data_dir": tmp_path, setting: path})

    absent = only(look_at_secrets(settings), "secret file").level
    path.write_text("hunter2")
    path.chmod(0o644)
    shown = only(look_at_secrets(settings), "secret file")
    path.chmod(0o600)

    assert (absent, shown.level) == (Level.PROBLEM, Level.PROBLEM)
    assert shown.advice == f"chmod 600 {path}"
    assert only(look_at_secrets(settings), "secret file").level is Level.OK


async def test_production_that_nobody_can_sign_in_to_is_told(tmp_path: Path, clock: FixedClock) -> None:
    Keyring.generate().save(tmp_path / "keys.json")
    settings = Settings(data_dir=tmp_path, key_file=tmp_path / "keys.json")

    keyring, findings = look_at_keys(settings)

    assert only(findings, "key file").level is Level.OK
    assert keyring is not None
    finding = only([each async for each in look_at_sign_in(settings, keyring, clock)], "sign-in")
    assert finding.level is Level.PROBLEM
    assert "TOKEN_ISSUER" in finding.found


def test_a_key_file_that_is_none_is_told(settings: Settings) -> None:
    (settings.data_dir / "demo-keys.json").write_text("{}")

    keyring, findings = look_at_keys(settings)

    assert keyring is None
    assert only(findings, "key file").level is Level.PROBLEM


def test_a_demo_s_keys_are_not_made_by_looking(tmp_path: Path) -> None:
    keyring, findings = look_at_keys(Settings(mode="demo", data_dir=tmp_path))

    assert (keyring, only(findings, "key file").level) == (None, Level.WARNING)
    assert not list(tmp_path.iterdir())


def test_graphiql_that_is_not_built_is_told_where_people_would_come_by_browser(tmp_path: Path) -> None:
    by_browser = Settings(data_dir=tmp_path, oidc_client_id="extra-sessions")
    bundle = Bundle(tmp_path)
    for settings in (by_browser, Settings(mode="demo", data_dir=tmp_path)):
        finding = only(look_at_graphiql(settings, bundle), "GraphiQL")
        assert (finding.level, "make workbench" in finding.advice) == (Level.WARNING, True)
    assert not list(look_at_graphiql(Settings(data_dir=tmp_path), bundle))
    (tmp_path / "manifest.json").write_text('{"script": "a.js", "style": "a.css"}')
    assert only(look_at_graphiql(by_browser, bundle), "GraphiQL").level is Level.OK


def test_a_data_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    [finding] = look_at_folder(Settings(mode="demo", data_dir=tmp_path / "nowhere"))

    assert finding.level is Level.PROBLEM


def test_a_data_folder_that_cannot_be_written_is_told() -> None:
    """/proc takes no file from anybody, whoever runs the tests."""
    finding = only(look_at_folder(Settings(mode="demo", data_dir=Path("/proc"))), "data folder")

    assert finding.level is Level.PROBLEM
    assert "can't be written" in finding.found


@pytest.mark.parametrize(
    ("free", "level"), [(10 * 1024**3, Level.OK), (1024**3, Level.WARNING), (50 * 1024**2, Level.PROBLEM)]
)
def test_a_disk_needs_room(free: int, level: Level) -> None:
    assert judge_room(free, Path("var")).level is level


@pytest.mark.parametrize(
    ("release", "level"),
    [
        ((3, 51, 3), Level.OK),
        ((3, 50, 7), Level.OK),
        ((3, 44, 6), Level.OK),
        ((3, 51, 2), Level.PROBLEM),
        ((3, 50, 6), Level.PROBLEM),
        ((3, 45, 0), Level.PROBLEM),
        ((3, 40, 1), Level.PROBLEM),
    ],
)
def test_an_sqlite_library_that_can_corrupt_is_told(release: tuple[int, ...], level: Level) -> None:
    assert judge_sqlite(release).level is level


@asynccontextmanager
async def a_mail_server(answer: bytes) -> AsyncIterator[int]:
    """Greet, and answer whatever is said first."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.test\r\n")
        while await reader.readline():
            writer.write(answer)
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, HOST, 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


@pytest.mark.parametrize(
    ("answer", "level"),
    [(b"250 mail.test\r\n", Level.OK), (b"554 not you\r\n", Level.PROBLEM), (b"?\r\n", Level.PROBLEM)],
)
async def test_a_mail_server_is_greeted(answer: bytes, level: Level) -> None:
    async with a_mail_server(answer) as port:
        [finding] = await asyncio.to_thread(lambda: list(look_at_mail_server(HOST, port)))

    assert finding.level is level


async def test_a_mail_server_that_is_not_there_is_told() -> None:
    async with a_mail_server(b"") as port:
        pass
    [finding] = await asyncio.to_thread(lambda: list(look_at_mail_server(HOST, port)))

    assert finding.found == f"{HOST}:{port} can't be reached (ConnectionRefusedError)."


async def test_a_mail_server_that_speaks_no_tls_is_not_taken_for_one_that_does() -> None:
    async with a_mail_server(b"250 mail.test\r\n") as port:
        [finding] = await asyncio.to_thread(lambda: list(look_at_mail_server(HOST, port, security="tls")))

    assert finding.level is Level.PROBLEM


def test_without_a_mail_server_there_is_nothing_to_greet() -> None:
    assert not list(look_at_mail_server("", 0))
