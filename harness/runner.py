"""One case on one implementation: call it, hold what comes back against the reference, judge."""

import hashlib
import shlex
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field, replace
from time import perf_counter
from typing import Any, Final, assert_never

import numpy as np

from harness.implementations import Implementation, Raised, Returned
from harness.implementations.host import call
from harness.oracle.bounds import TYPES
from harness.oracle.compare import compare_exactly, compare_within_bound, structure_fault
from harness.oracle.operands import make_operands
from harness.oracle.reference import DEFAULT_BUDGET, Expectation, expectations, kernel_agreement
from harness.records import Check, ErrorReport, Result, Verdict
from harness.spec.attributes import from_nhwc
from harness.spec.case import Case, DataKind
from harness.spec.deviations import KnownDeviation
from harness.spec.geometry import Geometry

_SEVERITY: Final = {"pass": 0, "warn": 1, "fail": 2}


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a run came to, before it is held against what is known."""

    verdict: Verdict
    why: str = ""
    checks: tuple[Check, ...] = ()
    error: ErrorReport | None = None
    digest: str | None = None
    seconds: dict[str, float] = field(default_factory=dict)


def run(
    case: Case,
    implementation: Implementation,
    known: Sequence[KnownDeviation] = (),
    budget: int = DEFAULT_BUDGET,
    where: str | None = None,
) -> Result:
    """Run one case on one implementation.

    `known` are the implementation's known deviations, `budget` the multiply-adds a reference kernel may do in a
    Python loop, `where` the case as the line that reproduces it names it. Raises nothing the implementation raises.
    """
    started = perf_counter()
    if case.geometry is None:
        judgement = _judge_rejection(case, implementation)
    else:
        judgement = _judge_values(case, case.geometry, implementation, budget)
    expected, deviation, why = _held_against_known(case, judgement, known)
    return Result(
        case=case.id,
        implementation=implementation.name,
        verdict=judgement.verdict,
        expected=expected,
        why=why,
        reproduce=f"harness run {shlex.quote(where or case.id)} -i {shlex.quote(implementation.given)}",
        deviation=deviation.shown() if deviation else None,
        checks=judgement.checks,
        error=judgement.error,
        digest=judgement.digest,
        seconds=judgement.seconds | {"total": perf_counter() - started},
        **described(case),
    )


def described(case: Case) -> dict[str, Any]:
    """What a record says of the case itself, whatever came of it."""
    geometry = case.geometry
    return {
        "attributes": asdict(case.attributes),
        "geometry": asdict(geometry) | {"multiply_adds": geometry.multiply_adds} if geometry else None,
        "expect": case.expect.value,
        "covers": case.covers,
        "tags": case.tags,
        "source": asdict(case.source),
    }


def _judge_rejection(case: Case, implementation: Implementation) -> Judgement:
    outcome = call(implementation, case.attributes, make_operands(case, DataKind.NORMAL)[0])
    seconds = {"implementation": outcome.seconds}
    match outcome:
        case Raised(error_class, message):
            error = ErrorReport(error_class, message)
            return Judgement(Verdict.CONFORMS, f"rejected: {_first_line(error)}", error=error, seconds=seconds)
        case Returned():
            return Judgement(Verdict.DEVIATES, "accepted an invalid input", seconds=seconds)
        case _:
            assert_never(outcome)


def _judge_values(case: Case, geometry: Geometry, implementation: Implementation, budget: int) -> Judgement:
    checks: list[Check] = []
    digest = hashlib.sha256()
    spent = dict.fromkeys(("reference", "implementation", "compare"), 0.0)
    for kind in case.data:
        draws: list[Check] = []
        clock = perf_counter()
        wanted = expectations(case, geometry, kind)
        spent["reference"] += perf_counter() - clock
        for expectation in wanted:
            outcome = call(implementation, case.attributes, expectation.operands)
            spent["implementation"] += outcome.seconds
            match outcome:
                case Raised(error_class, message):
                    error = ErrorReport(error_class, message)
                    return Judgement(Verdict.REFUSES, _first_line(error), tuple(checks), error, None, spent)
                case Returned(value):
                    clock = perf_counter()
                    draws.append(_compared(case, geometry, kind, expectation, value))
                    digest.update(np.ascontiguousarray(value).tobytes() if isinstance(value, np.ndarray) else b"")
                    spent["compare"] += perf_counter() - clock
                case _:
                    assert_never(outcome)
        checks.append(_merged(draws))
    clock = perf_counter()
    checks.append(kernel_agreement(case, geometry, budget))
    spent["kernels"] = perf_counter() - clock
    failed = [check for check in checks if check.status == "fail" and check.name != "kernels"]
    return Judgement(
        Verdict.DEVIATES if failed else Verdict.CONFORMS,
        _why(failed[0]) if failed else "",
        tuple(checks),
        None,
        digest.hexdigest()[:16],
        spent,
    )


def _compared(case: Case, geometry: Geometry, kind: DataKind, expectation: Expectation, value: object) -> Check:
    """The check of one call's result."""
    numeric = TYPES[case.attributes.dtype]
    shape = from_nhwc(geometry.input_shape, case.attributes.data_format)
    if fault := structure_fault(value, shape, numeric.dtype):
        return Check("structure", kind, "fail", fault, total=int(np.prod(shape)))
    if not isinstance(value, np.ndarray):
        raise TypeError(f"{type(value).__name__} passed for an array")
    expected, operands = expectation.in_backprop, expectation.operands
    if expectation.B is not None and expectation.k is not None:
        return compare_within_bound(kind, expected, expectation.B, expectation.k, value, numeric, case.profile)
    check = compare_exactly(kind, kind, expected, value, numeric)
    return replace(check, exercised=operands.exercised, certificate=operands.certificate)


