"""Jobs count their failures by type, and are listed and claimed by an index each."""

import sqlalchemy as sa
from alembic import op

from models.tables import types

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("job", schema=None) as batch_op:
        batch_op.add_column(sa.Column("failures", types.Json(), nullable=True))
        batch_op.create_index("ix_job_listed", ["state", "actor", "created_at", "id"], unique=False)
        batch_op.create_index(
            "ix_job_first",
            ["queue", "priority", "run_at", "id"],
            unique=False,
            sqlite_where=sa.text("state = 'READY'"),
            postgresql_where=sa.text("state = 'READY'"),
        )


def downgrade() -> None:
    with op.batch_alter_table("job", schema=None) as batch_op:
        batch_op.drop_index("ix_job_first")
        batch_op.drop_index("ix_job_listed")
    op.drop_column("job", "failures")
