"""Indexes for what is asked with every message, tick and look, so that none of it reads a growing table whole

Revision ID: 0006
Revises: 0005
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("capture", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_capture_person_id"))
        batch_op.create_index("ix_capture_person_captured", ["person_id", "captured_at", "id"], unique=False)
        batch_op.create_index("ix_capture_received", ["received_at"], unique=False)
        batch_op.create_index(
            "ix_capture_held",
            ["held_correction"],
            unique=False,
            sqlite_where=sa.text("held_correction is not null"),
            postgresql_where=sa.text("held_correction is not null"),
        )
    with op.batch_alter_table("card", schema=None) as batch_op:
        batch_op.create_index("ix_card_person_shown", ["person_id", "shown_at"], unique=False)
    with op.batch_alter_table("task", schema=None) as batch_op:
        batch_op.create_index("ix_task_due", ["due_on", "state"], unique=False)
        batch_op.create_index("ix_task_visit", ["visit_id"], unique=False)
    with op.batch_alter_table("visit", schema=None) as batch_op:
        batch_op.create_index(
            "ix_visit_draft",
            ["state"],
            unique=False,
            sqlite_where=sa.text("state = 'draft'"),
            postgresql_where=sa.text("state = 'draft'"),
        )


def downgrade() -> None:
    with op.batch_alter_table("visit", schema=None) as batch_op:
        batch_op.drop_index("ix_visit_draft")
    with op.batch_alter_table("task", schema=None) as batch_op:
        batch_op.drop_index("ix_task_visit")
        batch_op.drop_index("ix_task_due")
    with op.batch_alter_table("card", schema=None) as batch_op:
        batch_op.drop_index("ix_card_person_shown")
    with op.batch_alter_table("capture", schema=None) as batch_op:
        batch_op.drop_index("ix_capture_held")
        batch_op.drop_index("ix_capture_received")
        batch_op.drop_index("ix_capture_person_captured")
        batch_op.create_index(batch_op.f("ix_capture_person_id"), ["person_id"], unique=False)
