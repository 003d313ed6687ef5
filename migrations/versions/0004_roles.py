"""The schemas of dbt: they stay, with who may read them, and what is in them is made anew by every build.

Who may do what is in `kexie.roles`; the owner grants it after the migrations.
"""

from alembic import op

revision = "0004"
down_revision = "0003"

SCHEMAS = {
    "catalogue": "指标目录，由 dbt 从种子文件写入",
    "staging": "收到的数的视图，由 dbt 建立",
    "intermediate": "汇总的中间结果，由 dbt 建立",
    "candidate": "候选数：本次构建的结果，审核通过才发布",
}


def upgrade() -> None:
    for schema, comment in SCHEMAS.items():
        op.execute(f"create schema if not exists {schema}")
        op.execute(f"comment on schema {schema} is '{comment}'")
