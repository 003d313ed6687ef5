"""One rule about a relation, as an expectation of Great Expectations and the SQL of the rows that break it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from expectations.relations import Relation

NO_ROWS = "expect_no_rows"
"""The type of a rule that is itself a query of the rows that break it; `expectations.engine` defines it."""

NO_ROWS_QUERY = "unexpected_rows_query"
"""The argument that holds that query. Any other type of rule keeps such a query in its `meta`, as `bad_rows`."""


@dataclass(frozen=True, slots=True)
class Rule:
    """`code` is stable and unique over all suites; `sentence` (Chinese) says what must hold."""

    code: str
    name_zh: str
    sentence: str
    relation: Relation
    type: str
    kwargs: Mapping[str, Any]
    meta: Mapping[str, str]

    def expectation(self, severity: str) -> dict[str, Any]:
        """The rule as Great Expectations serialises it."""
        return {
            "type": self.type,
            "kwargs": dict(self.kwargs),
            "meta": {"code": self.code, "name_zh": self.name_zh, **self.meta},
            "description": f"{self.name_zh}：{self.sentence}",
            "severity": severity,
        }


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a rule ended. `error` is why it could not be evaluated, empty when it was."""

    code: str
    is_success: bool
    bad_rows: int
    error: str


def unique(relation: Relation) -> Rule:
    """The relation's key is unique.

    Of several columns the database is asked once, by grouping: Great Expectations' own rule numbers all rows by a
    window, and once more to list them, which was a fifth of the audit of a million figures.
    """
    code, name_zh = f"{relation.name}_key_unique", f"{relation.name_zh}主键唯一"
    key = ", ".join(relation.key)
    sentence = f"{key} 相同的行只有一行"
    repeated = f"select {key} from {relation.path} group by {key} having count(*) > 1"
    rows = f"select * from {relation.path} where ({key}) in ({repeated})"
    if len(relation.key) > 1:
        return no_rows(relation, code, name_zh, sentence, rows)
    return Rule(
        code=code,
        name_zh=name_zh,
        sentence=sentence,
        relation=relation,
        type="expect_column_values_to_be_unique",
        kwargs={"column": relation.key[0]},
        meta={"bad_rows": rows},
    )


def present(relation: Relation) -> Iterable[Rule]:
    """Every required column is filled, one rule each."""
    for column in relation.required:
        yield Rule(
            code=f"{relation.name}_{column}_present",
            name_zh=f"{relation.name_zh} {column} 不为空",
            sentence="每行都有",
            relation=relation,
            type="expect_column_values_to_not_be_null",
            kwargs={"column": column},
            meta={"bad_rows": f"select * from {relation.path} where {column} is null"},
        )


def one_of(relation: Relation, column: str, words: Sequence[str]) -> Rule:
    """A column holds only these words."""
    return Rule(
        code=f"{relation.name}_{column}_known",
        name_zh=f"{relation.name_zh} {column} 取值正确",
        sentence=f"只能是 {'、'.join(words)}",
        relation=relation,
        type="expect_column_values_to_be_in_set",
        kwargs={"column": column, "value_set": list(words)},
        meta={"bad_rows": f"select * from {relation.path} where {column} not in ({quoted(words)})"},
    )


def no_rows(relation: Relation, code: str, name_zh: str, sentence: str, query: str) -> Rule:
    """The query finds nothing. It holds no braces: Great Expectations takes them for fields."""
    return Rule(
        code=code,
        name_zh=name_zh,
        sentence=sentence,
        relation=relation,
        type=NO_ROWS,
        kwargs={NO_ROWS_QUERY: " ".join(query.split())},
        meta={},
    )


def counts_in_order(relation: Relation, code: str, name_zh: str, sentence: str) -> Rule:
    """No more units reported than are covered, and no more covered than expected."""
    query = f"""
        select v.* from {relation.path} as v
        where not (0 <= v.units_reported and v.units_reported <= v.units_covered
            and v.units_covered <= v.units_expected)
    """
    return no_rows(relation, code, name_zh, sentence, query)


def quoted(words: Iterable[str]) -> str:
    """Words of the catalogue as a SQL list."""
    return ", ".join(f"'{word}'" for word in words)


def exact(value: Decimal) -> str:
    """A limit of the catalogue as a SQL number."""
    return format(value, "f")
