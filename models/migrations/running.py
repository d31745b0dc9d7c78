"""What Alembic's two entries share: one for the database, one for the key store."""

from typing import Any, Literal

from alembic import context
from sqlalchemy import Connection, MetaData, create_engine

from models.migrations.run import sync_url
from models.tables import types


def run_online(metadata: MetaData) -> None:
    """Run migrations on the connection or the URL that ``models.migrations.run`` hands over."""
    given = context.config.attributes.get("connection")
    if given is not None:
        _run(given, metadata)
        return
    # `make migration` calls Alembic itself, which then has no option but the -x url=... given to it.
    scratch = context.get_x_argument(as_dictionary=True).get("url")
    engine = create_engine(sync_url(scratch or context.config.get_main_option("sqlalchemy.url") or ""))
    try:
        with engine.connect() as connection:
            _run(connection, metadata)
    finally:
        engine.dispose()


def _run(connection: Connection, metadata: MetaData) -> None:
    context.configure(
        connection=connection,
        target_metadata=metadata,
        compare_type=True,
        render_item=_render,
        render_as_batch=connection.dialect.name == "sqlite",
        transaction_per_migration=True,
    )
    if connection.dialect.name == "sqlite":  # what a migration drops must not stay in the file
        connection.exec_driver_sql("PRAGMA secure_delete = ON")
        connection.commit()
    with context.begin_transaction():
        context.run_migrations()


def _render(kind: str, item: Any, _: Any) -> str | Literal[False]:
    """Write our own column types as ``types.Moment()``, and words as the text that they are."""
    if kind != "type" or type(item).__module__ != types.__name__:
        return False
    return "sa.Text()" if isinstance(item, types.Word) else f"types.{type(item).__name__}()"
