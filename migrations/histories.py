"""A published relation with its history, as migrations make it: a table of every row ever, a view of those in force."""

from __future__ import annotations

from collections.abc import Mapping

from alembic import op

BOOKKEEPING = {
    "opened_by": ("bigint not null references published.publication", "写入本行的发布"),
    "closed_by": ("bigint references published.publication", "使本行失效的发布，空为现行"),
}


def create_history(
    name: str, comment: str, key: tuple[str, ...], columns: Mapping[str, tuple[str, str]], *, with_view: bool = True
) -> None:
    """Table `published.{name}_history` and, unless another view shows it, view `published.{name}` of the rows in force.

    `columns` gives each column's type and Chinese comment; `key` is unique among the rows in force.
    """
    every = {**columns, **BOOKKEEPING}
    definitions = ", ".join(f"{column} {kind}" for column, (kind, _) in every.items())
    op.execute(f"create table published.{name}_history ({definitions}, primary key ({', '.join(key)}, opened_by))")
    op.execute(
        f"create unique index {name}_in_force on published.{name}_history ({', '.join(key)}) where closed_by is null"
    )
    op.execute(f"comment on table published.{name}_history is '{comment}（含全部历史）'")
    comments = {column: text for column, (_, text) in every.items()}
    comment_columns(f"{name}_history", comments)
    if with_view:
        create_view_in_force(name, comment, columns)


def create_view_in_force(name: str, comment: str, columns: Mapping[str, tuple[str, str]]) -> None:
    """View `published.{name}` of the rows in force, with the time each was published."""
    op.execute(f"""
        create view published.{name} as
        select {", ".join(f"history.{column}" for column in columns)}, publication.published_at
        from published.{name}_history as history
        join published.publication as publication on publication.publication_id = history.opened_by
        where history.closed_by is null
    """)
    op.execute(f"comment on view published.{name} is '{comment}'")
    comment_columns(name, {column: text for column, (_, text) in columns.items()} | {"published_at": "发布时间"})


def comment_columns(relation: str, comments: Mapping[str, str]) -> None:
    """Give each column of `published.{relation}` its Chinese comment."""
    for column, comment in comments.items():
        op.execute(f"comment on column published.{relation}.{column} is '{comment}'")
