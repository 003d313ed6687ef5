"""The audit: a sound candidate passes; each kind of failure is caught by its own rule, with unit, file and cell."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, text

from catalogue.load import load
from expectations.audit import AuditOutcome, audit, bad_rows_query, committed_suites, judge, lines
from expectations.ledger import Failure, record
from expectations.relations import RELATIONS
from expectations.rules import Outcome
from kexie.database import ready
from kexie.home import Home

NewDatabase = Callable[[], Home]

TREE = """
    unit parent level
    P    -      province
    C    P      city
    A    C      county
    B    C      county
    T    A      township
    S    B      township
"""

# A figure is value, or value/low/high with _ for null; - is none. Counts are expected/reported/covered.
FIGURES = """
    indicator                    unit basis    own    computed claimed counts
    sp_lecture_count             T    partial  4      4        -       0/0/0
    sp_lecture_count             S    partial  3      3        -       0/0/0
    sp_lecture_count             A    computed 10     10       -       1/1/1
    sp_lecture_count             B    partial  -      3        -       1/0/0
    sp_lecture_count             C    claimed  2      15       40      3/2/3
    sp_lecture_count             P    partial  1      41       -       4/3/4
    sp_five_entry_activity_count A    computed 5      5        -       1/1/1
    sp_five_entry_activity_count B    computed 7      7        -       1/1/1
    sp_five_entry_activity_count C    computed -      12       -       2/2/2
    sp_five_entry_activity_count P    computed -      12       -       2/2/2
    sp_five_entry_persontimes    A    computed 900    900      -       1/1/1
    sp_five_entry_persontimes    B    computed 700/700/_ 700/700/_ -   1/1/1
    sp_five_entry_persontimes    C    computed -      1600/1600/_ -    2/2/2
    sp_five_entry_persontimes    P    computed -      1600/1600/_ -    2/2/2
    tr_exam_pass_rate            A    computed -      90       -       1/1/1
    tr_exam_pass_rate            B    own      -      -        -       1/0/0
    tr_exam_pass_rate            C    partial  -      90       -       3/1/1
    tr_exam_pass_rate            P    partial  -      90       -       3/1/1
    base_demo_community_count    A    computed 3      3        -       1/1/1
    base_demo_community_count    B    partial  -      -        -       1/0/0
    base_demo_community_count    C    partial  -      3        -       3/1/1
    base_demo_community_count    P    list     50     3        -       1/1/1
    sp_online_peak_viewers       A    computed 70     70       -       1/1/1
    sp_online_peak_viewers       B    partial  -      -        -       1/0/0
    sp_online_peak_viewers       C    partial  -      70       -       3/1/1
    sp_online_peak_viewers       P    partial  -      70       -       4/1/1
    ref_resident_population      P    own      -      -        -       0/0/0
    contest_rank                 B    own      2      -        -       1/1/1
    contest_rank                 C    own      -      -        -       2/1/1
    contest_rank                 P    own      -      -        -       2/1/1
    vol_activity_cum_count       A    computed 8      8        -       1/1/1
    vol_activity_cum_count       B    partial  -      -        -       1/0/0
    vol_activity_cum_count       C    partial  -      8        -       3/1/1
    vol_activity_cum_count       P    partial  -      8        -       4/1/1
"""

FOUND_IN = """
    unit indicator                    leaf                         role        reach cell value
    P    sp_lecture_count             sp_lecture_count             own         1     C7   1
    C    sp_lecture_count             sp_lecture_count             own         3     C7   2
    C    sp_lecture_count             sp_lecture_count             claim       1     D7   40
    A    sp_lecture_count             sp_lecture_count             own         3     C7   10
    T    sp_lecture_count             sp_lecture_count             own         4     C7   4
    S    sp_lecture_count             sp_lecture_count             own         3     C7   3
    A    sp_five_entry_activity_count sp_five_entry_activity_count own         1     C8   5
    B    sp_five_entry_activity_count sp_five_entry_activity_count own         1     C8   7
    A    sp_five_entry_persontimes    sp_five_entry_persontimes    own         1     C9   900
    B    sp_five_entry_persontimes    sp_five_entry_persontimes    own         1     C9   700/700/_
    A    tr_exam_pass_rate            tr_exam_passed_count         numerator   1     C10  9
    A    tr_exam_pass_rate            tr_exam_taken_count          denominator 1     C11  10
    A    base_demo_community_count    base_demo_community_count    own         2     C12  3
    P    base_demo_community_count    base_demo_community_count    own         1     C12  50
    A    sp_online_peak_viewers       sp_online_peak_viewers       own         1     C13  70
    A    sp_online_peak_viewers       spare                        own         1     C14  60
    B    contest_rank                 contest_rank                 own         3     C15  2
    A    vol_activity_cum_count       vol_activity_cum_count       own         1     C16  8
