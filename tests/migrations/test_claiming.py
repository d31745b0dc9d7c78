"""A database is a demo's or a deployment's from its first start on, and the other kind does not touch it."""

from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from api.__main__ import main
from api.settings import Settings, SettingsError
from api.storage import bring_up_to_date, check_key_store
from models.database import Database
from models.key_store import key_store_beside
from models.keyring import Keyring
from models.migrations.claiming import WrongMode, claim, refuse_other_mode
from models.migrations.run import connected
from models.tables import Deployment
from tests import engines
from tests.builders import a_world
from tests.clock import FixedClock

OURS, DEMO = Keyring.generate(), Keyring.generate(demo=True)


def mark(url: str) -> bool | None:
    with connected(url) as database:
        marked: bool | None = database.execute(select(Deployment.is_demo)).scalar()
        return marked


@pytest.mark.parametrize(("first", "other", "said"), [(OURS, DEMO, "a deployment's own"), (DEMO, OURS, "a demo's")])
def test_an_empty_database_is_marked_by_whoever_comes_first(
    database_url: str, first: Keyring, other: Keyring, said: str
) -> None:
    refuse_other_mode(database_url, first)
    assert mark(database_url) is None, "a look marks nothing"

    claim(database_url, key_store_beside(database_url), first)
    claim(database_url, key_store_beside(database_url), first)

    assert mark(database_url) is first.demo
    with pytest.raises(WrongMode, match=said):
        claim(database_url, key_store_beside(database_url), other)
    with pytest.raises(WrongMode, match=said):
        refuse_other_mode(database_url, other)
    assert mark(database_url) is first.demo


async def test_one_from_before_there_were_marks_is_taken_by_whose_keys_open_it(
    database: Database, clock: FixedClock, database_url: str, keyring: Keyring
) -> None:
    await a_world(database, clock)

    with pytest.raises(WrongMode, match="does not open"):
        claim(database_url, key_store_beside(database_url), DEMO)
    assert mark(database_url) is None
    claim(database_url, key_store_beside(database_url), keyring)

    assert mark(database_url) is False


@pytest.fixture
def deployment(tmp_path: Path) -> Settings:
    """A deployment's own database, migrated."""
    Keyring.generate().save(tmp_path / "keys.json")
    settings = Settings(data_dir=tmp_path, key_file=tmp_path / "keys.json")
    bring_up_to_date(settings)
    return settings


def test_a_demo_refuses_a_deployments_database_and_a_deployment_a_demos(deployment: Settings, tmp_path: Path) -> None:
    demo = Settings(mode="demo", data_dir=tmp_path)
    for work in (bring_up_to_date, check_key_store):
        with pytest.raises(SettingsError, match="a demo must not touch it"):
            work(demo)
    for words in (["serve"], ["users"], ["token", "sam"], ["account", "list"], ["import", str(tmp_path)]):
        environment = {"EXTRA_SESSIONS_MODE": "demo", "EXTRA_SESSIONS_DATA_DIR": str(tmp_path)}
        result = CliRunner(env=environment).invoke(main, words)
        assert (result.exit_code, "a demo must not touch it" in result.output) == (1, True), (words, result.output)

    (tmp_path / "demo").mkdir()
    engines.copy_sqlite(tmp_path / "extra-sessions.sqlite3", tmp_path / "demo" / "extra-sessions.sqlite3")
    with connected(engines.sqlite_url(tmp_path / "demo" / "extra-sessions.sqlite3")) as database:
        database.execute(Deployment.__table__.update().values(is_demo=None))  # type: ignore[attr-defined]  # a Table
        database.commit()
    made = Settings(mode="demo", data_dir=tmp_path / "demo")
    bring_up_to_date(made)
    with pytest.raises(SettingsError, match="with made-up people"):
        bring_up_to_date(deployment.model_copy(update={"database_url": made.database_url}))
