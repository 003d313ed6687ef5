"""Backups, their proofs, and the checks of the archive."""

from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
    for relation, comments in COLUMNS.items():
        for column, comment in comments.items():
            op.execute(f"comment on column ops.{relation}.{column} is '{comment}'")


STATEMENTS = (
    """
    create table ops.backup (
        backup text primary key,
        folder text not null,
        started_at timestamptz not null,
        finished_at timestamptz not null,
        size_bytes bigint not null,
        tables integer not null,
        rows bigint not null,
        proven_at timestamptz,
        message text not null default ''
    )
    """,
    """
    create table ops.archive_check (
        archive_check_id bigint generated always as identity primary key,
        started_at timestamptz not null,
        finished_at timestamptz not null default clock_timestamp(),
        files bigint not null,
        files_read bigint not null,
        bytes_read bigint not null,
        missing bigint not null,
        damaged bigint not null
    )
    """,
    """
    create table ops.archive_file (
        sha256 text primary key,
        checked_at timestamptz not null,
        state text not null check (state in ('whole', 'missing', 'damaged'))
    )
    """,
    "create index archive_file_by_check on ops.archive_file (checked_at)",
    "create index archive_file_not_whole on ops.archive_file (sha256) where state <> 'whole'",
    """
    create view ops.archive_damage as
    select
        delivery.delivery_seq,
        delivery.submitter_code,
        delivery.file_name,
        delivery.received_at,
        delivery.size_bytes,
        archive_file.state,
        archive_file.checked_at,
        left(delivery.sha256, 2) || '/' || delivery.sha256 as place
    from ops.archive_file as archive_file
    join landing.delivery as delivery on delivery.sha256 = archive_file.sha256
    where archive_file.state <> 'whole'
    """,
    """
    create table ops.disk_use (
        measured_at timestamptz not null,
        place text not null,
        path text not null,
        size_bytes bigint not null,
        free_bytes bigint,
        total_bytes bigint,
        primary key (measured_at, place)
    )
    """,
    "comment on table ops.backup is '每个备份一行：何时做成、有多大、是否已还原比对过'",
    "comment on table ops.archive_check is '每次核对原件库一行：应有多少文件、重读了多少、缺失和损坏各多少'",
    "comment on table ops.archive_file is '原件库中每份内容最近一次核对的时间与结果'",
    "comment on view ops.archive_damage is '原件库中缺失或损坏的文件，及其送达编号、报送者和文件名'",
    "comment on table ops.disk_use is '每次测得的磁盘占用：各处大小，所在磁盘的剩余与总量（字节）'",
)

COLUMNS = {
    "backup": {
        "backup": "备份名，即其文件夹名（世界时）",
        "folder": "备份所在文件夹",
        "started_at": "数据所属时刻",
        "finished_at": "做成时间",
        "size_bytes": "字节数",
        "tables": "表数",
        "rows": "行数",
        "proven_at": "还原到临时库并逐表比对一致的时间，空为尚未证实",
        "message": "最近一次证实未通过的原因",
    },
    "archive_check": {
        "archive_check_id": "核对编号",
        "started_at": "开始时间",
        "finished_at": "结束时间",
        "files": "应有的文件数（内容相同的算一个）",
        "files_read": "本次重读的文件数",
        "bytes_read": "本次重读的字节数",
        "missing": "缺失的文件数",
        "damaged": "内容与指纹不符的文件数",
    },
    "archive_file": {
        "sha256": "文件指纹（SHA-256）",
        "checked_at": "最近一次重读的时间",
        "state": "whole 完好、missing 缺失、damaged 损坏",
    },
    "archive_damage": {
        "delivery_seq": "送达编号",
        "submitter_code": "报送者代码",
        "file_name": "文件名",
        "received_at": "收到时间",
        "size_bytes": "原有字节数",
        "state": "missing 缺失、damaged 损坏",
        "checked_at": "最近一次核对的时间",
        "place": "在原件库 archive/ 中的位置",
    },
    "disk_use": {
        "measured_at": "测量时间",
        "place": "何处：database 数据库、archive 原件库、backups 备份、logs 日志、data_docs 审核网页、home 其余",
        "path": "路径或数据库名",
        "size_bytes": "占用字节数",
        "free_bytes": "所在磁盘剩余字节数，空为在别的机器上",
        "total_bytes": "所在磁盘总字节数",
    },
}
