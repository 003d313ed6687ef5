"""What is said of a model's rows: the candidate's great relations are views, and have their rows counted."""

from alembic import op

revision = "0031"
down_revision = "0030"


def upgrade() -> None:
    meaning = "写入的行数；候选结果是视图的为其行数，其他视图和检验为空"
    for relation in ("model_result", "model_runs"):
        op.execute(f"comment on column ops.{relation}.rows_affected is '{meaning}'")
