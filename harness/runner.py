"""One case on one implementation: call it, hold what comes back against the reference, judge."""

import hashlib
import math
import shlex
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from time import perf_counter
from typing import Any, Final, TypeAlias, assert_never

import numpy as np

from harness.diagnosis import FailedCall, diagnose
from harness.hosts.calling import calls_of
from harness.hosts.host import Caller, Transcript, call_in_process
from harness.hosts.host_output import fatal_line
from harness.hosts.memory import memory_free, memory_needed
from harness.implementations import (
    Crashed,
    Implementation,
    Malformed,
    Raised,
    Repeated,
    Returned,
    TimedOut,
    Unavailable,
)
from harness.implementations.declared import unclaimed
from harness.oracle.evidence import Evidence
from harness.oracle.reference import DEFAULT_BUDGET, compared, expectations, kernel_agreement
from harness.records import Check, ErrorReport, Result, Verdict
from harness.remote.frames import bytes_of
from harness.spec.case import Attributes, Case, Source
from harness.spec.deviations import NOT_SUPPORTED, Fault, KnownDeviation, held_against
from harness.spec.geometry import Axis, Geometry

NEGLIGIBLE: Final = 2**26  # bytes for which nobody asks the system what is free
_SEVERITY: Final = {"pass": 0, "warn": 1, "fail": 2}


Keeper: TypeAlias = Callable[[Evidence], str | None]


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a run came to, before it is held against what is known; `options` reproduce it."""

    verdict: Verdict
    why: str = ""
    checks: tuple[Check, ...] = ()
    error: ErrorReport | None = None
    digest: str | None = None
    seconds: dict[str, float] = field(default_factory=dict)
    ran: str | None = None
    options: tuple[str, ...] = ()
    failed: FailedCall | None = None
    unclaimed: str = ""


def run(
    case: Case,
    implementation: Implementation,
    known: Sequence[KnownDeviation] = (),
    budget: int = DEFAULT_BUDGET,
    where: str | None = None,
    caller: Caller = call_in_process,
    keep: Keeper | None = None,
    *,
    strict: bool = False,
) -> Result:
    """Run one case on one implementation.

    `known` are the implementation's known deviations where it runs, `budget` the multiply-adds a reference kernel may
    do in a Python loop, `where` the case as the line that reproduces it names it, `caller` makes the calls, `keep`
    takes the arrays of a failure and returns the name of their file, or None. If `strict`, what is not supported must
    be known, too. Raises nothing the implementation raises.
    """
    started = perf_counter()
    case = replace(case, profile=case.profile.over(implementation.profile))
    judgement = _judge(case, implementation, caller, budget)
    expected, deviation, why = _expected(case, judgement, known, strict=strict)
    clock = perf_counter()
    diagnosis = _diagnosed(case, judgement)
    seconds = judgement.seconds | ({"diagnosis": perf_counter() - clock} if diagnosis else {})
    evidence = None
    if case.geometry and judgement.failed and not expected and keep:
        evidence = keep(_evidence(case, case.geometry, implementation, judgement.failed))
    return Result(
        case=case.id,
        implementation=implementation.name,
        environment=implementation.place,
        verdict=judgement.verdict,
        expected=expected,
        why=why,
        reproduce=shlex.join(
            [
                "harness",
                "run",
                where or case.id,
                "-i",
                implementation.given,
                *implementation.options,
                *judgement.options,
                *(["--strict"] if strict and judgement.unclaimed else []),
                *(["--evidence", evidence] if evidence else []),
            ]
        ),
        deviation=deviation.shown() if deviation else None,
        checks=judgement.checks,
        error=judgement.error,
        digest=judgement.digest,
        ran=judgement.ran,
        unclaimed=judgement.unclaimed,
        evidence=evidence,
        diagnosis=diagnosis,
        seconds=seconds | {"total": perf_counter() - started},
        **described(case),
    )


def not_judged(case: Case, implementation: Implementation, why: str) -> Result:
    """The record of a case that the harness itself failed on: nothing is known of the implementation."""
    reproduce = shlex.join(["harness", "run", case.id, "-i", implementation.given, *implementation.options])
    return Result(
        case.id, implementation.name, Verdict.SKIPPED, expected=False, reproduce=reproduce, why=why, **described(case)
    )


def _diagnosed(case: Case, judgement: Judgement) -> str | None:
    """What a wrong result of a valid call looks like, known deviation or not."""
    if judgement.verdict is not Verdict.DEVIATES or not case.geometry or not judgement.failed:
        return None
    return diagnose(case, case.geometry, judgement.failed)


def _evidence(case: Case, geometry: Geometry, implementation: Implementation, failed: FailedCall) -> Evidence:
    expectation = expectations(case, geometry, failed.kind)[failed.draw]
    return Evidence(
        case=case.id,
        implementation=implementation.name,
        kind=failed.kind,
        draw=failed.draw,
        attributes=_fields(case.attributes),
        filter=expectation.operands.filter,
        out_backprop=expectation.operands.out_backprop,
        expected=expectation.in_backprop,
        actual=failed.value,
    )


def described(case: Case) -> dict[str, Any]:
    """What a record says of the case itself, whatever came of it."""
    geometry = case.geometry
    return {
        "attributes": _fields(case.attributes),
        "geometry": geometry
        and _fields(geometry)
        | {"height": _fields(geometry.height), "width": _fields(geometry.width)}
        | {"multiply_adds": geometry.multiply_adds},
        "expect": case.expect.value,
        "covers": case.covers,
        "tags": case.tags,
        "source": _fields(case.source),
    }


def _fields(value: Attributes | Geometry | Axis | Source) -> dict[str, Any]:
    """The fields of a flat value; `asdict` would copy each of them, a tenth of a small case's time."""
    return {name: getattr(value, name) for name in value.__dataclass_fields__}