"""

VALUES, LEAVES, TREES = "candidate.indicator_values", "candidate.contribution_leaves", "candidate.tree_closure"
LINES, RECONCILED, INDICATORS = "candidate.report_lines", "candidate.reconciliation", "candidate.indicators"
DEFINITIONS, BREAKS = "candidate.indicator_definitions", "candidate.series_breaks"
STATUSES = "candidate.indicator_statuses"
RESTATED, SUCCESSIONS, PROGRESS = "candidate.restated_values", "candidate.successions", "candidate.progress"
UNAPPROVED = "candidate.unapproved_figures"
LECTURES_OF = "indicator_code = 'sp_lecture_count' and unit_code"
SPARE_LEAF = "leaf_indicator_code = 'spare'"
"""A source that nothing rests on: the lesser of two readings of a peak."""
FILED = "update landing.observation set value = {0}, low = {0}, high = {0} where observation_id in"


@dataclass(frozen=True)
class Planted:
    """What is wrong with the candidate, the rules that say so (several where one cannot break alone), a log line."""

    rules: str
    statement: str
    line: str


PLANTED = [
    # ---- keys and words
    Planted(
        "indicator_values_key_unique",
        f"insert into {VALUES} select * from {VALUES} where unit_code = 'P' and indicator_code = 'contest_rank'",
        "P contest_rank 2021 ← 文件 B.xlsx，填报!C15",
    ),
    Planted(
        "contribution_leaves_key_unique",
        f"insert into {LEAVES} select * from {LEAVES} where {SPARE_LEAF}",
        "A sp_online_peak_viewers 2021 ← 文件 A.xlsx，填报!C14",
    ),
    Planted(
        "tree_closure_key_unique tree_paths_unbroken",
        f"insert into {TREES} select * from {TREES} where unit_code = 'T' and ancestor_code = 'P'",
        "T 2021 ← 没有来源文件",
    ),
    Planted(
        "report_lines_key_unique",
        f"insert into {LINES} select * from {LINES} where line_code = 'five_entry_people'",
        "P sp_five_entry_persontimes 2021 ← 文件 A.xlsx，填报!C9",
    ),
    Planted(
        "reconciliation_key_unique",
        f"insert into {RECONCILED} select * from {RECONCILED}",
        "C sp_lecture_count 2021 ← 文件 C.xlsx，填报!C7",
    ),
    Planted(
        "indicators_key_unique",
        f"insert into {INDICATORS} select * from {INDICATORS} where indicator_code = 'org_rule_made_count'",
        "org_rule_made_count ← 没有来源文件",
    ),
    Planted(
        "indicator_values_basis_known",
        f"update {VALUES} set basis = 'guessed' where {LECTURES_OF} = 'T'",
        "T sp_lecture_count 2021 ← 文件 T.xlsx，填报!C7",
    ),
    Planted(
        "restated_values_key_unique",
        f"insert into {RESTATED} select * from {RESTATED} where unit_code = 'P' and indicator_code = 'contest_rank'",
        "P contest_rank 2021 ← 文件 B.xlsx，填报!C15",
    ),
    Planted(
        "restated_own_sums_unchanged",
        f"update {RESTATED} set own_value = own_value + 1 where unit_code = 'A'",
        "vol_activity_cum_count 2021 ← 没有来源文件",
    ),
    Planted(
        "restated_counts_in_order",
        f"update {RESTATED} set units_reported = 9 where unit_code = 'P' and indicator_code = 'contest_rank'",
        "P contest_rank 2021 ← 文件 B.xlsx，填报!C15",
    ),
    Planted(
        "successions_key_unique successions_share_the_whole",
        f"insert into {SUCCESSIONS} select * from {SUCCESSIONS}",
        "2021 ← 没有来源文件",
    ),
    Planted(
        "progress_key_unique",
        f"insert into {PROGRESS} select * from {PROGRESS}",
        "A vol_activity_cum_count 2021 ← 文件 A.xlsx，填报!C16",
    ),
    Planted(
        "unapproved_figures_key_unique",
        f"insert into {UNAPPROVED} select * from {UNAPPROVED}",
        "A vol_activity_cum_count 2021 ← 文件 A.xlsx，填报!C16",
    ),
    Planted(
        "progress_shows_values",
        f"update {PROGRESS} set to_date_value = 11",
        "A vol_activity_cum_count 2021 ← 文件 A.xlsx，填报!C16",
    ),
    Planted(
        "indicator_definitions_key_unique",
        f"insert into {DEFINITIONS} select * from {DEFINITIONS}",
        "sp_lecture_count ← 没有来源文件",
    ),
    Planted(
        "series_breaks_key_unique",
        f"insert into {BREAKS} select * from {BREAKS}",
        "sp_lecture_count ← 没有来源文件",
    ),
    Planted(
        "indicator_statuses_key_unique",
        f"insert into {STATUSES} select * from {STATUSES}",
        "sp_lecture_count ← 没有来源文件",
    ),
    Planted(
        "indicator_values_unit_level_known",
        f"update {VALUES} set unit_level = 'village' where {LECTURES_OF} = 'T'",
        "T sp_lecture_count 2021 ← 文件 T.xlsx，填报!C7",
    ),
    Planted(
        "contribution_leaves_role_known",
        f"update {LEAVES} set role = 'guess' where {SPARE_LEAF}",
        "A sp_online_peak_viewers 2021 ← 文件 A.xlsx，填报!C14",
    ),
    # ---- rows that belong together
    Planted(
        "indicators_complete",
        f"delete from {INDICATORS} where indicator_code = 'org_rule_made_count'",
        "org_rule_made_count ← 没有来源文件",
    ),
    Planted(
        "values_indicator_known",
        f"update {VALUES} set indicator_code = 'unheard_of' where indicator_code = 'ref_resident_population'",
        "P unheard_of 2021 ← 没有来源文件",
    ),
    Planted(
        "values_unit_in_tree",
        f"update {VALUES} set unit_code = 'X' where indicator_code = 'ref_resident_population'",
        "X ref_resident_population 2021 ← 没有来源文件",
    ),
    Planted(
        "values_parent_has_row",
        f"delete from {VALUES} where unit_code = 'P' and indicator_code = 'contest_rank'",
        "C contest_rank 2021 ← 文件 B.xlsx，填报!C15",
    ),
    Planted(
        "tree_paths_unbroken",
        f"delete from {TREES} where unit_code = 'T' and ancestor_code = 'C'",
        "T 2021 ← 没有来源文件",
    ),
    # ---- figures, counts and bases
    Planted(
        "values_within_bounds",
        f"update {VALUES} set claimed_low = 9, claimed_high = 8 where {LECTURES_OF} = 'T'",
        "T sp_lecture_count 2021 ← 文件 T.xlsx，填报!C7",
    ),
    Planted(
        "values_gap_is_difference",
        f"update {VALUES} set gap = 24 where {LECTURES_OF} = 'C'; update {RECONCILED} set gap = 24",
        "C sp_lecture_count 2021 ← 文件 C.xlsx，填报!D7",
    ),
    Planted(
        "values_counts_in_order values_counts_add_up",
        f"update {VALUES} set units_covered = 1 where {LECTURES_OF} = 'T'",
        "T sp_lecture_count 2021 ← 文件 T.xlsx，填报!C7",
    ),
    Planted(
        "values_basis_fits_kind",
        f"update {VALUES} set basis = 'partial' where unit_code = 'P' and indicator_code = 'contest_rank'",
        "P contest_rank 2021 ← 文件 B.xlsx，填报!C15",
    ),
    Planted(
        "values_basis_fits_reports",
        f"update {VALUES} set basis = 'computed' where {LECTURES_OF} = 'B'",
        "B sp_lecture_count 2021 ← 文件 S.xlsx，填报!C7",
    ),
    Planted(
        "values_claim_is_usable",
        f"update {VALUES} set basis = 'claimed', claimed_value = 4, claimed_low = 4, claimed_high = 4, gap = 0"
        f" where {LECTURES_OF} = 'T';"
        f" insert into {LEAVES} select holder_code, indicator_code, period, 'claim', leaf_indicator_code,"
        f" reach_depth, observation_ids from {LEAVES} where holder_code = 'T';"
        f" update {LEAVES} set reach_depth = 5 where holder_code = 'T' and role = 'own'",
        "T sp_lecture_count 2021 ← 文件 T.xlsx，填报!C7",
    ),
    Planted(
        "values_are_their_basis values_made_of_leaves",
        f"update {VALUES} set high = 71 where unit_code = 'P' and indicator_code = 'sp_online_peak_viewers'",
        "P sp_online_peak_viewers 2021 ← 文件 A.xlsx，填报!C13",
    ),
    # ---- sums, level by level
    Planted(
        "values_add_up values_made_of_leaves lines_show_province_figure",
        f"update {VALUES} set computed_value = 42, computed_low = 42, computed_high = 42, value = 42, low = 42,"
        f" high = 42 where {LECTURES_OF} = 'P'",
        "P sp_lecture_count 2021 ← 文件 P.xlsx，填报!C7",
    ),
    Planted(
        "values_add_up values_made_of_leaves lines_show_province_figure",
        f"update {VALUES} set computed_high = null, high = null where {LECTURES_OF} = 'P'",
        "P sp_lecture_count 2021 ← 文件 P.xlsx，填报!C7",
    ),
    Planted(
        "values_add_up values_made_of_leaves",
        f"update {VALUES} set own_value = null, own_low = null, own_high = null where {LECTURES_OF} = 'A';"
        f" delete from {LEAVES} where holder_code = 'A' and indicator_code = 'sp_lecture_count'",
        "A sp_lecture_count 2021 ← 文件 T.xlsx，填报!C7",
    ),
    Planted(
        "values_counts_add_up",
        f"update {VALUES} set units_expected = 4 where unit_code = 'P' and indicator_code = 'contest_rank'",
        "P contest_rank 2021 ← 文件 B.xlsx，填报!C15",
    ),
    Planted(
        "values_counts_add_up",
        f"update {VALUES} set units_expected = 2, units_reported = 2, units_covered = 2"
        " where unit_code = 'P' and indicator_code = 'base_demo_community_count';"
        f" update {LINES} set units_expected = 2, units_reported = 2, units_covered = 2"
        " where line_code = 'demonstration_communities'",
        "P base_demo_community_count 2021 ← 文件 P.xlsx，填报!C12",
    ),
    Planted(
        "values_adjustments_add_up",
        f"update {VALUES} set adjustment_value = -1 where {LECTURES_OF} = 'B'",
        "B sp_lecture_count 2021 ← 文件 S.xlsx，填报!C7",
    ),
    # ---- where figures come from
    Planted(
        "values_made_of_leaves",
        f"delete from {LEAVES} where indicator_code = 'contest_rank'",
        "B contest_rank 2021 ← 文件 B.xlsx，填报!C15",
    ),
    Planted(
        "values_made_of_leaves",
        f"delete from {LEAVES} where role = 'claim'",
        "C sp_lecture_count 2021 ← 文件 C.xlsx，填报!C7",
    ),
    Planted(
        "values_made_of_leaves",
        f"delete from {LEAVES} where role = 'numerator'",
        "A tr_exam_pass_rate 2021 ← 文件 A.xlsx，填报!C11",
    ),
    Planted(
        "values_computed_has_terms values_made_of_leaves",
        f"update {VALUES} set value = null, low = null, high = null, own_value = null, own_low = null, own_high = null,"
        " computed_value = null, computed_low = null, computed_high = null"
        " where unit_code = 'A' and indicator_code = 'sp_online_peak_viewers'",
        "C sp_online_peak_viewers 2021 ← 文件 A.xlsx，填报!C13",
    ),
    Planted(
        "values_made_of_leaves",
        f"{FILED.format(2)} (select observation_ids[1] from {LEAVES} where holder_code = 'P' and role = 'own'"
        " and indicator_code = 'sp_lecture_count')",
        "P sp_lecture_count 2021 ← 文件 P.xlsx，填报!C7",
    ),
    Planted(
        "values_made_of_leaves",
        f"update {LEAVES} set weights = '{{0.5}}', shared_values = '{{9}}', shared_lows = '{{9}}', shared_highs ="
        " '{9}' where holder_code = 'A' and indicator_code = 'sp_lecture_count'",
        "A sp_lecture_count 2021 ← 文件 A.xlsx，填报!C7",
    ),
    Planted(
        "values_made_of_leaves",
        f"update {LEAVES} set reach_depth = 1 where holder_code = 'A' and indicator_code = 'base_demo_community_count'",
        "P base_demo_community_count 2021 ← 文件 P.xlsx，填报!C12",
    ),
    Planted(
        "leaves_have_value_row",
        f"update {LEAVES} set holder_code = 'T' where {SPARE_LEAF}",
        "T sp_online_peak_viewers 2021 ← 文件 A.xlsx，填报!C14",
    ),
    Planted(
        "values_made_of_leaves",
        f"update {LEAVES} set observation_ids = '{{0}}' where {SPARE_LEAF}",
        "A sp_online_peak_viewers 2021 ← 文件 A.xlsx，填报!C13",
    ),
    Planted(
        "leaves_within_bounds",
        f"update {LEAVES} set weights = '{{2}}', shared_values = '{{60}}', shared_lows = '{{60}}',"
        f" shared_highs = '{{60}}' where {SPARE_LEAF}",
        "A sp_online_peak_viewers 2021 ← 文件 A.xlsx，填报!C14",
    ),
    # ---- what is made of the figures
    Planted(
        "lines_show_province_figure",
        f"update {LINES} set value = value + 1 where line_code = 'five_entry_people'",
        "P sp_five_entry_persontimes 2021 ← 文件 A.xlsx，填报!C9",
    ),
    Planted(
        "lines_coverage_within_100",
        f"update {LINES} set coverage = 101 where line_code = 'five_entry_people'",
        "P sp_five_entry_persontimes 2021 ← 文件 A.xlsx，填报!C9",
    ),
    Planted(
        "lines_coverage_within_100",
        f"update {LINES} set weighted_coverage = 101 where line_code = 'five_entry_people'",
        "P sp_five_entry_persontimes 2021 ← 文件 A.xlsx，填报!C9",
    ),
    Planted(
        "lines_follow_their_formula",
        f"update {LINES} set value = -1 where line_code = 'five_entry_audience'",
        "P sp_five_entry_persontimes 2021 ← 文件 A.xlsx，填报!C9",
    ),
    Planted(
        "lines_recommend_a_true_wording",
        f"update {LINES} set recommended_wording = '近260万人次' where line_code = 'five_entry_people'",
        "P sp_five_entry_persontimes 2021 ← 文件 A.xlsx，填报!C9",
    ),
    Planted(
        "lines_recommend_a_true_wording",
        f"update {LINES} set recommended_wording = null where line_code = 'five_entry_people'",
        "P sp_five_entry_persontimes 2021 ← 文件 A.xlsx，填报!C9",
    ),
    Planted(
        "lines_recommend_a_true_wording",
        f"update {LINES} set wording_prefix = '据不完全统计' where line_code = 'five_entry_people'",
        "P sp_five_entry_persontimes 2021 ← 文件 A.xlsx，填报!C9",
    ),
    Planted(
        "lines_complete",
        f"delete from {LINES} where line_code = 'five_entry_people'",
        "P sp_five_entry_persontimes 2021 ← 文件 A.xlsx，填报!C9",
    ),
    Planted(
        "reconciliation_shows_values",
        f"update {RECONCILED} set is_used = false",
        "C sp_lecture_count 2021 ← 文件 C.xlsx，填报!C7",
    ),
    Planted(
        "reconciliation_complete",
        f"delete from {RECONCILED}",
        "C sp_lecture_count 2021 ← 文件 C.xlsx，填报!D7",
    ),
    # ---- what only warns
    Planted(
        "rates_within_limit",
        f"update {VALUES} set value = 101, low = 101, high = 101, computed_value = 101, computed_low = 101,"
        " computed_high = 101 where indicator_code = 'tr_exam_pass_rate' and basis <> 'own';"
        f" update {LINES} set value = 101, low = 101, high = 101 where line_code = 'exam_pass_rate';"
        f"{FILED.format(10.1)} (select observation_ids[1] from {LEAVES} where role = 'numerator')",
        "A tr_exam_pass_rate 2021 ← 文件 A.xlsx，填报!C10",
    ),
    Planted(
        "province_change_within_limit",
        "insert into published.publication (build_id, rows_opened, rows_closed)"
        " select max(build_id), 1, 0 from ops.build;"
        " insert into published.indicator_values_history (unit_code, unit_name, unit_level, indicator_code,"
        " indicator_name, period, value, basis, units_expected, units_reported, units_covered, is_inherited,"
        " is_estimate, opened_by)"
        " select 'P', 'P', 'province', 'sp_lecture_count', '', '2020', 4, 'partial', 4, 3, 4, false, false,"
        " max(publication_id) from published.publication",
        "P sp_lecture_count 2021 ← 文件 P.xlsx，填报!C7",
    ),
    Planted(
        "five_entry_audience_within_band",
        f"update {VALUES} set value = value + 90000, low = low + 90000, high = high + 90000,"
        " own_value = own_value + 90000, own_low = own_low + 90000, own_high = own_high + 90000,"
        " computed_value = computed_value + 90000, computed_low = computed_low + 90000,"
        " computed_high = computed_high + 90000"
        " where unit_code <> 'B' and indicator_code = 'sp_five_entry_persontimes';"
        f"{FILED.format(90900)} (select observation_ids[1] from {LEAVES} where holder_code = 'A'"
        " and indicator_code = 'sp_five_entry_persontimes');"
        f" update {LINES} set value = value + 90000, low = low + 90000 where line_code = 'five_entry_people'",
        "A sp_five_entry_persontimes 2021 ← 文件 A.xlsx，填报!C9",
    ),
    Planted(
        "lines_covered_enough",
        f"update {LINES} set weighted_coverage = 89.9999 where line_code = 'demonstration_communities'",
        "P base_demo_community_count 2021 ← 文件 P.xlsx，填报!C12",
    ),
    Planted(
        "adjustments_counted",
        "insert into landing.observation (submission_id, indicator_code, scope, status, state, value, low, high, sheet,"
        " cell) select max(submission_id), 'sp_lecture_count', 'adjustment', 'actual', 'number', -1, -1, -1, '填报',"
        " 'F7' from landing.submission where unit_code = 'C' and state = 'accepted'",
        "C sp_lecture_count 2021 ← 文件 C.xlsx，填报!F7",
    ),
]

# A row of each relation on whose other columns no second rule looks.
QUIET_ROWS = {
    "indicator_values": "indicator_code = 'ref_resident_population'",
    "contribution_leaves": SPARE_LEAF,
    "tree_closure": "unit_code = 'T' and ancestor_code = 'P'",
    "report_lines": "line_code = 'five_entry_people'",
    "reconciliation": "true",
    "indicators": "indicator_code = 'org_rule_made_count'",
    "restated_values": "indicator_code = 'contest_rank'",
    "successions": "true",
    "progress": "true",
    "unapproved_figures": "true",
    "indicator_definitions": "true",
    "series_breaks": "true",
    "indicator_statuses": "true",
}
# Columns that say what a row is about: without one, rules that look the row up fail as well.
LOOKED_UP = {
    "ancestor_depth", "contribution_leaves_reach_depth", "report_lines_unit_code", "report_lines_indicator_code",
    "reconciliation_is_used",
}  # fmt: skip


class BySql:
    """Judges a suite by counting each rule's bad rows within a transaction that is then undone."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def run(self, suite: dict[str, Any]) -> Iterator[Outcome]:
        for rule in suite["expectations"]:
            count: int = self._connection.exec_driver_sql(
                f"select count(*) from ({bad_rows_query(rule)}) as bad"
            ).scalar_one()
            yield Outcome(rule["meta"]["code"], count == 0, count, "")


