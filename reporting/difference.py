"""In what two states of a published relation differ, as SQL: publishing applies it, a preview shows it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Difference:
    """Between `before` and `after`, each of which can stand after `from`, by `key`; any of `columns` may differ."""

    key: Sequence[str]
    columns: Sequence[str]
    before: str
    after: str

    def opened(self) -> str:
        """A query of the rows of `after`, with `columns`, that `before` lacks or has with other values."""
        return f"""
            select {_list("after", self.columns)}
            from {self.after} as after
            left join {self.before} as before on {self._same_key}
            where before.{self.key[0]} is null or {self._differs}
        """

    def closed(self, columns: Sequence[str]) -> str:
        """A query of the rows of `before`, with the columns asked for, that `after` lacks or has with other values."""
        return f"""
            select {_list("before", columns)}
            from {self.before} as before
            left join {self.after} as after on {self._same_key}
            where after.{self.key[0]} is null or {self._differs}
        """

    def changed(self) -> str:
        """A query of both, each key once: `columns` of `after`, and whether its row `is_opened` and `is_closed`."""
        columns = (
            f"coalesce(after.{column}, before.{column}) as {column}" if column in self.key else f"after.{column}"
            for column in self.columns
        )
        return f"""
            select {", ".join(columns)},
                after.{self.key[0]} is not null as is_opened, before.{self.key[0]} is not null as is_closed
            from {self.before} as before
            full join {self.after} as after on {self._same_key}
            where after.{self.key[0]} is null or before.{self.key[0]} is null or {self._differs}
        """

    def holders(self, holder: str) -> str:
        """A query of the values of `holder`, a column of the key, whose rows are not the same in both states.

        No row meets another: the marks of equal rows cancel each other out. Those of others do once in 2^64 holders.
        """
        mark = f"hash_record_extended(row({', '.join(self.columns)}), 0)"
        return f"""
            select {holder}
            from (
                select {holder}, {mark} as mark from {self.before} as before
                union all
                select {holder}, {mark} as mark from {self.after} as after
            ) as marks
            group by {holder}
            having bit_xor(mark) <> 0
        """

    @property
    def _same_key(self) -> str:
        return " and ".join(f"before.{column} = after.{column}" for column in self.key)

    @property
    def _differs(self) -> str:
        others = [column for column in self.columns if column not in self.key]
        return f"({_list('before', others)}) is distinct from ({_list('after', others)})" if others else "false"


def _list(alias: str, columns: Sequence[str]) -> str:
    return ", ".join(f"{alias}.{column}" for column in columns)
