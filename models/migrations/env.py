"""Alembic's entry: runs the migrations on the URL that ``models.migrations.run`` hands over."""

from typing import Any, Literal

from alembic import context
from sqlalchemy import Connection, create_engine

from models.migrations.run import sync_url
from models.tables import Base, types


def _render(kind: str, item: Any, _: Any) -> str | Literal[False]:
    """Write our own column types as ``types.Moment()``, and words as the text that they are."""
    if kind != "type" or type(item).__module__ != types.__name__:
        return False
    return "sa.Text()" if isinstance(item, types.Word) else f"types.{type(item).__name__}()"


def _run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        compare_type=True,
        render_item=_render,
        render_as_batch=connection.dialect.name == "sqlite",
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()


def _run_online() -> None:
    given = context.config.attributes.get("connection")
    if given is not None:
        _run(given)
        return
    # `make migration` calls Alembic itself, which then has no option but the -x url=... given to it.
    scratch = context.get_x_argument(as_dictionary=True).get("url")
    engine = create_engine(sync_url(scratch or context.config.get_main_option("sqlalchemy.url") or ""))
    with engine.connect() as connection:
        _run(connection)
    engine.dispose()


_run_online()
