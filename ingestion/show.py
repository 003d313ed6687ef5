"""What the reader finds in one file, for a person or as JSON; nothing is stored."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path

from catalogue.load import load as load_catalogue
from catalogue.model import Catalogue, State
from ingestion import name_lists, wording
from ingestion.entry_units import ENTRY_UNITS
from ingestion.narrative.quantity import Quantity
from ingestion.observations import FileContent, ListedName, Place, Problem, Reading
from ingestion.readers import read
from kexie.errors import UserError


def show(file: Path, *, as_json: bool) -> tuple[list[str], list[str]]:
    """One line per figure found, and one sentence per problem of the file.

    As JSON each line is an object whose figures are exact JSON numbers, null where a bound is open. Raises UserError
    where the path is no file.
    """
    if not file.is_file():
        raise UserError(f"{file} is no file; give the path of a workbook, CSV or narrative.")
    catalogue = load_catalogue()
    content = read(file.name, file.read_bytes(), catalogue)
    if content.text:
        lines = list(_of_text(content, catalogue, as_json=as_json))
        return lines, [_sentence(problem, catalogue) for problem in content.problems]
    lines = list(_of_figures(content, catalogue, as_json=as_json))
    return lines, [_sentence(problem, catalogue) for problem in content.problems]


def _of_figures(content: FileContent, catalogue: Catalogue, *, as_json: bool) -> Iterator[str]:
    """One line per figure of a form; the names of a list stand with its first, as words in lines of their own."""
    lists = name_lists.grouped(content.names, catalogue)
    for reading in content.readings:
        names = lists.pop(name_lists.list_of(reading, catalogue), [])
        whole = _with_defaults(reading, catalogue)
        if as_json:
            yield _as_json(whole, names, catalogue)
        else:
            yield _as_words(whole, catalogue)
            yield from map(_name_as_words, names)


def _name_as_words(one: ListedName) -> str:
    told = (one.title, one.level, one.batch, one.located_in, "至".join(filter(None, (one.valid_from, one.valid_until))))
    words = "，".join(wording.plain(word) for word in told if word)
    return f"  {wording.place(one.place)}：{wording.plain(one.name)}{f'（{words}）' if words else ''}"


def _name_members(one: ListedName) -> dict[str, object]:
    told = {field: getattr(one, field) for field in NAME_FIELDS if getattr(one, field)}
    return told | {"place": {name: value for name, value in one.place._asdict().items() if value not in ("", None)}}


def _of_text(content: FileContent, catalogue: Catalogue, *, as_json: bool) -> Iterator[str]:
    """One line per quantity of a narrative: all of them, also those that are of no indicator."""
    line, counted = 1, 0
    for one in content.quantities:
        line += content.text.count("\n", counted, one.start)
        counted = one.start
        yield _quantity_as_json(one, line) if as_json else _quantity_as_words(one, line, catalogue)


def _quantity_as_words(one: Quantity, line: int, catalogue: Catalogue) -> str:
    indicator = catalogue.indicators.get(one.indicator_code)
    name = indicator.name_zh if indicator else "（目录之外）"
    figure = "隐去" if one.state == State.REDACTED and one.low is one.high is None else _bounds(one)
    marks = " ".join(filter(None, (one.scope, one.status, one.period, one.qualifier)))
    note = f"（{one.note}）" if one.note else ""
    return f"第 {line} 行“{wording.plain(one.quote)}”：{name} {figure} {one.measure} [{marks}]{note}"


def _bounds(one: Reading | Quantity) -> str:
    """A figure, and the bounds it claims where they are others."""
    figure = wording.figure(one.value, "—")
    if not one.low == one.value == one.high:
        figure += f"（{wording.figure(one.low, '不限')} 至 {wording.figure(one.high, '不限')}）"
    return figure


def _quantity_as_json(one: Quantity, line: int) -> str:
    return _object({
        "indicator_code": one.indicator_code,
        "value": one.value,
        "low": one.low,
        "high": one.high,
        "measure": one.measure,
        "scope": one.scope,
        "status": one.status,
        "state": one.state,
        "period": one.period,
        "place": {"line": line},
        "qualifier": one.qualifier,
        "note": one.note,
        "quote": one.quote,
        "start": one.start,
        "end": one.end,
    })  # fmt: skip


def _with_defaults(reading: Reading, catalogue: Catalogue) -> Reading:
    """The reading with the scope, status and form that the file leaves to the catalogue."""
    indicator = catalogue.indicators.get(reading.indicator_code)
    return reading._replace(
        scope=reading.scope or "own",
        status=reading.status or (indicator.default_status if indicator else ""),
        form=reading.form or (indicator.form if indicator else ""),
    )


def _as_words(reading: Reading, catalogue: Catalogue) -> str:
    indicator = catalogue.indicators.get(reading.indicator_code)
    name = indicator.name_zh if indicator else reading.indicator_code
    measure = indicator.measure if indicator else ""
    if reading.entered_in and reading.value is not None:
        figure = wording.amount(reading.value, measure, reading.entered_in)
    elif reading.state == "number":
        figure = f"{_bounds(reading)} {measure}".rstrip()
    else:
        figure = f"{reading.state} “{wording.plain(reading.raw)}”"
    marks = f"{reading.scope} {reading.status}" + (f"，按“其余为0”（{reading.by_tick}）" if reading.by_tick else "")
    return f"{wording.place(reading.place)}：{reading.unit_code} {reading.period} {name} {figure} [{marks}]"


def _as_json(reading: Reading, names: Sequence[ListedName], catalogue: Catalogue) -> str:
    indicator = catalogue.indicators.get(reading.indicator_code)
    place = {name: value for name, value in reading.place._asdict().items() if value not in ("", None)}
    members: dict[str, object] = {
        "unit_code": reading.unit_code,
        "form": reading.form,
        "indicator_code": reading.indicator_code,
        "value": reading.value,
        "low": reading.low,
        "high": reading.high,
        "measure": indicator.measure if indicator else None,
        "scope": reading.scope,
        "status": reading.status,
        "state": reading.state,
        "period": reading.period,
        "place": {name: value for name, value in place.items() if name not in NARRATIVE},
        "note": reading.note,
        **({"names": [_name_members(one) for one in names]} if names else {}),
        **_entered(reading),
        **{name: place[name] for name in NARRATIVE if name in place},
    }
    return _object(members)


def _object(members: Mapping[str, object]) -> str:
    return "{" + ", ".join(f"{json.dumps(name)}: {_literal(value)}" for name, value in members.items()) + "}"


def _entered(reading: Reading) -> dict[str, object]:
    """The figure as it was typed, where that was in another unit."""
    if not reading.entered_in or reading.value is None:
        return {}
    unit = ENTRY_UNITS[reading.entered_in]
    return {"entered_value": unit.from_measure(reading.value), "entered_measure": unit.name}


NAME_FIELDS = ("name", "title", "level", "batch", "located_in", "valid_from", "valid_until", "note")
NARRATIVE = ("quote", "start", "end")


def _literal(value: object) -> str:
    # A float would not keep every digit, and json knows no other number with a fraction.
    return f"{value:f}" if isinstance(value, Decimal) else json.dumps(value, ensure_ascii=False)


def _sentence(problem: Problem, catalogue: Catalogue) -> str:
    sentence = catalogue.findings[problem.code].sentence(problem.details)
    where = wording.place(Place(*problem.place))
    return f"{where}：{sentence}" if where else sentence