@pytest.fixture(scope="module")
def database(new_database: NewDatabase) -> Iterator[Engine]:
    """A database with a sound candidate and the observations it was made from."""
    made = ready(new_database())
    with made.begin() as connection:
        connection.exec_driver_sql("select ops.open_years('indicator_values', array[2020], null)")
        _make_candidate(connection)
    yield made
    made.dispose()


@pytest.fixture(scope="module")
def build(database: Engine) -> int:
    with database.begin() as connection:
        return int(
            connection.execute(
                text("""
                    insert into ops.build (cutoff_seq, catalogue_version, requested_by) values (1, 'test', 'test')
                    returning build_id
                """)
            ).scalar_one()
        )


def test_a_sound_candidate_breaks_no_rule(database: Engine, build: int) -> None:
    with database.connect() as connection:
        assert _broken(connection, build) == []


@pytest.mark.parametrize("planted", PLANTED, ids=[f"{it.rules} {n}" for n, it in enumerate(PLANTED)])
def test_what_is_wrong_is_caught_by_its_own_rule_and_named_with_its_file(
    database: Engine, build: int, planted: Planted
) -> None:
    with database.connect() as connection:
        connection.exec_driver_sql(planted.statement)
        failures = _broken(connection, build)
        assert {failure.verdict.code for failure in failures} == set(planted.rules.split())
        is_blocking = any(failure.verdict.is_blocking for failure in failures)
        assert f"  {planted.line}" in list(lines(failures, is_blocking=is_blocking))
        connection.rollback()


