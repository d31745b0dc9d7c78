"""Alembic's entry for the key store."""

from models.migrations.running import run_online
from models.tables.key_store import KeyStoreBase

run_online(KeyStoreBase.metadata)
