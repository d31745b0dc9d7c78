"""The key store."""

import secrets

import sqlalchemy as sa
from alembic import op

from models.tables import types

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "client_key",
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("master_version", sa.Integer(), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("client_id", "version", name=op.f("pk_client_key")),
        sqlite_strict=True,
    )
    op.create_index("ix_client_key_master_version", "client_key", ["master_version"], unique=False)
    op.create_table(
        "key_backup",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("made_at", types.Moment(), nullable=False),
        sa.Column("expires_at", types.Moment(), nullable=False),
        sa.Column("oldest_master", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_key_backup")),
        sqlite_strict=True,
    )
    store_name = op.create_table(
        "store_name",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_store_name")),
        sqlite_strict=True,
    )
    op.bulk_insert(store_name, [{"id": 1, "name": f"keys_{secrets.token_hex(16)}"}])


def downgrade() -> None:
    op.drop_table("store_name")
    op.drop_table("key_backup")
    op.drop_index("ix_client_key_master_version", table_name="client_key")
    op.drop_table("client_key")
