"""The Data Docs within Airflow: its page serves them to whoever is signed in, and the audit's tasks link to theirs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from functools import cache
from typing import TYPE_CHECKING, Any

from airflow.plugins_manager import AirflowPlugin
from airflow.sdk import BaseOperator, BaseOperatorLink

from kexie.home import Home

if TYPE_CHECKING:
    from fastapi import FastAPI
    from fastapi.responses import FileResponse

PREFIX = "/data-docs"
INDEX = "index.html"

# A page of ours needs its own style and nothing else, whatever a unit or a file is called.
ONLY_ITS_STYLE = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'"}

Scope = MutableMapping[str, Any]
Receive, Send = Callable[[], Awaitable[Scope]], Callable[[Scope], Awaitable[None]]


class DataDocsLink(BaseOperatorLink):
    """A button of the audit's task: the page of what it found, the one written last when it ends."""

    name = "审核网页"

    def get_link(self, operator: BaseOperator, *, ti_key: Any) -> str:  # noqa: ANN401, ARG002 - Airflow's own signature
        from airflow.configuration import conf

        folder = Home.from_environment().data_docs
        last = max(folder.glob("builds/*.html"), key=lambda page: page.stat().st_mtime, default=folder / INDEX)
        base = conf.get("api", "base_url", fallback="").rstrip("/")
        return f"{base}{PREFIX}/{last.relative_to(folder).as_posix()}"


def with_link(task: Any) -> Any:  # noqa: ANN401 - a task as Airflow's decorator makes it
    """The task with the button."""
    made = task.operator_class
    task.operator_class = type(made.__name__, (made,), {"operator_extra_links": (DataDocsLink(),)})
    return task


async def serve(
    scope: Scope, receive: Callable[[], Awaitable[Scope]], send: Callable[[Scope], Awaitable[None]]
) -> None:
    """The pages as a web application. Made when first asked: plugins are read by every process, tasks included."""
    await application()(scope, receive, send)


@cache
def application() -> FastAPI:
    """Serves the pages of the instance's Data Docs, and no other file, to users of Airflow."""
    from airflow.api_fastapi.core_api.security import get_user
    from fastapi import Depends, FastAPI, HTTPException
    from fastapi.responses import FileResponse

    app = FastAPI(title="Data Docs", docs_url=None, redoc_url=None, openapi_url=None)

    def page(path: str) -> FileResponse:
        folder = Home.from_environment().data_docs.resolve()
        file = (folder / (path or INDEX)).resolve()
        if not file.is_relative_to(folder) or file.suffix != ".html" or not file.is_file():
            raise HTTPException(404, "There is no such page; index.html lists them.")
        return FileResponse(file, headers=ONLY_ITS_STYLE)

    # Not as a decorator: the annotation's class is known in here only.
    page.__annotations__ = {"path": str}
    app.add_api_route("/{path:path}", page, response_model=None, dependencies=[Depends(get_user)])
    return app


class KexiePlugin(AirflowPlugin):
    """What Airflow's page has of the warehouse's: the Data Docs, and the way to them in its menu."""

    name = "kexie"
    fastapi_apps = ({"app": serve, "url_prefix": PREFIX, "name": "Data Docs"},)
    external_views = ({"name": "审核网页", "href": f"{PREFIX}/{INDEX}", "destination": "nav", "category": "browse"},)
