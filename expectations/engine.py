"""The only module that imports Great Expectations, which takes seconds: the audit imports it when it runs.

Importing it turns its telemetry off and its logging down to errors.
"""

# ruff: noqa: E402 - both settings must be made before the import
import logging
import os

os.environ["GX_ANALYTICS_ENABLED"] = "false"
logging.getLogger("great_expectations").setLevel(logging.ERROR)

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

import great_expectations as gx
from great_expectations.compatibility import pydantic
from great_expectations.expectations import UnexpectedRowsExpectation
from sqlalchemy import make_url

from expectations.relations import SCHEMA
from expectations.rules import NO_ROWS_QUERY, Outcome
from kexie.database import BULK_MEMORY

# This one sets its own level when it is imported.
logging.getLogger("great_expectations.data_context.types.base").setLevel(logging.ERROR)


COMPARING_WHOLE = f"-c work_mem={BULK_MEMORY} -c enable_mergejoin=off"
"""Settings of the sessions that judge: whole relations are compared, by hashing in memory. Over several columns the
planner takes that for dearer than sorting them on disk."""


class ExpectNoRows(UnexpectedRowsExpectation):  # type: ignore[misc]
    """As its parent, but counts the rows and does not fetch them too, which would run each query twice.

    The query names its relations itself, so that anyone can run it as it stands.
    """

    metric_dependencies: ClassVar[tuple[str, ...]] = (f"{NO_ROWS_QUERY}.row_count",)

    @pydantic.validator(NO_ROWS_QUERY)  # type: ignore[untyped-decorator]
    def _validate_query(cls, query: str) -> str:  # noqa: N805 - pydantic makes it a class method
        return query

    def _validate(self, metrics: Mapping[str, int], *_args: object, **_kwargs: object) -> dict[str, Any]:
        count = metrics[f"{NO_ROWS_QUERY}.row_count"]
        return {"success": count == 0, "result": {"observed_value": count}}


class Engine:
    """One ephemeral context of Great Expectations on one database. What it found is shown by `expectations.docs`."""

    def __init__(self, engine_url: str) -> None:
        self._context = gx.get_context(mode="ephemeral")
        self._context.variables.progress_bars = {"globally": False}
        self._source = self._context.data_sources.add_postgres("warehouse", connection_string=_in_schema(engine_url))

    def run(self, suite: dict[str, Any]) -> Iterator[Outcome]:
        """Run a suite on the relation that its `meta` names; one outcome per expectation."""
        name, meta = suite["name"], suite["meta"]
        asset = self._source.add_table_asset(name, table_name=meta["relation"])
        definition = gx.ValidationDefinition(
            name=name,
            data=asset.add_batch_definition_whole_table("candidate"),
            suite=self._context.suites.add(gx.ExpectationSuite(**suite)),
        )
        result = self._context.validation_definitions.add(definition).run(
            result_format={"result_format": "SUMMARY", "partial_unexpected_count": 0}
        )
        for one in result.results:
            yield Outcome(
                code=one.expectation_config.meta["code"],
                is_success=bool(one.success),
                bad_rows=one.result.get("unexpected_count", one.result.get("observed_value", 0)),
                error=_error(one.exception_info),
            )

    def close(self) -> None:
        """Leave no connection behind."""
        self._source.get_engine().dispose()


def _in_schema(engine_url: str) -> str:
    """The address of sessions that look for a table in the audited schema: an asset is no longer told its schema."""
    url = make_url(engine_url).update_query_dict({"options": f"-c search_path={SCHEMA} {COMPARING_WHOLE}"})
    return url.render_as_string(hide_password=False)


def _error(info: Mapping[str, Any]) -> str:
    """The first error's first line; Great Expectations nests one per metric, or gives one flat."""
    nested = [one for one in info.values() if isinstance(one, Mapping)] or [info]
    messages = [str(one["exception_message"]) for one in nested if one.get("raised_exception")]
    return messages[0].strip().splitlines()[0] if messages else ""
