"""The marks by which a database and its key store are known: their schema's revision, and the store's name."""

from sqlalchemy import text

from models.database import Database


async def set_revision(database: Database, revision: str) -> None:
    async with database.transaction() as session:
        await session.execute(text("UPDATE alembic_version SET version_num = :it"), {"it": revision})


async def set_key_store_revision(database: Database, revision: str) -> None:
    async with database.keys.writing() as store:
        await store.execute(text("UPDATE alembic_version SET version_num = :it"), {"it": revision})


async def set_key_store_name(database: Database, name: str) -> None:
    async with database.keys.writing() as store:
        await store.execute(text("UPDATE store_name SET name = :it"), {"it": name})