def test_a_figure_far_from_last_years_is_not_odd_where_it_is_defined_anew(database: Engine, build: int) -> None:
    fallen = next(it for it in PLANTED if it.rules == "province_change_within_limit")
    with database.connect() as connection:
        connection.exec_driver_sql(fallen.statement)
        connection.exec_driver_sql(f"update {BREAKS} set valid_from = '2021-01-01'")
        assert _broken(connection, build) == []
        connection.rollback()


@pytest.mark.parametrize(
    ("relation", "column"), [(name, column) for name, it in RELATIONS.items() for column in it.required]
)
def test_a_required_column_that_is_empty_is_caught(database: Engine, build: int, relation: str, column: str) -> None:
    with database.connect() as connection:
        connection.exec_driver_sql(f"update candidate.{relation} set {column} = null where {QUIET_ROWS[relation]}")
        broken = {failure.verdict.code for failure in _broken(connection, build)}
        assert f"{relation}_{column}_present" in broken
        is_looked_up = column in RELATIONS[relation].key or {column, f"{relation}_{column}"} & LOOKED_UP
        assert is_looked_up or len(broken) == 1
        connection.rollback()


def test_every_rule_has_something_planted_for_it() -> None:
    codes = [rule["meta"]["code"] for suite in committed_suites() for rule in suite["expectations"]]
    required = {f"{name}_{column}_present" for name, it in RELATIONS.items() for column in it.required}
    assert len(set(codes)) == len(codes)
    assert set(codes) == required | {rule for planted in PLANTED for rule in planted.rules.split()}


