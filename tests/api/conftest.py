"""What the tests of the web process share."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from api.app import create_app
from api.auth import sign_demo_token
from api.keys import open_keyring
from api.settings import Settings
from models import ids
from models.database import Database
from models.migrations.run import newest_key_store_revision, newest_revision
from models.queries.vital_signs import key_store_found
from models.rules.vocabulary import Role
from models.tables import Account
from tests import engines
from tests.api.house import House
from tests.api.marks import set_key_store_name, set_key_store_revision, set_revision
from tests.clock import FixedClock


@pytest.fixture
async def house(migrated_sqlite: Path, tmp_path: Path, clock: FixedClock) -> House:
    engines.copy_sqlite(migrated_sqlite, tmp_path / "extra-sessions.sqlite3")
    settings = Settings(mode="demo", data_dir=tmp_path)
    keyring = open_keyring(settings)
    account_id = ids.new_id("acc")
    house = House(
        settings,
        create_app(settings, clock=clock),
        account_id,
        sign_demo_token(keyring, account_id, clock, timedelta(hours=1)),
        clock,
    )
    async with house.database() as database, database.transaction() as session:
        session.add(
            Account(
                id=account_id,
                external_id="sam",
                name="Sam Staff",
                email="sam@eap.example",
                role=Role.PROVIDER_STAFF,
                time_zone="Australia/Melbourne",
                created_at=clock.now(),
            )
        )
    return house


@pytest.fixture
async def altered(database: Database) -> AsyncIterator[Database]:
    """A database whose marks a test may change: a server's is used again, and they must be as they were."""
    async with database.keys.reading() as store:
        name = await key_store_found(store)
    yield database
    await set_revision(database, newest_revision())
    await set_key_store_revision(database, newest_key_store_revision())
    await set_key_store_name(database, str(name))
