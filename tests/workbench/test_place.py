"""Where the banner says that somebody belongs, and what the database is asked for it."""

from sqlalchemy import update

from api.workbench.place import place_of
from models.database import Database
from models.tables import Organisation, Practice
from tests.builders import a_world
from tests.clock import FixedClock
from tests.queries.asked import listening
from tests.queries.columns import all_forbidden


async def test_everybody_belongs_somewhere_and_no_reviewer_s_statement_names_a_practice(
    database: Database, clock: FixedClock
) -> None:
    world = await a_world(database, clock)
    async with database.transaction() as session:
        await session.execute(update(Organisation).values(name="Harbour Freight"))
        await session.execute(update(Practice).values(name="Quiet Rooms"))
    told = {}
    for name in ("reviewer", "consultant", "manager", "clinical_reviewer", "staff"):
        with listening() as heard:
            told[name] = await place_of(getattr(world, name), database=database, clock=clock)
        asked = [statement for statement in heard if statement.startswith("SELECT")]
        assert len(asked) == (1 if told[name] else 0)
        assert name != "reviewer" or all_forbidden(asked) == []

    assert told == {
        "reviewer": "Harbour Freight",
        "consultant": "Quiet Rooms",
        "manager": "Quiet Rooms",
        "clinical_reviewer": "",
        "staff": "",
    }
