"""The likeliest reason of a claim that differs from the sum, in codes too: reason, unit, how well it fits."""

from importlib import import_module

from alembic import op

from migrations.histories import comment_columns, create_view_in_force

revision = "0013"
down_revision = "0012"

COMMENT, _, BEFORE = import_module("migrations.versions.0003_published").HISTORIES["reconciliation"]
COLUMNS = {
    "likeliest_reason": ("text", "最可能的原因，一句话；没有矛盾的为空"),
    "reason_code": ("text", "原因代码；没有矛盾的为空"),
    "reason_unit_code": ("text", "原因所在单位代码；原因不明的为空"),
    "reason_unit_name": ("text", "原因所在单位名称；原因不明的为空"),
    "reason_fit": ("numeric", "与差额吻合的程度，0～1，四位小数；1 为正好相符，原因不明的为空"),
}


def upgrade() -> None:
    for column, (kind, _) in COLUMNS.items():
        op.execute(f"alter table published.reconciliation_history add column if not exists {column} {kind}")
    comment_columns("reconciliation_history", {column: comment for column, (_, comment) in COLUMNS.items()})
    # The time of publishing stays last, so the view is made anew.
    op.execute("drop view published.reconciliation")
    create_view_in_force("reconciliation", COMMENT, {**BEFORE, **COLUMNS})
