"""Why a published figure changed between two moments: each reason with its part of the difference and its leaves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Engine, Row, text

from catalogue.load import load as load_catalogue
from catalogue.model import ChangeReason
from kexie import clock
from kexie.errors import UserError
from reporting.moments import moment, shown
from reporting.wording import figure, signed


def why(engine: Engine, unit: str, indicator: str, period: str, since: str, until: str | None) -> Iterator[str]:
    """The lines of the answer, in Chinese; the parts of the difference add up to it exactly.

    `since` and `until` are moments in Beijing time, a day being its beginning, or names of releases; `until` may be
    now. Raises UserError for what is neither, for a wrong order, and where no such figure was published at either.
    """
    with engine.connect() as connection:
        then, now = moment(connection, since), moment(connection, until) if until else clock.now()
        if then > now:
            raise UserError(f"--from {since} is later than --to {until or 'now'}; give the earlier one first.")
        asked = {"unit": unit, "indicator": indicator, "period": period, "since": then, "until": now}
        before, after = (_figure(connection, asked, side) for side in ("since", "until"))
        named = after or before
        if named is None:
            raise UserError(_why_nothing(connection, asked))
        terms = {row.reason: row for row in connection.execute(text(TERMS), asked)}
        leaves = connection.execute(text(LEAVES), asked).all()
    yield f"{named.unit_name}（{unit}）{named.indicator_name} {period}"
    yield f"{shown(then)}  {_published(before)}"
    yield f"{shown(now)}  {_published(after)}"
    yield from _explained(terms, leaves, indicator)
    yield _proof(before, after, terms)


def _figure(connection: Connection, asked: dict[str, Any], side: str) -> Row[Any] | None:
    return connection.execute(text(FIGURE.format(moment=f":{side}")), asked).one_or_none()


def _why_nothing(connection: Connection, asked: dict[str, Any]) -> str:
    for column, word in (("indicator_code", "indicator"), ("unit_code", "unit"), ("period", "period")):
        known = text(f"select 1 from published.indicator_values_history where {column} = :{word} limit 1")
        if not connection.scalar(known, asked):
            return f"Nothing was ever published for {word} '{asked[word]}'; see `kexie sql` on published.as_of(…)."
    return (
        f"No {asked['indicator']} of unit {asked['unit']} for {asked['period']} was published at either moment, "
        f"{shown(asked['since'])} or {shown(asked['until'])}."
    )


def _published(row: Row[Any] | None) -> str:
    if row is None:
        return "未发布"
    basis = load_catalogue().label("bases", row.basis)
    counted = f"已报 {row.units_reported}/{row.units_expected}"
    return f"{figure(row.value, row.low, row.high)} {row.measure or ''} [{basis}，{counted}]"


def _explained(terms: dict[str, Row[Any]], leaves: Sequence[Row[Any]], asked_indicator: str) -> Iterator[str]:
    for reason in ChangeReason:
        of_reason = [leaf for leaf in leaves if leaf.reason == reason]
        if reason in terms:
            amount = terms[reason].term
        elif of_reason:
            amount = Decimal(0)
        else:
            continue
        label = load_catalogue().label("change_reasons", reason)
        yield f"{label}  {'' if amount is None else signed(amount)}".rstrip()
        for leaf in of_reason:
            yield f"    {_leaf_line(leaf, asked_indicator)}"


def _leaf_line(leaf: Row[Any], asked_indicator: str) -> str:
    catalogue = load_catalogue()
    scope = "" if leaf.scope == "own" else f"（{catalogue.label('scopes', leaf.scope)}）"
    what = f"{leaf.leaf_unit_name}（{leaf.leaf_unit_code}）{leaf.leaf_period}{scope}"
    if leaf.leaf_indicator_code != asked_indicator:
        part = catalogue.indicators.get(leaf.leaf_indicator_code)
        what += f" {part.name_zh if part else leaf.leaf_indicator_code}"
    return f"{what}：{_side(leaf, 'before')} → {_side(leaf, 'after')}"


def _side(leaf: Row[Any], side: str) -> str:
    def of(name: str) -> Any:  # noqa: ANN401 - a column of any type
        return getattr(leaf, f"{side}_{name}")

    if of("file_name") is None:
        return "不计"
    place = f"{of('sheet')} {of('cell')}" if of("cell") else f"第 {of('line')} 行" if of("line") else f"“{of('quote')}”"
    filed = figure(of("filed_value"), of("filed_low"), of("filed_high"))
    share = "" if of("value") == of("filed_value") else f"计入 {figure(of('value'), of('value'), of('value'))}，"
    return f"{filed}（{share}{of('file_name')} {place}，{of('received_at'):%Y-%m-%d %H:%M} 收到）"


def _proof(before: Row[Any] | None, after: Row[Any] | None, terms: dict[str, Row[Any]]) -> str:
    if not terms:
        return "两个时刻的数相同。"
    first = next(iter(terms.values()))
    if first.difference is None:
        return "合计  有一方只有上下限、没有单个的数，差额不能用一个数说出。"
    was, is_now = (
        _plain(row.value) if row is not None and row.value is not None else "无数" for row in (before, after)
    )
    parts = " ".join(signed(row.term) for row in terms.values())
    return f"合计  {parts} = {signed(first.difference)}，即 {was} → {is_now}"


def _plain(amount: Decimal) -> str:
    return figure(amount, amount, amount)


FIGURE = """
    select * from published.as_of({moment})
    where unit_code = :unit and indicator_code = :indicator and period = :period
"""

TERMS = """
    select reason, term, difference from published.changes(:since, :until, :unit, :indicator, :period)
    order by array_position(array[{reasons}], reason)
""".format(reasons=", ".join(f"'{reason}'" for reason in ChangeReason))

LEAVES = """
    select * from published.why(:unit, :indicator, :period, :since, :until)
    order by leaf_unit_code, leaf_period, leaf_indicator_code, scope
"""
