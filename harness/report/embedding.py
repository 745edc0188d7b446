"""The records as the page carries them: one block that the list needs at once, and blocks of details for later.

The list's block has what is filtered, sorted and counted. Details, of `CHUNK` cases or results each, are read when a
case is opened, so that a hundred thousand results cost a reader no more than what is looked at.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from harness.implementations.frameworks import OPERATOR_PROGRAM
from harness.records import Check, Result
from harness.report.columns import block, packed, plain_json
from harness.report.failure import element_cells, plain
from harness.report.features import FEATURES, features_of
from harness.report.view import Page, Row
from harness.spec.case import Attributes
from harness.spec.snippet import case_file, text_of_program

CHUNK: Final = 1000
_NOT_A_CALL: Final = "The record does not hold the whole call."


@dataclass(frozen=True, slots=True)
class Case:
    """A case of the page: its features, and a result that tells the rest of it."""

    features: dict[str, str]
    result: Result


def blocks(
    view: Page, changes: Mapping[int, str] | None = None, calls: Mapping[int, str] | None = None
) -> Iterator[tuple[str, str]]:
    """Names of blocks and their text.

    `changes` says of some rows, by their place, what a comparison of runs found, `calls` has the numbers of the call.
    """
    cases, places = _cases(view.rows)
    yield "list", block(_list(view, cases, places, changes or {}))
    for start in range(0, len(cases), CHUNK):
        yield f"cases-{start // CHUNK}", block(packed([_case_details(c.result) for c in cases[start : start + CHUNK]]))
    for start in range(0, len(view.rows), CHUNK):
        chunk = [
            _result_details(row.result) | {"call": (calls or {}).get(place)}
            for place, row in enumerate(view.rows[start : start + CHUNK], start)
        ]
        yield f"results-{start // CHUNK}", block(packed(chunk))


def _cases(rows: Sequence[Row]) -> tuple[list[Case], list[int]]:
    """The cases of some rows, and each row's place among them; one id may mean two calls in two runs."""
    found: dict[tuple[str, str], int] = {}
    cases: list[Case] = []
    places = []
    for row in rows:
        key = (row.result.case, repr(row.result.attributes))
        if key not in found:
            found[key] = len(cases)
            cases.append(Case(features_of(row.result), row.result))
        places.append(found[key])
    return cases, places


def _list(view: Page, cases: Sequence[Case], places: list[int], changes: Mapping[int, str]) -> dict[str, Any]:
    clustered = {member: number for number, cluster in enumerate(view.clusters) for member in cluster.members}
    rows = view.rows
    columns = {
        "case": places,
        "implementation": packed([row.result.implementation for row in rows]),
        "run": packed([row.run for row in rows]),
        "verdict": packed([str(row.result.verdict) for row in rows]),
        "is": packed([" ".join(label.replace(" ", "-") for label in row.labels) for row in rows]),
        "margin": packed([row.margin for row in rows]),
        "seconds": packed([row.result.seconds.get("total") for row in rows]),
        "why": packed([row.result.why for row in rows]),
        "error": packed([row.result.error.error_class if row.result.error else None for row in rows]),
        "signal": packed([row.result.error.signal if row.result.error else None for row in rows]),
        "ran": packed([row.result.ran for row in rows]),
        "bits": packed([row.result.digest for row in rows]),
        "diagnosis": packed([row.result.diagnosis for row in rows]),
        "cluster": packed([clustered.get(place) for place in range(len(rows))]),
        "change": packed([changes.get(place) for place in range(len(rows))]),
    }
    names = dict.fromkeys(name for case in cases for name in case.features)
    features = {name: packed([case.features.get(name) for case in cases]) for name in names}
    return {
        "counts": {"cases": len(cases), "results": len(rows), "chunk": CHUNK},
        "cases": {"id": packed([case.result.case for case in cases])} | features,
        "results": columns,
        "runs": plain_json(view.runs),
        "features": [[feature.group, feature.name, feature.query] for feature in FEATURES],
        "clusters": [
            plain_json([c.expected, ", ".join(c.implementations), str(c.verdict), c.looks, c.shared, len(c.members)])
            for c in view.clusters
        ],
    }


def _case_details(result: Result) -> dict[str, Any]:
    try:
        call = Attributes(**result.attributes)
        snippet = text_of_program(result.case, call, OPERATOR_PROGRAM, rejects=not result.geometry)
        yaml = case_file(result.case, call, rejects=not result.geometry)
    except (TypeError, AttributeError):  # a record of some other writer; what there is of it is shown
        snippet = yaml = _NOT_A_CALL
    return {
        "attributes": [{"name": name, "value": plain(value)} for name, value in result.attributes.items()],
        "geometry": result.geometry,
        "layout": plain(result.attributes.get("data_format")),
        "dtype": plain(result.attributes.get("dtype")),
        "covers": " ".join(result.covers),
        "tags": " ".join(result.tags),
        "expect": result.expect,
        "source": ":".join(plain(result.source.get(key)) for key in ("file", "line")).strip(":"),
        "program": snippet,
        "yaml": yaml,
    }


def _result_details(result: Result) -> dict[str, Any]:
    error, deviation = result.error, result.deviation
    return {
        "checks": [_with_cells(check) if check.worst else check for check in result.checks],
        "message": error.message if error else None,
        "stderr": "\n".join(error.stderr) if error and error.stderr else None,
        "seconds": result.seconds,
        "deviation": {key: plain(deviation.get(key)) for key in ("place", "reason", "link")} if deviation else None,
        "detects": result.detects,
        "evidence": result.evidence,
        "reproduce": result.reproduce,
    }


@dataclass(frozen=True, slots=True)
class _Worst:
    """An element as the page shows it: the numbers as text, with the digits that tell them apart."""

    index: tuple[int, ...]
    cells: tuple[str, ...]


def _with_cells(check: Check) -> Any:
    worst = tuple(_Worst(element.index, element_cells(element)) for element in check.worst)
    return replace(check, worst=worst)  # type: ignore[arg-type]  # for packing, and seen by nobody else
