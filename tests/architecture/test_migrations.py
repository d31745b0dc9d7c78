"""One history for two databases: what the migrations make is what the tables say, and the way back works."""

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, inspect

from models.migrations.run import downgrade, sync_url, upgrade
from models.tables import Base


def test_the_migrations_make_what_the_tables_say(empty_database_url: str) -> None:
    upgrade(empty_database_url)
    assert _differences(empty_database_url) == []


def test_the_comparison_sees_a_missing_migration(empty_database_url: str) -> None:
    assert _differences(empty_database_url), "else the test above could not fail"


def test_a_second_upgrade_changes_nothing(empty_database_url: str) -> None:
    upgrade(empty_database_url)
    tables = _tables(empty_database_url)
    upgrade(empty_database_url)
    assert _tables(empty_database_url) == tables


def test_a_downgrade_leaves_nothing_behind_and_the_way_forward_open(empty_database_url: str) -> None:
    upgrade(empty_database_url)
    downgrade(empty_database_url, "base")
    assert _tables(empty_database_url) <= {"alembic_version"}
    upgrade(empty_database_url)
    assert _differences(empty_database_url) == []


def _differences(url: str) -> list[object]:
    engine = create_engine(sync_url(url))
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        differences = list(compare_metadata(context, Base.metadata))
    engine.dispose()
    return differences


def _tables(url: str) -> set[str]:
    engine = create_engine(sync_url(url))
    tables = set(inspect(engine).get_table_names())
    engine.dispose()
    return tables