def test_the_required_columns_are_those_that_published_never_leaves_empty(database: Engine) -> None:
    with database.connect() as connection:
        found = connection.execute(
            text("""
                select table_name, column_name from information_schema.columns
                where table_schema = 'published' and table_name like '%\\_history' and is_nullable = 'NO'
                    and column_name <> 'opened_by'
            """)
        ).all()
    required = {(f"{name}_history", column) for name, it in RELATIONS.items() for column in it.required}
    assert {(table, column) for table, column in found} == required


def test_great_expectations_passes_a_sound_candidate(database: Engine, build: int, tmp_path: Path) -> None:
    said: list[str] = []
    outcome = _audit(database, build, tmp_path, said)
    assert (outcome.is_blocked, outcome.reason) == (False, "")
    assert all(verdict.is_success for verdict in outcome.results)
    assert outcome.docs == tmp_path / "builds" / f"{build:06}.html"
    page = outcome.docs.read_text(encoding="utf-8")
    assert "可以发布：必须成立的各项都符合" in page
    assert "不符的行</h2>" not in page
    assert f'href="builds/{build:06}.html"' in (tmp_path / "index.html").read_text(encoding="utf-8")
    assert said[-1] == f"审核详情：{outcome.docs}"
    with database.connect() as connection:
        assert _recorded(connection, build) == {verdict.code: (True, 0) for verdict in outcome.results}


