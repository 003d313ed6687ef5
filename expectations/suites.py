"""The suites of the audit, made from the catalogue in the form in which Great Expectations serialises them.

There are two kinds: `invariants` block, `plausibility` warns. Each has one file per relation, because Great
Expectations runs a suite on one relation; the file's `meta` says which.
"""

import json
from collections.abc import Iterable

from catalogue.model import Catalogue
from expectations.invariants import invariants
from expectations.plausibility import plausibility
from expectations.relations import RELATIONS, Relation
from expectations.rules import Rule

FOLDER = "expectations/suites"
INVARIANTS = "invariants"
PLAUSIBILITY = "plausibility"
SEVERITIES = {INVARIANTS: "critical", PLAUSIBILITY: "warning"}


def suites(catalogue: Catalogue) -> dict[str, str]:
    """Path → text of every suite."""
    rules = {INVARIANTS: list(invariants(catalogue)), PLAUSIBILITY: list(plausibility(catalogue))}
    return {
        f"{FOLDER}/{kind}_{relation.name}.json": _suite(kind, relation, mine)
        for kind in rules
        for relation in RELATIONS.values()
        if (mine := [rule for rule in rules[kind] if rule.relation == relation])
    }


def _suite(kind: str, relation: Relation, rules: Iterable[Rule]) -> str:
    suite = {
        "name": f"{kind}_{relation.name}",
        "expectations": [rule.expectation(SEVERITIES[kind]) for rule in rules],
        "meta": {"kind": kind, "relation": relation.name, "name_zh": relation.name_zh},
        "notes": None,
    }
    return json.dumps(suite, ensure_ascii=False, indent=2) + "\n"
