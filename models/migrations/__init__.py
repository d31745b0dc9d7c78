"""One Alembic history for both kinds of database, and one for the key store beside them."""