def test_great_expectations_finds_what_the_rules_rows_say_and_shows_it(
    database: Engine, build: int, tmp_path: Path
) -> None:
    """Everything that can be wrong at once, warnings included: both judge alike."""
    said: list[str] = []
    with _planted(database, [it.statement for it in PLANTED]), database.connect() as connection:
        by_rows = {failure.verdict.code: failure.verdict.bad_rows for failure in _broken(connection, build)}
        connection.rollback()
        outcome = _audit(database, build, tmp_path, said)
        assert {it.code: (it.is_success, it.bad_rows) for it in outcome.results} == _recorded(connection, build)
    failed = {it.code: it.bad_rows for it in outcome.results if not it.is_success}
    assert failed == by_rows
    assert outcome.is_blocked
    first, *others = (verdict for verdict in outcome.results if verdict.is_blocking)
    assert outcome.reason.startswith(f"{first.sentence}（{first.code}），{first.message}；第一行：")
    assert outcome.reason.endswith(f"；另有 {len(others)} 项不符。")
    pages = "".join(page.read_text(encoding="utf-8") for page in tmp_path.rglob("*.html"))
    assert "采用数及其上下限就是采用依据所指的那一组数" in pages
    assert str(database.url.password) not in pages
    # They need nothing from the net, which an office's machine may not reach.
    assert "http" not in pages
    assert f"不能发布：{len(others) + 1} 项必须成立的不符" in pages
    assert [verdict.code for verdict in outcome.results if verdict.name_zh not in pages] == []


def test_oddities_only_warn(database: Engine, build: int, tmp_path: Path) -> None:
    warnings = [it for it in PLANTED if it.rules in {rule["meta"]["code"] for rule in _warning_rules()}]
    said: list[str] = []
    with _planted(database, [it.statement for it in warnings]):
        outcome = _audit(database, build, tmp_path, said)
    assert {it.code for it in outcome.results if not it.is_success} == {it.rules for it in warnings}
    assert (outcome.is_blocked, outcome.reason) == (False, "")
    assert {f"  {it.line}" for it in warnings} <= set(said)
    page = outcome.docs.read_text(encoding="utf-8")
    assert "可以发布：必须成立的各项都符合" in page
    assert f"请核实：{len(warnings)} 项" in page


