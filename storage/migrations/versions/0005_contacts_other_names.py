"""Contacts' other names, learned from corrections

Revision ID: 0005
Revises: 0004
"""

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op
from sqlalchemy import Text
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    json = sa.JSON().with_variant(postgresql.JSONB(astext_type=Text()), "postgresql")
    text = sqlmodel.sql.sqltypes.AutoString()
    with op.batch_alter_table("contact", schema=None) as batch_op:
        batch_op.add_column(sa.Column("aliases", json, nullable=False, server_default="[]"))
    for table in ("correction_seen", "alias_proposal"):
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.add_column(sa.Column("contact", text, nullable=False, server_default=""))


def downgrade() -> None:
    for table in ("alias_proposal", "correction_seen"):
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.drop_column("contact")
    with op.batch_alter_table("contact", schema=None) as batch_op:
        batch_op.drop_column("aliases")
