"""Moves clients' keys between the database and the key store, for the migration that parts them and its way back."""

from sqlalchemy import Connection, create_engine, inspect, text

from models.migrations.run import sync_url

_COLUMNS = "client_id, version, master_version, wrapped"
_READ = text(f"SELECT {_COLUMNS} FROM client_key ORDER BY client_id, version")  # noqa: S608 - constants
_WRITE = text(
    f"INSERT INTO client_key ({_COLUMNS}) VALUES (:client_id, :version, :master_version, :wrapped) "  # noqa: S608
    "ON CONFLICT DO NOTHING"
)
_BATCH = 5_000


def move_rows(database: Connection, key_store_url: str | None, *, back: bool) -> None:
    """Copy every key, to the key store or back from it. Raises RuntimeError where that is not known: no key is lost."""
    if key_store_url is None:
        if not back and database.execute(text("SELECT 1 FROM client_key LIMIT 1")).one_or_none():
            raise RuntimeError("Clients' keys move to the key store: run `extra-sessions migrate`, which knows where.")
        return
    engine = create_engine(sync_url(key_store_url))
    try:
        with engine.begin() as store:
            if inspect(store).has_table("client_key"):
                _copy(store, database) if back else _copy(database, store)
    finally:
        engine.dispose()


def _copy(source: Connection, target: Connection) -> None:
    rows = source.execute(_READ).mappings().all()
    for start in range(0, len(rows), _BATCH):
        target.execute(_WRITE, [dict(row) for row in rows[start : start + _BATCH]])