def test_a_rule_that_cannot_be_evaluated_blocks(database: Engine, build: int, tmp_path: Path) -> None:
    said: list[str] = []
    with _planted(database, [f"alter table {VALUES} drop column gap"]):
        outcome = _audit(database, build, tmp_path, said)
    assert outcome.is_blocked
    assert "无法核对：" in outcome.reason
    assert any("values_gap_is_difference，无法核对：" in line for line in said)


def test_no_more_than_the_first_thousand_bad_rows_are_kept(database: Engine, build: int) -> None:
    with database.connect() as connection:
        connection.exec_driver_sql(
            f"insert into {LEAVES} select leaf.* from {LEAVES} as leaf, generate_series(1, 1200) where {SPARE_LEAF}"
        )
        (failure,) = _broken(connection, build)
        assert (failure.verdict.bad_rows, len(failure.rows)) == (1201, 1000)
        assert list(lines([failure], is_blocking=True))[-1] == "  其余 1196 行见 ops.expectation_bad_row"
        connection.rollback()


def _warning_rules() -> list[dict[str, Any]]:
    return [rule for suite in committed_suites() for rule in suite["expectations"] if rule["severity"] == "warning"]


def _broken(connection: Connection, build: int) -> list[Failure]:
    verdicts = [verdict for suite in committed_suites() for verdict in judge(suite, BySql(connection))]
    return record(connection, build, verdicts)


def _audit(database: Engine, build: int, data_docs: Path, said: list[str]) -> AuditOutcome:
    return audit(database.url.render_as_string(hide_password=False), build, data_docs, said.append)


def _recorded(connection: Connection, build: int) -> dict[str, tuple[bool, int]]:
    rows = connection.execute(
        text("select expectation, is_success, bad_rows from ops.expectation_result where build_id = :build"),
        {"build": build},
    )
    return {row.expectation: (row.is_success, row.bad_rows) for row in rows}


@contextmanager
def _planted(database: Engine, statements: Iterable[str]) -> Iterator[None]:
    """The candidate with all of this wrong; afterwards it is sound again."""
    with database.begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)
    try:
        yield
    finally:
        with database.begin() as connection:
            connection.exec_driver_sql(
                "drop schema candidate cascade; truncate landing.delivery cascade;"
                " truncate published.publication, published.indicator_values_history cascade"
            )
            _make_candidate(connection)


def _make_candidate(connection: Connection) -> None:
    connection.exec_driver_sql("create schema if not exists candidate")
    for relation in RELATIONS:
        columns: str = connection.execute(
            text("""
                select string_agg(column_name, ', ' order by ordinal_position) from information_schema.columns
                where table_schema = 'published' and table_name = :name
                    and column_name not in ('opened_by', 'closed_by')
            """),
            {"name": f"{relation}_history"},
        ).scalar_one()
        connection.exec_driver_sql(
            f"create table candidate.{relation} as select {columns} from published.{relation}_history where false"
        )
    _insert(connection, INDICATORS, _indicators())
    _insert(connection, TREES, _tree())
    _insert(connection, VALUES, _values())
    for row in _rows(FOUND_IN):
        _insert_leaf(connection, row)
    connection.exec_driver_sql(MADE_OF_VALUES.format(lines=_report_lines()))
    for relation, more, which in (
        (RESTATED, {"tree_date": "date '2022-12-31'"}, "indicator_code in ('contest_rank', 'vol_activity_cum_count')"),
        (
            PROGRESS,
            {"year": "period", "to_date_value": "value"},
            "unit_code = 'A' and indicator_code = 'vol_activity_cum_count'",
        ),
        (
            UNAPPROVED,
            {"units_unapproved": "1", "submission_ids": "array[1::bigint]"},
            "unit_code = 'A' and indicator_code = 'vol_activity_cum_count'",
        ),
    ):
        _copy_of_values(connection, relation, more, which)
    connection.exec_driver_sql(
        f"insert into {DEFINITIONS} values ('sp_lecture_count', '讲座', '2012-01-01', null, '场', '改为场', true);"
        f" insert into {BREAKS} values ('sp_lecture_count', '2012-01-01', 'sp_lecture_count', '2012年起口径调整');"
        f" insert into {STATUSES} values ('sp_lecture_count', 'actual', '实际', 1)"
    )
    connection.exec_driver_sql(
        f"insert into {SUCCESSIONS} values ('2021', '2022-12-31', '2022-07-01', 'merge', 'X', 'A', 1)"
    )


def _copy_of_values(connection: Connection, relation: str, more: dict[str, str], which: str) -> None:
    """Rows of `relation` that say what the figures say in the columns they share, and `more`."""
    shared = connection.scalars(
        text("""
            select attname from pg_attribute where attrelid = cast(:relation as regclass) and attnum > 0
            intersect
            select attname from pg_attribute where attrelid = cast(:values as regclass) and attnum > 0
            order by 1
        """),
        {"relation": relation, "values": VALUES},
    ).all()
    connection.exec_driver_sql(
        f"insert into {relation} ({', '.join([*shared, *more])})"
        f" select {', '.join([*shared, *more.values()])} from {VALUES} where {which}"
    )