def _judge(case: Case, implementation: Implementation, caller: Caller, budget: int) -> Judgement:
    geometry = case.geometry
    if reason := unclaimed(case, implementation.declared):
        return Judgement(Verdict.SKIPPED, reason, unclaimed=reason)
    needed = memory_needed(case, geometry) if geometry else 0
    if needed > NEGLIGIBLE and needed > (free := memory_free()):
        return Judgement(Verdict.SKIPPED, f"needs about {needed / 2**30:.1f} GiB, {free / 2**30:.1f} GiB are free")
    transcript = caller(case, implementation)
    judgement = _judge_values(case, geometry, transcript, budget) if geometry else _judge_rejection(transcript)
    seconds = judgement.seconds | {"implementation": sum(outcome.seconds for outcome in transcript.outcomes)}
    why = "; ".join(filter(None, (judgement.why, transcript.note)))
    return replace(judgement, why=why, seconds=seconds, ran=transcript.ran)


def _judge_rejection(transcript: Transcript) -> Judgement:
    outcome = transcript.outcomes[-1]
    match outcome:
        case Raised(error_class, message):
            error = ErrorReport(error_class, message)
            if error_class == NOT_SUPPORTED:
                return _refused(error)
            return Judgement(Verdict.CONFORMS, f"rejected: {_first_line(error)}", error=error)
        case Malformed(fault):
            return Judgement(Verdict.DEVIATES, f"accepted an invalid input: {fault}")
        case Returned() | Repeated():
            return Judgement(Verdict.DEVIATES, "accepted an invalid input")
        case Unavailable(reason):
            return Judgement(Verdict.SKIPPED, reason)
        case Crashed() | TimedOut():
            return _ended(outcome)
        case _:
            assert_never(outcome)


def _judge_values(case: Case, geometry: Geometry, transcript: Transcript, budget: int) -> Judgement:
    draws: dict[str, list[Check]] = {}
    digest = hashlib.sha256()
    failed: FailedCall | None = None
    clock = perf_counter()
    calls = list(calls_of(case))
    for number, ((kind, draw), outcome) in enumerate(zip(calls, transcript.outcomes, strict=False)):
        again = number == len(calls) - 1
        match outcome:
            case Raised(error_class, message):
                error = ErrorReport(error_class, message)
                return replace(_refused(error), checks=_checks(draws), failed=FailedCall(kind, draw))
            case Unavailable(reason):
                return Judgement(Verdict.SKIPPED, reason)
            case Crashed() | TimedOut():
                return replace(_ended(outcome), checks=_checks(draws), failed=FailedCall(kind, draw))
            case Malformed(fault, _, shape):
                came = FailedCall(kind, draw, shape=shape)
                check = Check("structure", kind, "fail", fault, total=math.prod(geometry.input_shape))
            case Repeated():
                break
            case Returned(value):
                came = FailedCall(kind, draw, value)
                check = compared(case, geometry, kind, draw, value)
                digest.update(b"" if again else bytes_of(value).data)
            case _:
                assert_never(outcome)
        if check.status == "fail" and not failed:
            failed = came
        if not again:
            draws.setdefault(kind, []).append(check)
        elif check.status == "fail" and draws[kind][0].status != "fail":
            draws["repeat"] = [replace(check, name="repeat", note="right at first, wrong when called again")]
    elapsed = perf_counter() - clock
    checks = (*_checks(draws), kernel_agreement(case, geometry, budget))
    wrong = [check for check in checks if check.status == "fail" and check.name != "kernels"]
    return Judgement(
        Verdict.DEVIATES if wrong else Verdict.CONFORMS,
        _why(wrong[0]) if wrong else "",
        checks,
        failed=failed,
        digest=digest.hexdigest()[:16],
        seconds={"compare": elapsed, "kernels": perf_counter() - clock - elapsed},
    )