def _merged(draws: Sequence[Check]) -> Check:
    """One check for a run whose work several calls share: the worst of them, with the sums of all."""
    worst = max(draws, key=lambda check: (_SEVERITY[check.status], check.margin or 0.0))
    if len(draws) == 1:
        return worst
    shares = [check.exercised for check in draws if check.exercised is not None]
    return replace(
        worst,
        mismatched=sum(check.mismatched for check in draws),
        total=sum(check.total for check in draws),
        exercised=sum(shares) if shares else None,
    )


def _held_against_known(
    case: Case, judgement: Judgement, known: Iterable[KnownDeviation]
) -> tuple[bool, KnownDeviation | None, str]:
    """Whether the verdict was to be expected, the entry that says so (or is stale), and one line of why."""
    disagreement = next((c.note for c in judgement.checks if c.name == "kernels" and c.status == "fail"), None)
    if disagreement:
        return False, None, f"the reference kernels disagree, so the harness is wrong here: {disagreement}"
    error = (judgement.error.error_class, judgement.error.message) if judgement.error else None
    applying = [entry for entry in known if entry.matches(case)]
    if judgement.verdict is Verdict.CONFORMS:
        stale = next((entry for entry in applying if not entry.entry.intermittent), None)
        why = f"{stale.place} says it {stale.entry.verdict}, but it conforms" if stale else judgement.why
        return stale is None, stale, why
    explained = next((entry for entry in applying if entry.explains(judgement.verdict, error)), None)
    return explained is not None, explained, judgement.why


def _why(check: Check) -> str:
    if check.name == "structure":
        return f"{check.data}: {check.note}"
    counted = f"{check.mismatched:,} of {check.total:,} elements differ"
    if check.margin is not None and np.isfinite(check.margin):
        counted += f", up to {check.margin:.3g} times the limit"
    return f"{check.name} ({check.data}): {check.note or counted}"


def _first_line(error: ErrorReport) -> str:
    return f"{error.error_class}: {error.message.splitlines()[0] if error.message else ''}"
