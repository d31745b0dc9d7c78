"""The key store's own Alembic history."""
