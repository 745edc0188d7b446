"""What the playground opens on: a case's own numbers, and for a failing call the element that is worst."""

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Final, TypeAlias

import numpy as np

from harness.diagnosis import FailedCall, diagnose
from harness.errors import InvalidInputError
from harness.oracle.evidence import Evidence, read_evidence
from harness.oracle.operands import kernel_layout, make_operands
from harness.spec.case import Case, DataKind
from harness.spec.geometry import Geometry
from harness.studies.explain.terms import Element

Array: TypeAlias = np.ndarray[Any, Any]

MOST_NUMBERS: Final = 20_000  # operands of one image that go into a page


def beginning(case: Case, geometry: Geometry, element: Element) -> dict[str, Any]:
    """The call, one element of it, and the witness integers of its image."""
    operands = make_operands(case, DataKind.WITNESS)[0]
    begin = _call(case, geometry, element)
    return begin | _numbers(operands.filter, kernel_layout(case, operands.out_backprop)[element[0]])


def failing(case: Case, geometry: Geometry, file: Path, element: Element | None) -> dict[str, Any]:
    """The same of a call that failed, on the operands kept in `file`: what came, what is right, what it looks like.

    The element is the one furthest off where none is given. Raises InvalidInputError where `file` is another case's.
    """
    kept = _evidence(case, file)
    if kept.actual is None:
        raise InvalidInputError([f"{file}: {kept.implementation} returned no array, so no element is wrong"])
    expected, actual = (kernel_layout(case, array).astype(np.float64) for array in (kept.expected, kept.actual))
    at = element or _furthest(expected, actual)
    with_operands = replace(case, evidence=str(file))
    failed = FailedCall(DataKind(kept.kind), kept.draw, kept.actual)
    diagnosis = diagnose(with_operands, geometry, failed)
    failure = {
        "implementation": kept.implementation,
        "returned": _shown(actual[at]),
        "expected": _shown(expected[at]),
        "diagnosis": diagnosis,
    }
    begin = _call(case, geometry, at) | {"failure": failure}
    return begin | _numbers(kept.filter, kernel_layout(case, kept.out_backprop)[at[0]])


def _evidence(case: Case, file: Path) -> Evidence:
    try:
        kept = read_evidence(file)
    except ValueError as error:
        raise InvalidInputError([f"{file}: {error}"]) from None
    if kept.attributes != json.loads(json.dumps(asdict(case.attributes))):  # lists, as a file has them
        raise InvalidInputError([f"{file} is the evidence of {kept.case}, not of {case.id}"])
    return kept


def _furthest(expected: Array, actual: Array) -> Element:
    """Index of the largest error; NaN where a number is right, or the other way round, is the largest."""
    with np.errstate(invalid="ignore"):
        error = np.where(expected == actual, 0.0, np.abs(actual - expected))
    error[np.isnan(error)] = np.inf
    error[np.isnan(expected) & np.isnan(actual)] = 0
    n, h, w, c = np.unravel_index(int(error.argmax()), error.shape)
    return int(n), int(h), int(w), int(c)


def _call(case: Case, geometry: Geometry, element: Element) -> dict[str, Any]:
    _, h, w, c = element
    shown = {"geometry": asdict(geometry), "padding": case.attributes.padding, "element": {"h": h, "w": w, "c": c}}
    return {"case": case.id} | shown


def _numbers(filter: Array, out_backprop: Array) -> dict[str, Any]:
    """Operands of one image as nested lists; none where they are many, or not all of them numbers that JSON has."""
    arrays = {"filter": filter.astype(np.float64), "out_backprop": out_backprop.astype(np.float64)}
    small = sum(array.size for array in arrays.values()) <= MOST_NUMBERS
    if not small or not all(np.isfinite(array).all() for array in arrays.values()):
        return {}
    return {name: array.tolist() for name, array in arrays.items()}


def _shown(value: Any) -> str:
    return f"{float(value):.9g}"
