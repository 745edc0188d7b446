"""What a wrong result looks like, in one sentence: a known mistake, a pattern, or nothing that is known."""

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from harness.diagnosis.likeness import alike
from harness.diagnosis.patterns import places_of, spread_of
from harness.diagnosis.shapes import shape_of
from harness.diagnosis.values import value_of
from harness.oracle.operands import kernel_layout
from harness.oracle.reference import errors_of, expectations, together_wrong
from harness.spec.case import Case, DataKind
from harness.spec.geometry import Geometry

Array: TypeAlias = np.ndarray[Any, Any]


@dataclass(frozen=True, slots=True, eq=False)
class FailedCall:
    """The first call of a valid case that did not do what it must.

    `value` is None where it returned no array, or one of another form; `shape` is then what it had.
    """

    kind: DataKind
    draw: int
    value: Array | None = None
    shape: tuple[int, ...] | None = None


def diagnose(case: Case, geometry: Geometry, failed: FailedCall) -> str | None:
    """Hold a wrong result of one call against the mutants' results of the same call, then look for patterns.

    None where nothing can be said. What it costs is bounded: the mutants
    stay out of a call that is too large for them.
    """
    if failed.value is None:
        return shape_of(case, geometry, failed.shape)
    with np.errstate(invalid="ignore", over="ignore"):  # what was never written may be a signalling NaN
        return _of_values(case, geometry, failed, failed.value)


def _of_values(case: Case, geometry: Geometry, failed: FailedCall, value: Array) -> str | None:
    expectation = expectations(case, geometry, failed.kind)[failed.draw]
    errors = errors_of(case, expectation, value)
    if not errors.wrong.any():
        return together_wrong(case, expectation, failed.kind, value)
    names = alike(case, geometry, failed.kind, failed.draw, value)
    if names and value.any():
        return f"identical to: {_either(names)}"
    wrong, expected, actual = (kernel_layout(case, a) for a in (errors.wrong, errors.expected, errors.actual))
    said = _described(places_of(wrong, geometry), value_of(wrong, expected, actual), wrong)
    # Nothing but zeros has many causes: a mistake that happens to leave nothing of a small case is only one of them.
    return f"{said}; also what comes of: {_either(names)}" if names else said


def _described(places: list[str], value: str | None, wrong: Array) -> str:
    count = f"{int(wrong.sum()):,} of {wrong.size:,} elements"
    where = f"differs {', '.join(places)}" if places else "every element differs" if wrong.all() else "differs"
    if places or value:
        return f"{where}{f', and {value}' if value else ''}: {count}"
    return f"matches no known mistake: {count} differ{spread_of(wrong)}"


def _either(names: list[str], most: int = 3) -> str:
    more = f", or {len(names) - most} more" if len(names) > most else ""
    return " / ".join(names[:most]) + more
