"""Mails are known by their return path, and addresses that send them back are suppressed."""

import sqlalchemy as sa
from alembic import op

from models.tables import types

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "suppressed_address",
        sa.Column("email_index", sa.LargeBinary(), nullable=False),
        sa.Column("suppressed_at", types.Moment(), nullable=False),
        sa.Column("mail_id", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["mail_id"], ["mail.id"], name=op.f("fk_suppressed_address_mail_id")),
        sa.PrimaryKeyConstraint("email_index", name=op.f("pk_suppressed_address")),
        sqlite_strict=True,
    )
    with op.batch_alter_table("mail", schema=None) as batch_op:
        batch_op.add_column(sa.Column("bounce_token", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("address_index", sa.LargeBinary(), nullable=True))
        batch_op.create_index("uq_mail_bounce_token", ["bounce_token"], unique=True)


def downgrade() -> None:
    with op.batch_alter_table("mail", schema=None) as batch_op:
        batch_op.drop_index("uq_mail_bounce_token")
        batch_op.drop_column("address_index")
        batch_op.drop_column("bounce_token")
    op.drop_table("suppressed_address")
