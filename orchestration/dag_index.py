"""An index of the DAGs as a page to read, made from their docstrings.

The DAG files are read and not run: importing Airflow takes seconds, and this is part of `make check`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from kexie.home import PROJECT

PATH = "docs/dags.md"
FOLDER = PROJECT / "dags"


@dataclass(frozen=True, slots=True)
class Task:
    task_id: str
    doc: str


@dataclass(frozen=True, slots=True)
class Dag:
    """One DAG as its file says it; `schedule` is its cron expression and the assets that wake it, as a phrase."""

    dag_id: str
    doc: str
    description: str
    schedule: str
    owner: str
    tags: tuple[str, ...]
    tasks: tuple[Task, ...]


def dag_index(folder: Path = FOLDER) -> dict[str, str]:
    """Path → text of the index."""
    dags = sorted((dag for path in folder.glob("*.py") for dag in read(Module(path))), key=lambda dag: dag.dag_id)
    lines = [
        "# DAG 一览",
        "",
        "由 `dags/` 中的说明生成，请勿手工修改；改了 DAG 后运行 `make generate`。时间都是北京时间。",
        "",
        "| DAG | 做什么 | 何时 | 归属 | 标签 |",
        "| --- | --- | --- | --- | --- |",
        *map(_row, dags),
        *(line for dag in dags for line in _section(dag)),
    ]
    return {PATH: "\n".join(lines) + "\n"}


def _row(dag: Dag) -> str:
    cells = (f"[{dag.dag_id}](#{dag.dag_id})", dag.description, dag.schedule, dag.owner, "、".join(dag.tags))
    return f"| {' | '.join(cells)} |"


def _section(dag: Dag) -> Iterator[str]:
    yield from ("", f"## {dag.dag_id}", "", *dag.doc.strip().splitlines(), "", "| 任务 | 说明 |", "| --- | --- |")
    yield from (f"| `{task.task_id}` | {task.doc} |" for task in dag.tasks)


class Module:
    """A Python file of this project, taken apart: what it defines at its top level, and what it imports from where."""

    def __init__(self, path: Path) -> None:
        self.tree = ast.parse(path.read_text(encoding="utf-8"))
        self.functions = {node.name: node for node in self.tree.body if isinstance(node, ast.FunctionDef)}
        self.values = dict(self._assignments())
        self._sources = {
            name.asname or name.name: (node.module, name.name)
            for node in self.tree.body
            if isinstance(node, ast.ImportFrom) and node.module
            for name in node.names
        }

    def function(self, name: str) -> ast.FunctionDef | None:
        """The function of that name, wherever in this project it is defined."""
        if name in self.functions:
            return self.functions[name]
        source = self._imported(name)
        return source[0].function(source[1]) if source else None

    def value(self, node: ast.expr) -> ast.expr:
        """The expression, or what was assigned to it where it is a name."""
        if not isinstance(node, ast.Name):
            return node
        if node.id in self.values:
            return self.values[node.id]
        source = self._imported(node.id)
        return source[0].value(ast.Name(source[1])) if source else node

    def _imported(self, name: str) -> tuple[Module, str] | None:
        module, original = self._sources.get(name, ("", ""))
        path = PROJECT / f"{module.replace('.', '/')}.py"
        return (Module(path), original) if module and path.is_file() else None

    def _assignments(self) -> Iterator[tuple[str, ast.expr]]:
        for node in self.tree.body:
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                yield node.targets[0].id, node.value
            elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value:
                yield node.target.id, node.value


def read(module: Module) -> Iterator[Dag]:
    """The DAGs of a file: its functions that are decorated with `dag`."""
    for function in module.functions.values():
        given = _decoration(function, "dag")
        if given is None:
            continue
        yield Dag(
            dag_id=_text(given.get("dag_id")) or function.name,
            doc=ast.get_docstring(module.tree) or "",
            description=_text(given.get("description")),
            schedule="；".join(_schedule(module, given["schedule"])) if "schedule" in given else "手工",
            owner=_text(_entry(module.value(given["default_args"]), "owner")) if "default_args" in given else "",
            tags=tuple(_texts(given.get("tags"))),
            tasks=tuple(_tasks(module, function)),
        )


def _tasks(module: Module, dag: ast.FunctionDef) -> Iterator[Task]:
    """The tasks that the DAG calls, in the order of its text."""
    calls = [node.func for node in ast.walk(dag) if isinstance(node, ast.Call)]
    names = [called for called in calls if isinstance(called, ast.Name)]
    for name in sorted(names, key=lambda name: (name.lineno, name.col_offset)):
        function = module.function(name.id)
        given = _decoration(function, "task") or _operator(function) if function else None
        if function and given is not None:
            yield Task(_text(given.get("task_id")) or function.name, _text(given.get("doc_md")))


def _schedule(module: Module, node: ast.expr) -> Iterator[str]:
    """Cron expressions and assets, in words."""
    resolved = module.value(node)
    if isinstance(resolved, ast.Call):
        name = resolved.func.id if isinstance(resolved.func, ast.Name) else ""
        if name == "Asset":
            yield f"`{_text(resolved.args[0])}` 有更新时"
        elif name.startswith("Cron"):
            yield f"`{_text(resolved.args[0])}`"
        else:
            for part in (*resolved.args, *(keyword.value for keyword in resolved.keywords)):
                yield from _schedule(module, part)
    elif isinstance(resolved, ast.List):
        for part in resolved.elts:
            yield from _schedule(module, part)
    elif isinstance(resolved, ast.Constant):
        yield f"`{_text(resolved)}`" if resolved.value else "手工"


def _decoration(function: ast.FunctionDef, name: str) -> dict[str, ast.expr] | None:
    """The keywords of a decorator `@name` or `@name(…)`; None where the function has none."""
    for decorator in function.decorator_list:
        called = decorator.func if isinstance(decorator, ast.Call) else decorator
        if isinstance(called, ast.Name) and called.id == name:
            keywords = decorator.keywords if isinstance(decorator, ast.Call) else []
            return {keyword.arg: keyword.value for keyword in keywords if keyword.arg}
    return None


def _operator(function: ast.FunctionDef) -> dict[str, ast.expr] | None:
    """The keywords of the operator that a function returns; None where it returns none."""
    last = function.body[-1]
    if isinstance(last, ast.Return) and isinstance(last.value, ast.Call):
        given = {keyword.arg: keyword.value for keyword in last.value.keywords if keyword.arg}
        return given if "task_id" in given else None
    return None


def _entry(node: ast.expr, key: str) -> ast.expr | None:
    """What a dictionary that is written out has under a key."""
    pairs: Iterable[tuple[ast.expr | None, ast.expr]] = ()
    if isinstance(node, ast.Dict):
        pairs = zip(node.keys, node.values, strict=True)
    return next((value for name, value in pairs if name is not None and _text(name) == key), None)


def _text(node: ast.expr | None) -> str:
    return str(node.value) if isinstance(node, ast.Constant) else ""


def _texts(node: ast.expr | None) -> Iterator[str]:
    yield from map(_text, node.elts if isinstance(node, ast.List) else ())
