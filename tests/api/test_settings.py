"""A deployment that is set up wrongly does not start, and says which variable is to blame without showing its value."""

import json
import os
import stat
from pathlib import Path

import pytest

from api.keys import open_keyring
from api.settings import Settings, SettingsError, read_settings
from models.keyring import Keyring


@pytest.fixture(autouse=True)
def _no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):  # noqa: TID251 - to leave nothing of this machine in the way
        if name.startswith("EXTRA_SESSIONS_"):
            monkeypatch.delenv(name)


def test_production_is_what_nobody_asked_for() -> None:
    settings = read_settings()

    assert settings.mode == "production"
    assert settings.host == "127.0.0.1"
    assert settings.log_format == "json"
    assert settings.database_url == f"sqlite+aiosqlite:///{Path('var').absolute()}/extra-sessions.sqlite3"


def test_the_environment_is_read_and_options_win(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("EXTRA_SESSIONS_MODE", "demo")
    monkeypatch.setenv("EXTRA_SESSIONS_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("EXTRA_SESSIONS_PORT", "9000")
    monkeypatch.setenv("EXTRA_SESSIONS_HOST", "")

    settings = read_settings(port=9001)

    assert settings.is_demo
    assert settings.host == "127.0.0.1"
    assert settings.public_url == "http://127.0.0.1:9001"
    assert settings.database_url == f"sqlite+aiosqlite:///{tmp_path}/extra-sessions.sqlite3"


def test_the_key_store_is_beside_the_database_and_the_ledger_in_the_data_folder(tmp_path: Path) -> None:
    settings = read_settings(data_dir=tmp_path)

    assert settings.key_store_url == f"sqlite+aiosqlite:///{tmp_path}/extra-sessions-keys.sqlite3"
    assert settings.ledger == tmp_path / "erasures.jsonl"
    assert read_settings(database_url="postgresql+psycopg://u:p@h/eap").key_store_url.endswith("u:p@h/eap_keys")
    assert read_settings(erasure_ledger=tmp_path / "kept").ledger == tmp_path / "kept"


@pytest.mark.parametrize(
    ("key_store_url", "said"),
    [
        ("postgresql+psycopg://u:p@h/eap", "names the database itself"),
        ("postgresql+psycopg://u:p@h/eap?connect_timeout=3", "names the database itself"),
        ("sqlite+aiosqlite:////keys.db", "the same kind of database"),
        ("mysql://u:p@h/keys", "EXTRA_SESSIONS_KEY_STORE_URL must begin with"),
        ("nonsense", "EXTRA_SESSIONS_KEY_STORE_URL must begin with"),
    ],
)
def test_a_key_store_that_would_share_the_databases_backups_is_refused(key_store_url: str, said: str) -> None:
    with pytest.raises(SettingsError, match=said) as raised:
        read_settings(database_url="postgresql+psycopg://u:p@h/eap", key_store_url=key_store_url)
    assert "u:p" not in str(raised.value)


def test_settings_stay_as_they_were_read() -> None:
    settings = read_settings()

    with pytest.raises(ValueError, match="frozen"):
        settings.port = 9


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("EXTRA_SESSIONS_DATABASE", "EXTRA_SESSIONS_DATABASE_URL"),
        ("EXTRA_SESSIONS_KEYFILE", "EXTRA_SESSIONS_KEY_FILE"),
        ("extra_sessions_prot", "EXTRA_SESSIONS_PORT"),
    ],
)
def test_a_variable_that_nobody_reads_is_named_with_the_nearest_one(
    written: str, meant: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(written, "x")

    with pytest.raises(SettingsError) as refusal:
        read_settings()

    assert written in str(refusal.value)
    assert meant in str(refusal.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("EXTRA_SESSIONS_MODE", "hunter2"),
        ("EXTRA_SESSIONS_PORT", "hunter2"),
        ("EXTRA_SESSIONS_MAX_BODY_BYTES", "-1"),
        ("EXTRA_SESSIONS_DATABASE_URL", "mysql://user:hunter2@db/x"),
        ("EXTRA_SESSIONS_DATABASE_URL", "postgresql://user:hunter2@db/x"),
        ("EXTRA_SESSIONS_DATABASE_URL", "hunter2"),
    ],
)
def test_a_value_that_cannot_be_used_is_named_and_not_shown(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)

    with pytest.raises(SettingsError) as refusal:
        read_settings()

    assert name in str(refusal.value)
    assert "hunter2" not in str(refusal.value)


