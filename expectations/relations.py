"""The relations of schema `candidate` that are audited: their keys, and the columns that are never null.

A test holds them against the tables of `published`.
"""

from dataclasses import dataclass

SCHEMA = "candidate"


@dataclass(frozen=True, slots=True)
class Relation:
    """`name_zh` is how the office calls it; every column of `key` is required as well."""

    name: str
    name_zh: str
    key: tuple[str, ...]
    others_required: tuple[str, ...]

    @property
    def required(self) -> tuple[str, ...]:
        return self.key + self.others_required

    @property
    def path(self) -> str:
        return f"{SCHEMA}.{self.name}"


RELATIONS = {
    relation.name: relation
    for relation in (
        Relation(
            "indicator_values",
            "指标数",
            ("unit_code", "indicator_code", "period"),
            (
                *("unit_name", "unit_level", "indicator_name", "basis", "units_expected", "units_reported"),
                *("units_covered", "is_inherited", "is_estimate"),
            ),
        ),
        Relation(
            "contribution_leaves",
            "来源数",
            ("period", "holder_code", "indicator_code", "role", "leaf_indicator_code"),
            ("reach_depth", "observation_ids"),
        ),
        Relation(
            "tree_closure",
            "单位树",
            ("period", "unit_code", "ancestor_code"),
            ("ancestor_depth", "unit_name", "unit_level"),
        ),
        Relation(
            "report_lines",
            "报告行",
            ("line_code", "period", "unit_code"),
            ("section_code", "section_name", "line_name", "indicator_code"),
        ),
        Relation(
            "reconciliation",
            "自报与汇总核对",
            ("unit_code", "indicator_code", "period"),
            ("unit_name", "indicator_name", "is_used"),
        ),
        Relation(
            "restated_values",
            "重算数",
            ("period", "tree_date", "unit_code", "indicator_code"),
            (
                *("unit_name", "unit_level", "indicator_name", "basis", "units_expected", "units_reported"),
                *("units_covered", "is_inherited", "is_estimate"),
            ),
        ),
        Relation(
            "successions",
            "承继关系",
            ("period", "tree_date", "event_date", "kind", "from_code", "to_code"),
            ("weight",),
        ),
        Relation(
            "progress",
            "年内进度",
            ("period", "unit_code", "indicator_code"),
            ("unit_name", "unit_level", "indicator_name", "year", "units_expected", "units_reported", "units_covered"),
        ),
        Relation(
            "unapproved_figures",
            "含未审核的数",
            ("unit_code", "indicator_code", "period"),
            ("unit_name", "unit_level", "indicator_name", "units_unapproved", "submission_ids"),
        ),
        Relation(
            "indicators",
            "指标目录",
            ("indicator_code",),
            ("indicator_name", "form", "theme", "theme_name", "aggregation", "over_time", "sort_order"),
        ),
        Relation(
            "indicator_definitions",
            "指标口径",
            ("indicator_code", "valid_from"),
            ("indicator_name", "definition", "breaks_series"),
        ),
        Relation(
            "series_breaks",
            "口径断开",
            ("indicator_code", "valid_from", "changed_indicator_code"),
            ("reason",),
        ),
        Relation(
            "indicator_statuses",
            "指标的数的性质",
            ("indicator_code", "status"),
            ("status_name", "rank"),
        ),
    )
}
