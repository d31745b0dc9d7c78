"""What the tests of the schema share: one world, and the house that serves it."""

import pytest

from models.database import Database
from models.keyring import Keyring
from tests.builders import World, a_world
from tests.clock import FixedClock
from tests.schema.house import House


@pytest.fixture(scope="session")
def keyring() -> Keyring:
    """Keys of a demo: they sign the tokens of these tests."""
    return Keyring.generate(demo=True)


@pytest.fixture
async def world(database: Database, clock: FixedClock) -> World:
    return await a_world(database, clock)


@pytest.fixture
def house(world: World, keyring: Keyring) -> House:
    return House(world, keyring)