MADE_OF_VALUES = f"""
    insert into {LINES} (line_code, period, section_code, section_name, line_name, unit_code, indicator_code, value,
        low, high, basis, units_expected, units_reported, units_covered, coverage, formula, wordings,
        recommended_wording)
    select line.line_code, '2021', 's', 's', 's', 'P', line.indicator, value, low, high, basis, units_expected,
        units_reported, units_covered, round(100.0 * units_covered / units_expected, 4), nullif(line.formula, ''),
        array['真'], '真'
    from (values {{lines}}) as line (line_code, indicator, formula)
    left join {VALUES} on unit_code = 'P' and period = '2021' and indicator_code = indicator and line.formula = '';
    insert into {RECONCILED}
    select unit_code, unit_name, indicator_code, indicator_name, measure, period, claimed_value, claimed_low,
        claimed_high, computed_value, computed_low, computed_high, gap, basis = 'claimed', null
    from {VALUES} where gap <> 0
"""


def _report_lines() -> str:
    return ", ".join(
        f"('{line.code}', '{line.indicator}', '{line.formula_text}')" for line in load().report_lines.values()
    )


def _indicators() -> Iterator[dict[str, Any]]:
    for order, it in enumerate(load().indicators.values()):
        yield {
            "indicator_code": it.code,
            "indicator_name": it.name_zh,
            "form": it.form,
            "theme": it.theme,
            "theme_name": it.theme,
            "aggregation": str(it.aggregation),
            "over_time": str(it.over_time),
            "sort_order": order,
        }


def _tree() -> Iterator[dict[str, Any]]:
    units = {row["unit"]: row for row in _rows(TREE)}
    for code, row in units.items():
        path = [code]
        while units[path[0]]["parent"] != "-":
            path.insert(0, units[path[0]]["parent"])
        for depth, ancestor in enumerate(path, start=1):
            yield {
                "period": "2021",
                "unit_code": code,
                "ancestor_code": ancestor,
                "ancestor_depth": depth,
                "unit_name": f"{code}科协",
                "unit_level": row["level"],
            }


def _values() -> Iterator[dict[str, Any]]:
    levels = {row["unit"]: row["level"] for row in _rows(TREE)}
    for row in _rows(FIGURES):
        own, computed, claimed = (_figure(row[kind]) for kind in ("own", "computed", "claimed"))
        used = {"own": own, "list": own, "claimed": claimed}.get(row["basis"], computed)
        expected, reported, covered = map(int, row["counts"].split("/"))
        yield {
            "unit_code": row["unit"],
            "unit_name": f"{row['unit']}科协",
            "unit_level": levels[row["unit"]],
            "indicator_code": row["indicator"],
            "indicator_name": row["indicator"],
            "period": "2021",
            "basis": row["basis"],
            **dict(zip(("value", "low", "high"), used, strict=True)),
            **dict(zip(("own_value", "own_low", "own_high"), own, strict=True)),
            **dict(zip(("computed_value", "computed_low", "computed_high"), computed, strict=True)),
            **dict(zip(("claimed_value", "claimed_low", "claimed_high"), claimed, strict=True)),
            "gap": claimed[0] - computed[0] if claimed[0] is not None and computed[0] is not None else None,
            "units_expected": expected,
            "units_reported": reported,
            "units_covered": covered,
            "is_inherited": False,
            "is_estimate": False,
        }


def _insert_leaf(connection: Connection, row: dict[str, str]) -> None:
    """One figure as filed, in a workbook of its unit, and as it was added."""
    value, low, high = _figure(row["value"])
    connection.execute(
        text(f"""
            with delivered as (
                insert into landing.delivery (submitter_code, file_name, sha256, size_bytes)
                values (:unit, :unit || '.xlsx', repeat('0', 64), 1) returning delivery_seq
            ),
            submitted as (
                insert into landing.submission
                    (delivery_seq, unit_code, form, period, year, state, catalogue_version)
                select delivery_seq, :unit, 'form', '2021', 2021, 'accepted', 'test' from delivered
                returning submission_id
            ),
            observed as (
                insert into landing.observation
                    (submission_id, indicator_code, scope, status, state, value, low, high, sheet, cell)
                select submission_id, :leaf, :scope, 'actual', 'number', :value, :low, :high, '填报', :cell
                from submitted
                returning observation_id
            )
            insert into {LEAVES}
            select :unit, :indicator, '2021', :role, :leaf, cast(:reach as integer), array[observation_id] from observed
        """),
        row | {"value": value, "low": low, "high": high, 
               "scope": "jurisdiction" if row["role"] == "claim" else "own"},
    )  # fmt: skip


def _insert(connection: Connection, table: str, rows: Iterable[dict[str, Any]]) -> None:
    every = list(rows)
    names = ", ".join(every[0])
    connection.execute(
        text(f"insert into {table} ({names}) values ({', '.join(f':{name}' for name in every[0])})"), every
    )


def _rows(table: str) -> list[dict[str, str]]:
    heading, *body = (line.split() for line in table.strip().splitlines())
    return [dict(zip(heading, line, strict=True)) for line in body]


def _figure(written: str) -> tuple[Decimal | None, Decimal | None, Decimal | None]:
    if written == "-":
        return None, None, None
    value, low, high = written.split("/") if "/" in written else [written] * 3
    return _end(value), _end(low), _end(high)


def _end(written: str) -> Decimal | None:
    return None if written == "_" else Decimal(written)