@pytest.mark.parametrize(
    "url",
    [
        "sessions.example.org",
        "//sessions.example.org",
        "ftp://sessions.example.org",
        "https://",
        "https://:443",
        "https://user:hunter2@sessions.example.org",
        "https://sessions.example.org/?hunter2",
        "https://sessions.example.org/#hunter2",
        "https://sessions.example.org:hunter2",
        "https://sessions .example.org",
        "https://[::1",
    ],
)
def test_a_public_url_is_absolute_and_says_nothing_else(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EXTRA_SESSIONS_PUBLIC_URL", url)

    with pytest.raises(
        SettingsError, match="EXTRA_SESSIONS_PUBLIC_URL: expected an absolute http or https URL"
    ) as told:
        read_settings()

    assert "hunter2" not in str(told.value)


@pytest.mark.parametrize("scope", ["profile", "openidprofile", 'openid "', "openid \u00e9"])
def test_a_provider_is_always_asked_for_a_sign_in(scope: str) -> None:
    with pytest.raises(SettingsError, match="EXTRA_SESSIONS_OIDC_SCOPE: expected words divided by spaces"):
        read_settings(oidc_scope=scope)
    assert read_settings(oidc_scope="profile  openid profile").oidc_scope == "profile openid"


def test_links_are_made_of_a_public_url_without_the_slash_at_its_end() -> None:
    assert read_settings(public_url="https://eap.example/sessions/").public_url == "https://eap.example/sessions"
    assert read_settings(public_url="http://127.0.0.1:8000").public_url == "http://127.0.0.1:8000"


@pytest.mark.parametrize("proxies", ["*", "proxy.example", "10.0.3.0/99", "0.0.0.0/0", "::/0", "10.0.0.1 10.0.0.2"])
def test_not_everybody_is_a_proxy(proxies: str) -> None:
    with pytest.raises(SettingsError, match="EXTRA_SESSIONS_TRUSTED_PROXIES: expected addresses or networks"):
        read_settings(trusted_proxies=proxies)


def test_proxies_are_addresses_and_networks() -> None:
    assert read_settings().trusted_proxies == ""
    assert read_settings(trusted_proxies=" 127.0.0.1 , 10.0.3.0/24,::1").trusted_proxies == "127.0.0.1,10.0.3.0/24,::1"


def test_the_database_s_password_is_not_in_the_settings_text() -> None:
    settings = read_settings(database_url="postgresql+psycopg://user:hunter2@db/x")

    assert "hunter2" not in repr(settings)


def test_what_a_process_needs_is_asked_for_by_variable() -> None:
    with pytest.raises(SettingsError, match="EXTRA_SESSIONS_PROVIDER and EXTRA_SESSIONS_MAIL_FROM to be set"):
        read_settings().require("provider", "mail_from", "host")


def test_production_does_not_start_without_keys_of_its_own(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="EXTRA_SESSIONS_KEY_FILE is not set"):
        open_keyring(Settings(data_dir=tmp_path))

    assert list(tmp_path.iterdir()) == []


def test_production_does_not_make_the_keys_that_it_misses(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="no key file"):
        open_keyring(Settings(key_file=tmp_path / "keys.json"))

    assert list(tmp_path.iterdir()) == []


def test_production_refuses_demo_keys(tmp_path: Path) -> None:
    Keyring.generate(demo=True).save(tmp_path / "keys.json")

    with pytest.raises(SettingsError, match="demo keys"):
        open_keyring(Settings(key_file=tmp_path / "keys.json"))


def test_production_refuses_keys_that_say_they_are_a_demo_s(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    Keyring.generate().save(path)
    path.write_text(json.dumps(json.loads(path.read_text()) | {"demo": True}))

    with pytest.raises(SettingsError, match="demo"):
        open_keyring(Settings(key_file=path))


def test_a_demo_refuses_a_deployment_s_own_keys(tmp_path: Path) -> None:
    Keyring.generate().save(tmp_path / "keys.json")

    with pytest.raises(SettingsError, match="a demo must not use them"):
        open_keyring(Settings(mode="demo", key_file=tmp_path / "keys.json"))


def test_a_demo_makes_keys_once_for_its_owner_alone(tmp_path: Path) -> None:
    settings = Settings(mode="demo", data_dir=tmp_path)

    first, second = open_keyring(settings), open_keyring(settings)

    path = tmp_path / "demo-keys.json"
    assert first == second
    assert first.demo
    assert json.loads(path.read_text())["demo"] is True
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_damaged_key_file_is_named_and_not_quoted(tmp_path: Path) -> None:
    (tmp_path / "keys.json").write_text('{"masters": {"1": "hunter2"}}')

    with pytest.raises(SettingsError) as refusal:
        open_keyring(Settings(key_file=tmp_path / "keys.json"))

    assert "keys.json" in str(refusal.value)
    assert "hunter2" not in str(refusal.value)