def _refused(error: ErrorReport) -> Judgement:
    """A call that raised cleanly, and ought not to have, or not so."""
    unsupported = (error.message.splitlines() or ["not supported"])[0] if error.error_class == NOT_SUPPORTED else ""
    return Judgement(Verdict.REFUSES, _first_line(error), error=error, unclaimed=unsupported)


def _ended(outcome: Crashed | TimedOut) -> Judgement:
    """What a call comes to that did not end by itself."""
    match outcome:
        case Crashed(ending, stderr, _, reason):
            said = fatal_line(stderr) or (stderr[-1] if stderr else "")
            error = ErrorReport(ending, reason or said, ending, stderr)
            return Judgement(Verdict.CRASHES, f"{ending}{': ' if error.message else ''}{error.message}", error=error)
        case TimedOut(limit, stderr):
            error = ErrorReport("TimeoutError", f"no answer within {limit:g} s", None, stderr)
            return Judgement(Verdict.TIMES_OUT, error.message, error=error, options=("--timeout", f"{limit:g}"))
        case _:
            assert_never(outcome)


def _checks(draws: Mapping[str, Sequence[Check]]) -> tuple[Check, ...]:
    return tuple(map(_merged, draws.values()))


def _merged(draws: Sequence[Check]) -> Check:
    """One check for a run whose work several calls share: the worst of them, with the sums of all."""
    worst = max(draws, key=lambda check: (_SEVERITY[check.status], check.margin or 0.0))
    if len(draws) == 1:
        return worst
    shares = [check.exercised for check in draws if check.exercised is not None]
    return replace(
        worst,
        mismatched=sum(check.mismatched for check in draws),
        non_finite=sum(check.non_finite for check in draws),
        unreached=sum(check.unreached for check in draws),
        total=sum(check.total for check in draws),
        exercised=sum(shares) if shares else None,
    )


def _expected(
    case: Case, judgement: Judgement, known: Iterable[KnownDeviation], *, strict: bool
) -> tuple[bool, KnownDeviation | None, str]:
    """Whether the verdict was to be expected, the entry that says so (or is stale), and one line of why."""
    disagreement = next((c.note for c in judgement.checks if c.name == "kernels" and c.status == "fail"), None)
    if disagreement:
        return False, None, f"the reference kernels disagree, so the harness is wrong here: {disagreement}"
    error = judgement.error
    said = (error.error_class, "\n".join([error.message, *error.stderr])) if error else None
    faults = tuple(_fault(check) for check in judgement.checks if check.status == "fail")
    expectation = held_against(known, case, judgement.verdict, said, judgement.ran, faults, strict=strict)
    return expectation.expected, expectation.known, expectation.why or judgement.why


def _fault(check: Check) -> Fault:
    """What a failed check says in terms of a known deviation."""
    if check.name == "structure":
        return Fault("shape")
    what = "non-finite" if check.mismatched and check.non_finite == check.mismatched else "values"
    share = check.mismatched / max(1, check.total)
    return Fault(what, share, check.margin or 0.0, unreached=check.unreached == check.mismatched > 0)


def _why(check: Check) -> str:
    if check.name == "structure":
        return f"{check.data}: {check.note}"
    counted = f"{check.mismatched:,} of {check.total:,} elements differ"
    if check.margin is not None and np.isfinite(check.margin):
        counted += f", up to {check.margin:.3g} times the limit"
    return f"{check.name} ({check.data}): {check.note or counted}"


def _first_line(error: ErrorReport) -> str:
    return f"{error.error_class}: {error.message.splitlines()[0] if error.message else ''}"
